"""Indexes that are kept: equal to a fresh one, or made anew."""

from __future__ import annotations

import inspect
import os
import pickle
import random
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from csgresnet_mm import datasets
from csgresnet_mm.datasets import RAFDB, DatasetError, FERDataset
from csgresnet_mm.datasets.reading.report import ReadReport
from csgresnet_mm.datasets.reading.table import Table

from .rafdb_layouts import faces, write_image, write_official

LIST = 'EmoLabel/list_patition_label.txt'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the indexes."""
    folder = tmp_path / 'cache'
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(folder))
    return folder / 'indexes'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_official(tmp_path / 'raf', faces())
    return tmp_path / 'raf'


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The splits that were read from the data itself."""
    found: list[str] = []
    real = RAFDB.read_table

    def read(self: RAFDB, split: str, problems: ReadReport) -> Table:
        found.append(split)
        return real(self, split, problems)

    monkeypatch.setattr(RAFDB, 'read_table', read)
    return found


def entries(dataset: FERDataset) -> list[dict]:
    return [dataset.get_data_info(i) for i in range(len(dataset))]


def test_second_open_reads_nothing_and_is_equal(
    root: Path, reads: list[str]
) -> None:
    first, second = RAFDB(root), RAFDB(root)
    assert reads == ['train']
    assert entries(first) == entries(second)
    assert first.report.where == second.report.where
    assert first.fingerprint == second.fingerprint
    assert first.class_counts == second.class_counts


def test_cache_can_be_left_out(
    root: Path, reads: list[str], cache: Path
) -> None:
    RAFDB(root, cache=False)
    RAFDB(root, cache=False)
    assert reads == ['train', 'train']
    assert not cache.exists()


def test_messages_and_skips_are_said_again(root: Path, log: list) -> None:
    with open(root / LIST, 'a') as file:
        file.write('\ntrain_09999.jpg 3\n\n')
    RAFDB(root, on_error='skip')
    first = list(log)
    log.clear()
    RAFDB(root, on_error='skip')
    assert list(log) == first
    assert any('1 missing image' in text for _, text in first)
    assert any('blank lines' in text for _, text in first)


def test_an_error_is_not_kept(root: Path, reads: list[str]) -> None:
    with open(root / LIST, 'a') as file:
        file.write('\ntrain_09999.jpg 3\n')
    for _ in range(2):
        with pytest.raises(DatasetError, match='is missing'):
            RAFDB(root)
    assert len(reads) == 2


def change_label(root: Path) -> None:
    text = (root / LIST).read_text()
    (root / LIST).write_text(text.replace('00001.jpg 1', '00001.jpg 2'))
    os.utime(root / LIST, ns=(1, 10**18))


def add_line(root: Path) -> None:
    write_image(root / 'Image/aligned/train_00300_aligned.jpg')
    with open(root / LIST, 'a') as file:
        file.write('\ntrain_00300.jpg 3')


def rename_image(root: Path) -> None:
    folder = root / 'Image/aligned'
    (folder / 'train_00001_aligned.jpg').rename(
        folder / 'train_00001_aligned.JPG'
    )


def replace_image(root: Path) -> None:
    """Another file under the old name: no name of the folder changes."""
    path = root / 'Image/aligned/train_00001_aligned.jpg'
    other = path.with_name('other')
    other.write_bytes(path.read_bytes() + b'0' * 100)
    other.replace(path)


def add_list(root: Path) -> None:
    """A file that decides the layout, in a folder above the images."""
    (root / 'EmoLabel' / 'train.txt').write_text('train_00001.jpg 1')


@pytest.mark.parametrize(
    'change',
    [change_label, add_line, rename_image, replace_image, add_list],
)
def test_stale_index_is_made_anew(
    root: Path, reads: list[str], change
) -> None:
    RAFDB(root)
    change(root)
    found = RAFDB(root)
    assert reads == ['train', 'train']
    assert entries(found) == entries(RAFDB(root, cache=False))


