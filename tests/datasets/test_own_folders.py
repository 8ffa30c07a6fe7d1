"""Anybody's class folders."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from csgresnet_mm.datasets import DatasetError, OwnFolders
from csgresnet_mm.datasets.own_folders import SUFFIXES
from csgresnet_mm.file_names import is_hidden

LOAD = [dict(type='LoadImageFromFile')]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))


def write(folder, count, suffix='.jpg', first=0, side=8):
    """Pictures of numbers first, first + 1 ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        grey = suffix == '.pgm'
        shape = (side, side) if grey else (side, side, 3)
        image = np.full(shape, number, np.uint8)
        assert cv2.imwrite(str(folder / f'{number}{suffix}'), image)


def write_classes(place, classes=('angry', 'calm', 'glad'), count=10):
    for name in classes:
        write(place / name, count)
    return place


def labels(dataset):
    return [dataset.get_data_info(i)['gt_label'] for i in range(len(dataset))]


@pytest.fixture
def root(tmp_path):
    return tmp_path / 'mine'


def test_flat_folders_are_split_by_val_ratio(root):
    """F10: neither train/ nor test/."""
    write_classes(root)
    train, val, test = (
        OwnFolders(root, split) for split in ('train', 'val', 'test')
    )
    assert train.metainfo['classes'] == ('angry', 'calm', 'glad')
    assert train.class_counts == (8, 8, 8)
    assert val.class_counts == test.class_counts == (2, 2, 2)
    paths = [
        {part.get_data_info(i)['img_path'] for i in range(len(part))}
        for part in (train, val, test)
    ]
    assert not paths[0] & paths[1]
    assert paths[1] == paths[2]
    assert len(paths[0] | paths[1]) == 30
    assert len(OwnFolders(root, 'val', val_ratio=0.5)) == 15


@pytest.mark.parametrize(
    ('folders', 'sizes'),
    [
        (('train', 'test'), (9, 3, 3)),
        (('Training', 'valid'), (9, 3, 3)),
        (('train', 'val', 'test'), (9, 3, 6)),
        (('train',), (6, 3, 3)),
    ],
)
def test_folders_of_splits(root, folders, sizes):
    for name, count in zip(folders, (3, 1, 2), strict=False):
        write_classes(root / name, count=count)
    found = [
        len(OwnFolders(root, split)) for split in ('train', 'val', 'test')
    ]
    assert tuple(found) == sizes


def test_val_ratio_of_train_beside_a_test_folder(root):
    write_classes(root / 'train')
    write_classes(root / 'test', count=3)
    found = [
        len(OwnFolders(root, split, val_ratio=0.1))
        for split in ('train', 'val', 'test')
    ]
    assert found == [27, 3, 9]


def test_a_class_that_a_split_lacks_moves_no_label(root):
    write_classes(root / 'train')
    write_classes(root / 'test', ('calm', 'glad'), count=2)
    test = OwnFolders(root, 'test')
    assert test.metainfo['classes'] == ('angry', 'calm', 'glad')
    assert labels(test) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    'name',
    ['.ipynb_checkpoints', '__MACOSX', '@eaDir', '.thumbnails', '$RECYCLE'],
)
def test_F8_hidden_folders_are_no_class(root, name):
    for split in ('train', 'test'):
        write_classes(root / split, count=2)
        write(root / split / name, 2)
        write(root / split / 'calm' / name, 2, first=50)
    train = OwnFolders(root, 'train')
    assert train.metainfo['classes'] == ('angry', 'calm', 'glad')
    assert labels(train) == [0, 0, 1, 1, 2, 2]


def test_hidden_files_do_not_count(root):
    write_classes(root, count=5)
    data = (root / 'calm' / '1.jpg').read_bytes()
    for name in ('._1.jpg', '.hidden.jpg', '@1.jpg'):
        (root / 'calm' / name).write_bytes(data)
    assert OwnFolders(root, 'train').class_counts == (4, 4, 4)


@pytest.mark.parametrize('suffix', SUFFIXES)
def test_F8_every_suffix_that_opencv_reads(root, suffix):
    kinds = {'.jfif': '.jpg', '.pnm': '.ppm', '.pbm': '.pgm'}
    write(root / 'a', 5, kinds.get(suffix, suffix), side=64)
    write(root / 'b', 5, side=64)
    for path in list((root / 'a').iterdir()):
        path.rename(path.with_suffix(suffix.upper()))
    dataset = OwnFolders(root, 'train', pipeline=LOAD)
    assert dataset.class_counts == (4, 4)
    assert all(item['img'].shape == (64, 64, 3) for item in dataset)


def test_pictures_that_are_left_out_are_told(root, log):
    write_classes(root)
    for name in ('a.heic', 'b.HEIC', 'c.tga', 'notes.txt'):
        (root / 'calm' / name).write_bytes(b'x')
    OwnFolders(root)
    assert any('left out: 2 .heic, 1 .tga' in text for text in log.warnings)


def test_images_in_folders_inside_a_class_folder(root):
    write_classes(root, count=5)
    write(root / 'calm' / 'more' / 'still', 5, first=5)
    assert OwnFolders(root).class_counts == (4, 8, 4)


def test_a_root_one_level_too_high(root):
    write_classes(root / 'unpacked' / 'train')
    assert len(OwnFolders(root)) == 24


def test_a_class_called_like_a_split(root):
    write_classes(root, ('bus', 'car', 'train'))
    assert OwnFolders(root).metainfo['classes'] == ('bus', 'car', 'train')


@pytest.mark.parametrize(
    ('classes', 'said'),
    [
        (('a',), r'holds a/.*train/<class>'),
        (('Happy', 'happy', 'sad'), r'Happy, happy differ in upper and'),
        ((), r'no class folders found here. It holds nothing'),
    ],
)
def test_what_is_no_class_folders(root, classes, said):
    root.mkdir()
    write_classes(root, classes)
    with pytest.raises(DatasetError, match=said):
        OwnFolders(root)


def test_an_absent_root(tmp_path):
    with pytest.raises(DatasetError, match=r"/no' does not exist"):
        OwnFolders(tmp_path / 'no')


def test_two_folders_of_one_split(root):
    write_classes(root / 'train')
    write_classes(root / 'val')
    write_classes(root / 'validation')
    with pytest.raises(DatasetError, match="'val' and 'validation'"):
        OwnFolders(root)


def test_nothing_is_held_out_where_that_is_asked_for(root):
    write_classes(root)
    assert len(OwnFolders(root, val_ratio=0)) == 30
    with pytest.raises(DatasetError, match=r"no images of 'val'.*val_ratio="):
        OwnFolders(root, 'val', val_ratio=0)


def test_empty_images_are_told_and_can_be_skipped(root):
    write_classes(root)
    (root / 'calm' / '3.jpg').write_bytes(b'')
    with pytest.raises(DatasetError, match=r'calm/3\.jpg: empty'):
        OwnFolders(root)
    assert len(OwnFolders(root, on_error='skip')) == 23


def test_the_cached_index_sees_a_new_image(root):
    write_classes(root)
    assert len(OwnFolders(root, val_ratio=0)) == 30
    write(root / 'calm', 1, first=20)
    assert len(OwnFolders(root, val_ratio=0)) == 31
    shutil.rmtree(root / 'glad')
    assert OwnFolders(root, val_ratio=0).class_counts == (10, 11)


def test_litter_is_no_word_of_a_class():
    assert not any(map(is_hidden, ('happy', '0', 'a b', 'Über', '1.5')))
