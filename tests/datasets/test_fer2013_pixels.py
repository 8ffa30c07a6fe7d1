"""The images of a CSV that are kept: shared, and never trusted blindly."""

from __future__ import annotations

import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from csgresnet_mm.datasets.fer2013 import FER2013
from csgresnet_mm.datasets.fer2013 import pixels as fer2013_pixels
from csgresnet_mm.datasets.fer2013.bad_rows import (
    KNOWN_BLANK,
    BadRows,
    find_bad_rows,
)
from csgresnet_mm.datasets.fer2013.csv_file import CsvRows, FerCsv
from csgresnet_mm.datasets.fer2013.pixels import Pixels
from csgresnet_mm.datasets.layouts.fer2013 import write_csv

from .helpers import edit, face, refuse


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'pixels'


@pytest.fixture
def path(tmp_path: Path, cache: Path) -> Path:
    write_csv(tmp_path, 6, 0)
    return tmp_path / 'fer2013.csv'


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were parsed."""
    found: list[Path] = []
    parse = FerCsv.__init__

    def count(self: FerCsv, path: Path, num_classes: int = 7) -> None:
        found.append(path)
        parse(self, path, num_classes)

    monkeypatch.setattr(FerCsv, '__init__', count)
    return found


def check(pixels: Pixels) -> None:
    table, images = pixels.open()
    assert images.shape == (84, 48, 48)
    assert images.dtype == np.uint8
    assert all((images[row] == face(row)).all() for row in range(84))
    assert table.labels.tolist() == [n % 7 for n in range(84)]
    assert table.usages.tolist() == [0] * 42 + [1] * 21 + [2] * 21
    assert table.lines.tolist() == list(range(2, 86))


def kept(cache: Path) -> tuple[Path, Path]:
    [images], [rows] = cache.glob('*.npy'), cache.glob('*.npz')
    return images, rows


def test_parsed_once_and_mapped(path, cache, parsed) -> None:
    check(Pixels(path))
    check(Pixels(path))
    assert parsed == [path]
    _, images = Pixels(path).open()
    assert isinstance(images, np.memmap)
    assert images.flags.writeable is False
    assert sorted(p.suffix for p in cache.iterdir()) == ['.npy', '.npz']
    assert all(p.stat().st_mode & 0o077 == 0 for p in cache.iterdir())


def test_a_kept_file_is_plain(path, cache) -> None:
    """Without pickle: who can write there must not run code here."""
    check(Pixels(path))
    images, rows = kept(cache)
    assert np.load(images, allow_pickle=False).shape == (84, 48, 48)
    with np.load(rows, allow_pickle=False) as found:
        assert json.loads(found['head'].tobytes())['blank'] == 0


def test_without_cache_nothing_is_kept(path, cache, parsed) -> None:
    check(Pixels(path, cache=False))
    assert not cache.exists()
    FER2013(path.parent, cache=False)
    assert not cache.exists()
    assert len(parsed) == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2304])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[5000 if path.suffix == '.npy' else len(data) // 2] ^= 1
    path.write_bytes(data)


def zero(path: Path) -> None:
    data = path.read_bytes()
    whole = min(4096, len(data) // 2)
    path.write_bytes(data[:whole] + bytes(len(data) - whole))


def empty(path: Path) -> None:
    path.write_bytes(b'')


def text(path: Path) -> None:
    path.write_bytes(b'not an array')


def pickled(path: Path) -> None:
    with path.open('wb') as file:
        np.save(file, np.array([{}], object), allow_pickle=True)


def other_shape(path: Path) -> None:
    with path.open('wb') as file:
        np.save(file, np.zeros((84, 24, 96), np.uint8))


def other_type(path: Path) -> None:
    with path.open('wb') as file:
        np.save(file, np.zeros((84, 48, 48), np.int8))


def encrypted(path: Path) -> None:
    """A flag that no checksum covers says that the first part is locked."""
    data = bytearray(path.read_bytes())
    data[data.find(b'PK\1\2') + 8] ^= 1
    path.write_bytes(data)


DAMAGES = [
    cut,
    flip,
    zero,
    empty,
    text,
    pickled,
    other_shape,
    other_type,
    encrypted,
]


@pytest.mark.parametrize('which', [0, 1], ids=['images', 'rows'])
@pytest.mark.parametrize('damage', DAMAGES, ids=lambda f: f.__name__)
def test_damaged_files_are_made_anew(
    path, cache, parsed, damage, which, log
) -> None:
    check(Pixels(path))
    file = kept(cache)[which]
    damage(file)
    check(Pixels(path))
    assert len(parsed) == 2
    assert any(
        f'{kept(cache)[0]}: damaged, made anew: ' in t for t in log.notes
    )
    log.clear()
    check(Pixels(path))
    assert len(parsed) == 2
    assert log == []


@pytest.mark.parametrize('which', [0, 1])
def test_a_missing_file_is_made_anew(path, cache, parsed, which) -> None:
    check(Pixels(path))
    kept(cache)[which].unlink()
    check(Pixels(path))
    assert len(parsed) == 2


def test_a_changed_csv_is_parsed_anew(path, cache, parsed) -> None:
    """Even with the old size, and even with the old time."""
    check(Pixels(path))
    before = path.stat()
    edit(path, '0,', '3,')
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(0, before.st_mtime_ns + 1000))
    assert Pixels(path).open()[0].labels[0] == 3
    edit(path, '3,', '0, ')
    os.utime(path, ns=(0, before.st_mtime_ns + 1000))
    assert Pixels(path).open()[0].labels[0] == 0
    assert len(parsed) == 3
    assert len(list(cache.iterdir())) == 2


def test_the_data_set_follows_a_changed_csv(path, cache) -> None:
    assert FER2013(path.parent).get_data_info(0)['gt_label'] == 0
    edit(path, '0,', '3,')
    os.utime(path, ns=(0, 0))
    assert FER2013(path.parent).get_data_info(0)['gt_label'] == 3


def test_another_parser_keeps_its_own(path, cache, tmp_path, monkeypatch):
    check(Pixels(path))
    changed = tmp_path / 'line.py'
    changed.write_text('# another version')
    monkeypatch.setattr(fer2013_pixels.line, '__file__', str(changed))
    check(Pixels(path))
    assert len(list(cache.glob('*.npy'))) == 2


def test_two_csvs_keep_their_own(path, tmp_path, cache) -> None:
    check(Pixels(path))
    write_csv(tmp_path / 'b', 1, 900)
    images = Pixels(tmp_path / 'b' / 'fer2013.csv').open()[1]
    assert (images[0] == face(900)).all()
    check(Pixels(path))


def test_a_folder_that_cannot_be_written(path, cache, parsed, log) -> None:
    cache.parent.write_text('a file, where a folder is needed')
    check(Pixels(path))
    assert any(
        f'the images of {path} cannot be kept: ' in text for text in log.notes
    )


def test_no_scratch_file_stays(path, cache, monkeypatch) -> None:
    """Not even where the disk is full."""

    def fail(*_: object) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(fer2013_pixels, '_write_images', fail)
    check(Pixels(path))
    assert list(cache.iterdir()) == []


def test_a_malformed_row_is_kept_with_its_text(path, cache, parsed) -> None:
    edit(path, '1,', 'x,')
    said = [
        refuse("line 3: emotion 'x' is not an integer", FER2013, path.parent)
        for _ in range(2)
    ]
    assert said[0] == said[1]
    assert len(parsed) == 1
    data = FER2013(path.parent, on_error='skip')
    assert len(data) == 41
    assert not Pixels(path).open()[1][1].any()


def test_several_at_once(path, cache, parsed) -> None:
    """Each renames its own file into place."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: check(Pixels(path)), range(8)))
    assert sorted(p.suffix for p in cache.iterdir()) == ['.npy', '.npz']