def test_paths_begin_as_the_root_is_given(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    for given in ('raf', str(root), './raf'):
        path = RAFDB(given).get_data_info(0)['img_path']
        assert path == str(Path(given, 'Image/aligned', Path(path).name))


@pytest.mark.parametrize(
    'options',
    [
        dict(on_error='skip'),
        dict(split='test'),
        dict(label_base=1),
        dict(class_order='sfew'),
        dict(val_ratio=0.5),
    ],
)
def test_options_have_indexes_of_their_own(root: Path, options: dict) -> None:
    RAFDB(root)
    found = RAFDB(root, **options)
    assert entries(found) == entries(RAFDB(root, cache=False, **options))


def test_damaged_index_is_made_anew(
    root: Path, reads: list[str], cache: Path, log: list
) -> None:
    good = entries(RAFDB(root))
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    case = random.Random(0)
    for number in range(60):
        data = bytearray(whole)
        if number % 3 == 0:
            data = data[: case.randrange(len(data))]
        else:
            data[case.randrange(len(data))] ^= 1 << case.randrange(8)
        path.write_bytes(data)
        log.clear()
        assert entries(RAFDB(root)) == good
    path.write_bytes(pickle.dumps('not an index'))
    before = len(reads)
    assert entries(RAFDB(root)) == good
    assert len(reads) == before + 1
    assert any('made anew' in text for _, text in log)


@pytest.mark.parametrize(
    'mark, place, bit',
    [
        (b'PK\1\2', 6, 7),
        (b'PK\1\2', 8, 0),
        (b'PK\1\2', 10, 2),
        (b'PK\3\4', 29, 3),
    ],
    ids=['version', 'encrypted', 'method', 'length'],
)
def test_damaged_directory_is_made_anew(
    root: Path, cache: Path, log: list, mark: bytes, place: int, bit: int
) -> None:
    """What no checksum covers: the zip's own entries."""
    good = entries(RAFDB(root))
    (path,) = cache.iterdir()
    data = bytearray(path.read_bytes())
    data[data.index(mark) + place] ^= 1 << bit
    path.write_bytes(data)
    log.clear()
    assert entries(RAFDB(root)) == good
    assert any('made anew' in text for _, text in log)


def test_a_column_is_never_lost(
    root: Path, reads: list[str], cache: Path
) -> None:
    """Where its name in the zip is damaged, in both places."""
    RAFDB(root)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    for name in (b'size.npy', b'split.npy', b'name.txt'):
        other = name.replace(b'.', b'_')
        data, times = re.subn(rb'(?<!")' + re.escape(name), other, whole)
        assert times == 2
        path.write_bytes(data)
        before = len(reads)
        RAFDB(root)
        assert len(reads) == before + 1


@pytest.mark.parametrize('change', [change_label, add_line])
def test_what_changes_while_it_is_read_is_not_kept(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, log, change
) -> None:
    real = RAFDB.read_table

    def read(self: RAFDB, split: str, problems: ReadReport) -> Table:
        found = real(self, split, problems)
        change(root)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(RAFDB, 'read_table', read)
        RAFDB(root)
    assert any('changed while it was read' in text for _, text in log)
    assert not cache.exists()
    assert entries(RAFDB(root)) == entries(RAFDB(root, cache=False))


def test_file_where_a_folder_was_looked_for(root: Path) -> None:
    class Looks(RAFDB):
        OPTIONS = RAFDB.OPTIONS

        def read_table(self, split: str, problems: ReadReport) -> Table:
            assert not self.files.images(root / LIST / 'origin')
            return super().read_table(split, problems)

    assert entries(Looks(root)) == entries(Looks(root)) == entries(RAFDB(root))


def test_holds_no_pickle(root: Path, cache: Path) -> None:
    RAFDB(root)
    (path,) = cache.iterdir()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for name in names:
            if name.endswith('.npy'):
                with archive.open(name) as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
                assert not array.dtype.hasobject
    assert set(names) == {
        'head.json',
        'file.npy',
        'label.npy',
        'line.npy',
        'name.txt',
        'path.npy',
        'path.txt',
        'size.npy',
        'split.npy',
    }


def test_cache_that_cannot_be_written(
    root: Path, cache: Path, log: list
) -> None:
    cache.parent.mkdir()
    cache.write_text('a file where a folder should be')
    assert len(RAFDB(root)) == 14
    assert any('cannot be kept' in text for _, text in log)


class Every(FERDataset):
    """Gives samples with everything a sample can have."""

    METAINFO = dict(classes=('sad', 'happy'))
    OPTIONS = ()

    def read_table(self, split: str, report: ReadReport) -> Table:
        self.files.images(self.root)
        nan = np.nan
        return Table.of(
            [f'{self.root}/a.png', f'{self.root}/b.png'],
            name=['a', 'b'],
            label=[1, 0],
            split='train',
            group=['S1', ''],
            box=[(1, 2.5, 3, 4), (nan,) * 4],
            votes=[(0, 10), (1, 3)],
            score=[(nan, nan), (0.25, 0.75)],
            row=[-1, 7],
            file='list.txt',
            line=[3, 4],
            extra={'pose': ['left', 'right'], 'valence': [0.5, -1]},
        )


def test_every_field_comes_back(tmp_path: Path) -> None:
    (tmp_path / 'data').mkdir()
    first = entries(Every(tmp_path / 'data', class_order=['joy', 'sadness']))
    again = entries(Every(tmp_path / 'data', class_order=['joy', 'sadness']))
    assert [entry.pop('gt_score', None) is None for entry in first] == [
        True,
        False,
    ]
    assert again[1].pop('gt_score').tolist() == [0.75, 0.25]
    assert first == again
    assert [entry['gt_label'] for entry in first] == [0, 1]
    assert first[0]['box'] == (1, 2.5, 3, 4)
    assert first[0]['group'] == 'S1'
    assert first[1]['row'] == 7


def test_every_column_comes_back(tmp_path: Path) -> None:
    """Those too that no entry holds."""
    (tmp_path / 'data').mkdir()
    tables: list[Table] = []

    class Keeps(Every):
        OPTIONS = ()

        def _read(self, source: str, report: ReadReport) -> Table:
            tables.append(super()._read(source, report))
            return tables[-1]

    for _ in range(2):
        Keeps(tmp_path / 'data')
    first, again = (dict(table.columns()) for table in tables)
    assert first.keys() == again.keys()
    for name, column in first.items():
        assert column.dtype == again[name].dtype
        np.testing.assert_array_equal(column, again[name])


def test_a_subclass_that_declares_no_options_is_read_anew(
    root: Path, reads: list[str], cache: Path
) -> None:
    class Own(RAFDB):
        def __init__(self, *args, flip: bool = False, **kwargs) -> None:
            self.flip = flip
            super().__init__(*args, **kwargs)

    class Declared(Own):
        OPTIONS = (*RAFDB.OPTIONS, 'flip')

    Own(root)
    Own(root)
    assert reads == ['train'] * 2
    assert not cache.exists()
    for flip in (True, False, True, False):
        Declared(root, flip=flip)
    assert reads == ['train'] * 4


def test_every_data_set_declares_its_options() -> None:
    """Each argument of its own is one; else a stale index would be read."""
    base = set(inspect.signature(FERDataset).parameters)
    for kind in vars(datasets).values():
        if not isinstance(kind, type) or not issubclass(kind, FERDataset):
            continue
        own = {
            name
            for parent in kind.__mro__
            if '__init__' in vars(parent) and issubclass(parent, FERDataset)
            for name in inspect.signature(parent).parameters
        }
        assert own - base - {'args'} == set(kind.OPTIONS), kind


def test_M6_a_list_of_the_same_time_and_another_size_is_read(
    root: Path, reads: list[str]
) -> None:
    RAFDB(root)
    path = root / LIST
    before = path.stat().st_mtime_ns
    text = path.read_text().replace('00001.jpg 1', '00001.jpg 2')
    path.write_text(f'{text}\n')
    os.utime(path, ns=(before, before))
    found = RAFDB(root)
    assert reads == ['train', 'train']
    assert entries(found) == entries(RAFDB(root, cache=False))
