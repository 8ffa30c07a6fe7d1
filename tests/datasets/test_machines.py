"""Data sets on odd file systems (cases P2 and P3)."""

from __future__ import annotations

import builtins
import errno
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm import atomic_write
from csgresnet_mm.datasets import FER2013, DatasetError, DemoFaces
from csgresnet_mm.datasets.cache.content_hashes import (
    find_content_hashes,
    hash_file,
    keep_content_hashes,
)
from csgresnet_mm.datasets.layouts.__main__ import find_writers
from csgresnet_mm.demo_faces import ensure_demo_faces

from .conftest import Log
from .test_spawn import TYPES

WRITERS = find_writers()
LAYOUTS = [(name, layout) for name, own in WRITERS.items() for layout in own]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / 'cache'
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(folder))
    return folder


def write(root: Path, name: str = 'fer2013', layout: str = 'folders') -> Path:
    WRITERS[name][layout](root, 2, 0)
    return root


def entries(dataset: Any) -> list[dict[str, Any]]:
    return [dataset.get_data_info(i) for i in range(len(dataset))]


# ---- names -----------------------------------------------------------


def test_P3_files_whose_names_are_no_utf8_are_read(tmp_path: Path) -> None:
    root = write(tmp_path / os.fsdecode(b'daten \xe4'))
    renamed = 0
    for number, path in enumerate(sorted(root.rglob('*.*'))):
        if path.suffix in ('.png', '.jpg'):
            name = os.fsdecode(b'%d \xff\xe4' % number) + path.suffix
            path.rename(path.with_name(name))
            renamed += 1
    first = FER2013(root, split='train')
    again = FER2013(root, split='train')  # from the index that was kept
    found = entries(first)
    assert renamed >= len(found) > 0
    assert (
        found == entries(again) == entries(pickle.loads(pickle.dumps(first)))
    )
    assert first.fingerprint == again.fingerprint
    paths = [entry['img_path'] for entry in found]
    assert all(os.path.isfile(path) for path in paths)
    keep_content_hashes(root, {path: hash_file(path) for path in paths})
    assert find_content_hashes(root, paths) is not None


def test_P2_paths_of_more_than_260_characters_are_read(
    tmp_path: Path,
) -> None:
    root = tmp_path.joinpath(*['d' * 100] * 4)
    expected = entries(FER2013(write(tmp_path / 'short'), split='train'))
    found = entries(FER2013(write(root), split='train'))
    assert len(str(root)) > 400
    assert [os.path.relpath(entry['img_path'], root) for entry in found] == [
        os.path.relpath(entry['img_path'], tmp_path / 'short')
        for entry in expected
    ]
    made = ensure_demo_faces(root / 'faces', num_train=7, num_test=7)
    assert len(DemoFaces(made, 'test', num_train=7, num_test=7)) == 7


def real_case(path: str) -> str:
    """As a file system finds it to which 'A' is 'a'."""
    found = os.sep
    for part in Path(path).parts[1:]:
        names = _listdir(found) if os.path.isdir(found) else []
        like = [name for name in names if name.lower() == part.lower()]
        exact = part if part in names else (like or [part])[0]
        found = os.path.join(found, exact)
    return found


_listdir = os.listdir


