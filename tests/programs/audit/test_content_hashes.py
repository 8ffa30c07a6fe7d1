"""Content hashes kept for the fingerprints of training runs."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest

from csgresnet_mm.datasets.cache import content_hashes as content_hashes
from csgresnet_mm.datasets.cache.content_hashes import (
    FileHash,
    find_content_hashes,
    hash_file,
    keep_content_hashes,
    read_content_hashes,
)


@pytest.fixture
def files(tmp_path):
    root = tmp_path / 'data'
    root.mkdir()
    paths = [root / 'a.jpg', root / 'ü b.jpg']
    for path in paths:
        path.write_bytes(path.name.encode() * 1000)
    return root, [str(path) for path in paths]


def keep(root, paths):
    keep_content_hashes(root, {path: hash_file(path) for path in paths})


def only_file(cache):
    (path,) = cache.rglob('*.npz')
    return path


def test_a_file_is_hashed_with_its_stamp(files):
    _, (path, _) = files
    found = hash_file(path)
    with open(path, 'rb') as file:
        expected = hashlib.blake2b(file.read(), digest_size=16).digest()
    status = os.stat(path)
    assert found == (status.st_size, status.st_mtime_ns, expected)


def test_hashes_are_found_in_the_order_asked_for(files):
    root, paths = files
    assert find_content_hashes(root, paths) is None
    keep(root, paths)
    expected = [hash_file(path).digest for path in reversed(paths)]
    assert find_content_hashes(root, paths[::-1]) == expected
    assert find_content_hashes(f'{root}/.', paths[:1]) == expected[1:]
    assert find_content_hashes(root, []) == []


def test_an_unknown_file_gives_none(files, tmp_path):
    root, paths = files
    keep(root, paths[:1])
    assert find_content_hashes(root, paths) is None
    assert find_content_hashes(tmp_path, paths[:1]) is None


def test_later_hashes_join_earlier_ones(files, cache):
    root, paths = files
    keep(root, paths[:1])
    keep(root, paths[1:])
    assert find_content_hashes(root, paths) is not None
    assert len(read_content_hashes(root)) == 2
    assert [path.suffix for path in only_file(cache).parent.iterdir()] == [
        '.npz'
    ]


@pytest.mark.parametrize('change', ['size', 'time', 'gone'])
def test_a_changed_file_gives_none(change, files):
    root, paths = files
    keep(root, paths)
    if change == 'gone':
        os.unlink(paths[0])
    else:
        status = os.stat(paths[0])
        with open(paths[0], 'ab') as file:
            file.write(b'x' * (change == 'size'))
        later = status.st_mtime_ns + 1000 * (change == 'time')
        os.utime(paths[0], ns=(later, later))
    assert find_content_hashes(root, paths) is None
    assert find_content_hashes(root, paths[1:]) is not None


def spoil_text(path):
    path.write_bytes(b'no zip')


def spoil_empty(path):
    path.write_bytes(b'')


def spoil_half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def spoil_byte(path):
    data = bytearray(path.read_bytes())
    data[120] ^= 0xFF
    path.write_bytes(data)


def spoil_flag(path):
    """No checksum covers it: it says that a part is encrypted."""
    data = bytearray(path.read_bytes())
    data[data.index(b'PK\1\2') + 8] ^= 1
    path.write_bytes(data)


def spoil_pickle(path):
    with open(path, 'wb') as file:
        np.savez(file, paths=np.array([{'a': 1}], object))


def spoil_lengths(path):
    with np.load(path) as arrays:
        found = dict(arrays)
    found['digests'] = found['digests'][:-3]
    np.savez(path, **found)


def spoil_shape(path):
    with np.load(path) as arrays:
        found = dict(arrays)
    found['stamps'] = np.arange(2)
    np.savez(path, **found)


def spoil_plain_array(path):
    with open(path, 'wb') as file:
        np.save(file, np.arange(3))


@pytest.mark.parametrize(
    'spoil',
    [
        spoil_text,
        spoil_empty,
        spoil_half,
        spoil_byte,
        spoil_flag,
        spoil_pickle,
        spoil_lengths,
        spoil_shape,
        spoil_plain_array,
    ],
)
def test_a_damaged_cache_counts_as_none_and_is_made_anew(
    spoil, files, cache, monkeypatch
):
    said = []
    monkeypatch.setattr(content_hashes, 'note', said.append)
    root, paths = files
    keep(root, paths)
    spoil(only_file(cache))
    assert find_content_hashes(root, paths) is None
    assert 'unreadable content hashes' in said[0]
    keep(root, paths)
    assert find_content_hashes(root, paths) is not None


def test_a_cache_that_cannot_be_written_is_logged(
    files, tmp_path, monkeypatch
):
    said = []
    monkeypatch.setattr(content_hashes, 'note', said.append)
    (tmp_path / 'file').touch()
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'file'))
    root, paths = files
    keep(root, paths)
    assert 'cannot be kept' in said[0]


def test_names_that_are_no_utf8_are_kept(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b'/\xff.jpg')
    keep_content_hashes(tmp_path, {path: FileHash(1, 2, b'd' * 16)})
    assert read_content_hashes(tmp_path) == {path: (1, 2, b'd' * 16)}
