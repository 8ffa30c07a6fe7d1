"""RAF-DB compound: every layout gives the right labels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import RAFDB, RAFDBCompound
from csgresnet_mm.datasets.layouts.rafdb import WRITERS as BASIC_WRITERS
from csgresnet_mm.datasets.layouts.rafdb_compound import WRITERS
from csgresnet_mm.datasets.rafdb_names import COMPOUND

CLASSES = (
    'Happily-Surprised',
    'Happily-Disgusted',
    'Sadly-Fearful',
    'Sadly-Angry',
    'Sadly-Surprised',
    'Sadly-Disgusted',
    'Fearfully-Angry',
    'Fearfully-Surprised',
    'Angrily-Surprised',
    'Angrily-Disgusted',
    'Disgustedly-Surprised',
)
LIST = 'EmoLabel/list_patition_label.txt'
Found = list[tuple[str, str, int]]
"""(split, path, label) of every image."""


def write_image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode('.jpg', np.full((9, 7, 3), 90, np.uint8))[1]
    path.write_bytes(data.tobytes())
    return path


def write(
    root: Path,
    *,
    base: int = 1,
    classes: int = 11,
    folder: str = 'aligned',
    stored: str = '{}_aligned.jpg',
    listed: str = '{}.jpg',
    digits: int = 4,
    labels: range | None = None,
) -> Found:
    """Two images a class of train, then one of test; list and images."""
    found, lines = [], []
    for split, each in (('train', 2), ('test', 1)):
        own = [n % classes for n in range(each * classes)]
        for number, label in enumerate(own, 1):
            if labels is not None and label not in labels:
                continue
            name = f'{split}_{number:0{digits}d}'
            path = root / 'Image' / folder / stored.format(name)
            found.append((split, str(write_image(path)), label))
            lines.append(f'{listed.format(name)} {label + base}')
    path = root / LIST
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines))
    return found


def samples(data: RAFDB) -> list[tuple[str, int]]:
    infos = [data.get_data_info(index) for index in range(len(data))]
    return [(info['img_path'], info['gt_label']) for info in infos]


def of(split: str, found: Found) -> list[tuple[str, int]]:
    return [(p, n) for s, p, n in found if s == split]


def assert_both(root: Path, found: Found, **kwargs) -> None:
    for split in ('train', 'test'):
        assert of(split, found)
        data = RAFDBCompound(root, split, **kwargs)
        assert samples(data) == of(split, found)


def test_classes_are_the_native_order(tmp_path: Path) -> None:
    write(tmp_path)
    data = RAFDBCompound(tmp_path)
    assert data.metainfo['classes'] == CLASSES
    assert data.class_counts == (2,) * 11
    assert COMPOUND.last == {'train': 3162, 'test': 792}


@pytest.mark.parametrize('name', ['.', 'compound', 'raf-compound', 'a/b'])
def test_official_under_any_name(tmp_path: Path, name: str) -> None:
    found = write(tmp_path / name)
    found = [(s, str(Path(p)), n) for s, p, n in found]
    assert_both(tmp_path, found)


@pytest.mark.parametrize(
    'names',
    [
        ('basic', 'compound'),
        ('raf-basic', 'raf-compound'),
        ('RAF-DB_basic', 'x'),
    ],
)
def test_each_finds_its_own_beside_the_other(tmp_path, names) -> None:
    write(tmp_path / names[0], classes=7, digits=5)
    found = write(tmp_path / names[1])
    assert_both(tmp_path, found)
    assert RAFDB(tmp_path / names[0]).class_counts == (2,) * 7
    if names[1] != 'x':
        assert RAFDB(tmp_path).class_counts == (2,) * 7


VARIANTS = {
    'official': dict(),
    'counted from 0': dict(base=0),
    'images without _aligned': dict(stored='{}.jpg'),
    'list with _aligned': dict(listed='{}_aligned.jpg'),
    'images as PNG': dict(stored='{}_aligned.png'),
    'aligned_224': dict(folder='aligned_224', stored='{}.jpg'),
    'three digits': dict(digits=3),
    'five digits': dict(digits=5),
}


@pytest.mark.parametrize('case', VARIANTS)
def test_variant(tmp_path: Path, case: str) -> None:
    assert_both(tmp_path, write(tmp_path, **VARIANTS[case]))


@pytest.mark.parametrize('name', WRITERS)
def test_generated_layout(tmp_path: Path, name: str) -> None:
    root = tmp_path / 'compound'
    found = [
        (split, str(root / path), label)
        for split, path, label in WRITERS[name](root, 2, 3)
    ]
    assert len(found) == 33
    alignment = 'original' if name == 'original' else 'aligned'
    assert_both(tmp_path, found, alignment=alignment)
    assert all(cv2.imread(path) is not None for _, path, _ in found)


@pytest.mark.parametrize('name', BASIC_WRITERS)
def test_generated_layout_of_basic(tmp_path: Path, name: str) -> None:
    found = [
        (split, str(tmp_path / path), label)
        for split, path, label in BASIC_WRITERS[name](tmp_path, 2, 3)
    ]
    assert len(found) == 21
    alignment = 'original' if name == 'original' else 'aligned'
    for split in ('train', 'test'):
        data = RAFDB(tmp_path, split, alignment=alignment)
        assert sorted(samples(data)) == sorted(of(split, found))
    assert all(cv2.imread(path) is not None for _, path, _ in found)


def test_boxes_are_cropped(tmp_path: Path) -> None:
    WRITERS['original'](tmp_path, 1, 0)
    data = RAFDBCompound(
        tmp_path,
        alignment='original',
        pipeline=[dict(type='LoadFace', margin=0)],
    )
    assert data[0]['box'] == (4.0, 3.0, 12.0, 13.0)
    assert data[0]['img'].shape == (10, 8, 3)


def test_labels_of_two_digits_sort_as_numbers(tmp_path: Path) -> None:
    """10 and 11 are the last two classes, not the second and the third."""
    write(tmp_path)
    names = {
        int(line.split()[1]): CLASSES[label]
        for line, (_, label) in zip(
            (tmp_path / LIST).read_text().split('\n'),
            samples(RAFDBCompound(tmp_path)),
            strict=False,
        )
    }
    assert names[2] == 'Happily-Disgusted'
    assert names[10] == 'Angrily-Disgusted'
    assert names[11] == 'Disgustedly-Surprised'


def test_label_base_is_for_lists_that_do_not_tell(tmp_path: Path) -> None:
    found = write(tmp_path, labels=range(4, 9))
    assert_both(tmp_path, found, label_base=1)
    wrong = samples(RAFDBCompound(tmp_path, label_base=0))
    assert [label for _, label in wrong] == [5, 6, 7, 8, 9] * 2


def test_noise_list_is_for_train_only(tmp_path: Path) -> None:
    found = write(tmp_path)
    path = tmp_path / 'EmoLabel' / 'noise.txt'
    noisy = [
        (split, p, (label + 3) % 11 if split == 'train' else label)
        for split, p, label in found
    ]
    path.write_text(
        '\n'.join(
            f'{Path(p).name} {label + 1}' for p, label in of('train', noisy)
        )
    )
    assert_both(tmp_path, noisy, label_file='noise.txt')


def test_carved_val_is_of_train(tmp_path: Path) -> None:
    found = write(tmp_path)
    parts = {
        split: samples(RAFDBCompound(tmp_path, split, val_ratio=0.5))
        for split in ('train', 'val', 'test')
    }
    assert sorted(parts['train'] + parts['val']) == of('train', found)
    assert sorted(n for _, n in parts['val']) == list(range(11))
    assert parts['test'] == of('test', found)


def test_built_from_a_config(tmp_path: Path) -> None:
    write(tmp_path)
    config = dict(type='RAFDBCompound', data_root=str(tmp_path))
    assert isinstance(DATASETS.build(config), RAFDBCompound)


def test_numbers_are_compared_with_the_published_ones(tmp_path, log) -> None:
    write(tmp_path)
    for split, count, published in (('train', 22, 3162), ('test', 11, 792)):
        log.clear()
        RAFDBCompound(tmp_path, split)
        assert log.warnings == [
            f'RAFDBCompound {tmp_path}: {split} has {count} images, '
            f'published are {published}'
        ]


def test_names_give_altered_copies_away(tmp_path: Path, log) -> None:
    write(tmp_path)
    for name in ('train_3163', 'train_0001_flip'):
        write_image(tmp_path / 'Image' / 'aligned' / f'{name}.jpg')
        path = tmp_path / LIST
        path.write_text(f'{path.read_text()}\n{name}.jpg 1')
    assert len(RAFDBCompound(tmp_path)) == 24
    assert (
        f'RAFDBCompound {tmp_path}: 2 of 24 images are not named '
        "train_1..3162 or test_1..792 (first: 'train_3163'): an altered copy?"
    ) in log.warnings
