"""AffectNet's size: the index is built once, and opens fast after that."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest
from torch.utils.data import DataLoader, Dataset

from csgresnet_mm.datasets import AffectNet
from csgresnet_mm.datasets.affectnet import npy as annotation_files
from csgresnet_mm.datasets.affectnet.npy import decode_label
from csgresnet_mm.datasets.layouts._images import encode
from csgresnet_mm.datasets.reading.small_files import read_small_files

_LINKS = 30_000
"""A file may have 65,000 names on common file systems."""


class Names:
    """Gives a content many names: hard links, which are made fast."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0
        self.path = ''

    def add(self, path: str) -> None:
        if self.count % _LINKS:
            os.link(self.path, path)
        else:
            self.path = path
            Path(path).write_bytes(self.data)
        self.count += 1


def npy(value: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(value))
    return stream.getvalue()


def write_many(root: Path, count: int) -> None:
    """The release of 2021 with so many images, labels 0..6 in turn."""
    images = root / 'train_set' / 'images'
    annotations = root / 'train_set' / 'annotations'
    images.mkdir(parents=True)
    annotations.mkdir()
    image = Names(encode(0))
    labels = [Names(npy(str(label))) for label in range(7)]
    others = {kind: Names(npy('0.5')) for kind in ('val', 'aro', 'lnd')}
    for number in range(count):
        image.add(f'{images}/{number}.jpg')
        labels[number % 7].add(f'{annotations}/{number}_exp.npy')
        for kind, names in others.items():
            names.add(f'{annotations}/{number}_{kind}.npy')


@pytest.fixture
def labels_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The folders whose labels were read."""
    folders: list[str] = []
    read = annotation_files.read_small_files

    def spy(folder: str, names: Sequence[str], what: str) -> list[bytes | str]:
        folders.append(folder)
        return read(folder, names, what)

    monkeypatch.setattr(annotation_files, 'read_small_files', spy)
    yield folders


def check(data: AffectNet, count: int) -> None:
    assert len(data) == count
    for index in (0, count // 3, count - 1):
        info = data.get_data_info(index)
        number = int(Path(info['img_path']).stem)
        assert info['gt_label'] == number % 7
    each = [len(range(label, count, 7)) for label in range(7)]
    assert data.class_counts == tuple(each)


def test_labels_are_read_once(tmp_path: Path, labels_read: list[str]) -> None:
    """20,000 images, with the progress bar; then from the cache."""
    write_many(tmp_path, 20_000)
    check(AffectNet(tmp_path), 20_000)
    folder = f'{tmp_path}/train_set/annotations'
    assert labels_read == [folder]
    data = AffectNet(tmp_path)
    check(data, 20_000)
    assert labels_read == [folder]
    Path(folder, '7_exp.npy').unlink()
    assert len(AffectNet(tmp_path)) == 19_999
    assert labels_read == [folder] * 2


class Labels(Dataset[int]):
    """Reads a folder of labels at each access."""

    def __init__(self, folder: str, count: int) -> None:
        self.folder = folder
        self.names = [f'{number}_exp.npy' for number in range(count)]

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        found = read_small_files(self.folder, self.names, 'labels')
        labels = [decode_label(data) for data in found]
        return int(labels == [number % 7 for number in range(len(labels))])


def test_labels_are_read_in_loader_workers(tmp_path: Path) -> None:
    """Which are daemons, and may start no process."""
    write_many(tmp_path, 2_500)
    folder = f'{tmp_path}/train_set/annotations'
    loader = DataLoader(Labels(folder, 2_500), num_workers=1)
    assert [int(batch) for batch in loader] == [1, 1]


@pytest.mark.slow
@pytest.mark.speed
def test_size_of_affectnet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """290,000 images: first and second open, memory of the workers."""
    write_many(tmp_path, 290_000)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        data = AffectNet(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
        times.append(time.perf_counter() - start)
        check(data, 290_000)
    loader = DataLoader(
        data, batch_size=64, num_workers=2, collate_fn=len, shuffle=True
    )
    before = psutil.Process().children()  # Python's resource tracker
    batches = iter(loader)
    for _ in range(200):
        assert next(batches) == 64
    workers = set(psutil.Process().children()) - set(before)
    private = [w.memory_full_info().uss / 2**20 for w in workers]
    del batches
    with capsys.disabled():
        print(
            f'\n290,000 images: first open {times[0]:.1f} s, then '
            f'{", ".join(f"{t:.2f}" for t in times[1:])} s; private memory '
            f'of the workers {", ".join(f"{p:.0f}" for p in private)} MB'
        )
    assert len(private) == 2
    # each of the million files is asked for its time and size
    assert min(times[1:]) <= 0.35 * times[0]
    assert max(private) < 100