def test_changed_while_in_use(path, cache) -> None:
    """A worker that opens it again must not take other rows."""
    pixels = pickle.loads(pickle.dumps(Pixels(path)))
    edit(path, '0,', '3,')
    os.utime(path, ns=(0, 0))
    refuse('was changed while it was in use', pixels.__getitem__, 0)


def test_pickles_and_copies_hold_no_images(path, cache, parsed) -> None:
    pixels = Pixels(path)
    assert (pixels[3] == face(3)).all()
    text = pickle.dumps(pixels)
    assert len(text) < 1000
    assert (pickle.loads(text)[3] == face(3)).all()
    assert deepcopy(pixels) is pixels
    assert parsed == [path]


@pytest.mark.parametrize('cached', [True, False])
@pytest.mark.parametrize('split', ['train', 'val', 'paper_test'])
def test_images_of_other_splits_are_not_held(path, cached, split) -> None:
    """They are mapped from a file, or not there."""
    data = FER2013(path.parent, split, cache=cached)
    seen = data._find_pixels(str(path))
    rows = [data.get_data_info(index)['row'] for index in range(len(data))]
    for pixels in (seen, pickle.loads(pickle.dumps(seen))):
        assert all((pixels[row] == face(row)).all() for row in rows)
        assert pixels.in_memory != cached
        assert len(pixels._images) == (84 if cached else len(rows))
    if not cached:
        with pytest.raises(IndexError):
            seen[({*range(84)} - {*rows}).pop()]


def test_a_row_is_a_copy(path, cache) -> None:
    pixels = Pixels(path)
    pixels[3][:] = 0
    assert (pixels[3] == face(3)).all()


def test_known_rows_without_a_face() -> None:
    count = 35887
    images = np.zeros((count, 48, 48), np.uint8)
    numbers = np.arange(count, dtype=np.uint32)
    images.reshape(count, -1)[:, :4] = numbers.view(np.uint8).reshape(-1, 4)
    images[:, 1, 0] = 255

    def find(count: int) -> BadRows:
        zeros = np.zeros(count, np.int8)
        lines = np.arange(count, dtype=np.int32)
        table = CsvRows(zeros, zeros, lines, [], 0)
        return find_bad_rows(table, images[:count])

    bad = find(count)
    assert np.flatnonzero(bad.blank).tolist() == list(KNOWN_BLANK)
    assert len(KNOWN_BLANK) == 12
    assert not bad.copies.any()
    assert not find(count - 1).blank.any()