@pytest.fixture
def no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Case does not count, as on macOS and Windows."""

    def patch(module: Any, name: str) -> None:
        original = getattr(module, name)

        def call(path: Any = '.', *rest: Any, **options: Any) -> Any:
            try:
                return original(path, *rest, **options)
            except FileNotFoundError:
                if not os.path.isabs(os.fspath(path)):
                    raise
                with monkeypatch.context() as own:
                    own.setattr(module, name, original)
                    found = real_case(os.fspath(path))
                return original(found, *rest, **options)

        monkeypatch.setattr(module, name, call)

    for name in ('stat', 'scandir', 'listdir'):
        patch(os, name)
    patch(builtins, 'open')
    access = os.access
    monkeypatch.setattr(
        os, 'access', lambda path, mode: access(real_case(str(path)), mode)
    )


@pytest.mark.parametrize(('name', 'layout'), LAYOUTS)
def test_P2_every_layout_is_read_where_case_does_not_count(
    tmp_path: Path, request: pytest.FixtureRequest, name: str, layout: str
) -> None:
    root = write(tmp_path / 'Root', name, layout)
    kind = DATASETS.get(f'mmpretrain.{TYPES[name]}')
    options = dict(on_error='skip', cache=False)

    def read(place: Path) -> Any:
        try:
            own = kind(place, split='train', **options)
        except DatasetError as error:
            return str(error)
        return [
            # by length: what is found may be spelled as it is on the disk
            {**entry, 'img_path': entry['img_path'][len(str(place)) :]}
            for entry in entries(own)
            if isinstance(entry.get('img_path'), str)
        ]

    expected = read(root)
    request.getfixturevalue('no_case')
    assert (tmp_path / 'rOOT').is_dir()
    assert repr(read(root)) == repr(expected)
    other = read(tmp_path / 'ROOT')
    assert repr(other).replace('ROOT', 'Root') == repr(expected)


# ---- caches that cannot be used --------------------------------------


def no_home(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ('HOME', 'CSGRESNET_DATA_CACHE', 'XDG_CACHE_HOME'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv('CSGRESNET_CACHE', raising=False)
    monkeypatch.setattr('posixpath.expanduser', lambda path: path)


def a_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_text('')


def full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(atomic_write.os, 'replace', fail)


def read_only(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.EROFS, 'Read-only file system')

    monkeypatch.setattr(atomic_write.tempfile, 'mkstemp', fail)


def closed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of another user: nobody may look into it."""

    def close(name: str) -> None:
        original = getattr(os, name)

        def call(path: Any, *rest: Any, **options: Any) -> Any:
            if not isinstance(path, int) and str(cache) in os.fspath(path):
                raise PermissionError(errno.EACCES, 'Permission denied', path)
            return original(path, *rest, **options)

        monkeypatch.setattr(os, name, call)

    for name in ('stat', 'mkdir', 'open'):
        close(name)


@pytest.mark.parametrize('machine', [no_home, a_file, full, read_only, closed])
@pytest.mark.parametrize('layout', ['folders', 'csv'])
def test_P2_a_cache_that_cannot_be_used_is_told_and_not_missed(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: Log,
    machine: Any,
    layout: str,
) -> None:
    root = write(tmp_path / 'data', layout=layout)
    expected = FER2013(root, split='train', cache=False)
    log.clear()
    machine(cache, monkeypatch)
    found = FER2013(root, split='train')
    assert found.fingerprint == expected.fingerprint
    for ours, theirs in zip(entries(found), entries(expected), strict=True):
        assert ours.keys() == theirs.keys()
        assert np.array_equal(ours['gt_label'], theirs['gt_label'])
    keep_content_hashes(root, {})
    messages = [line for line in log.notes if 'cannot be kept' in line]
    # one line each: the index, the images of a CSV, the hashes
    assert len(messages) == (3 if layout == 'csv' else 2), log
    assert not any('made anew' in line for line in log.notes)


def test_P2_demo_faces_that_cannot_be_written_name_the_way_out(
    tmp_path: Path,
) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(DatasetError, match='DEMO_ROOT') as error:
        ensure_demo_faces(tmp_path / 'file' / 'faces')
    assert str(tmp_path / 'file') in str(error.value)


def test_P2_demo_faces_are_read_from_a_folder_that_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = ensure_demo_faces(tmp_path / 'faces', num_train=7, num_test=7)

    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.EROFS, 'Read-only file system')

    for name in ('mkdir', 'open', 'rename'):
        monkeypatch.setattr(os, name, fail)
    again = ensure_demo_faces(root, num_train=7, num_test=7)
    assert again == root
