"""What MMPretrain expects of a data set, and splitting val off train."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.dataset import ClassBalancedDataset
from mmpretrain.datasets import KFoldDataset
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import RAFDB, DatasetError
from csgresnet_mm.datasets.reading.splits import stratified_split

from .helpers import samples
from .rafdb_layouts import (
    CLASSES,
    Face,
    faces,
    write_folders,
    write_official,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_official(tmp_path, faces(6, 3))
    return tmp_path


# ---- MMPretrain's conventions ----------------------------------------


def test_names_of_classes_can_be_changed(root: Path) -> None:
    renamed = tuple('abcdefg')
    for data in (
        RAFDB(root, classes=renamed),
        RAFDB(root, metainfo=dict(classes=renamed)),
    ):
        assert data.CLASSES == renamed
        assert data.metainfo['classes'] == renamed
        assert samples(data) == samples(RAFDB(root))
    assert RAFDB.METAINFO['classes'] == CLASSES


def test_names_of_classes_from_a_file(root: Path) -> None:
    (root / 'names.txt').write_text('\n'.join(n.lower() for n in CLASSES))
    data = RAFDB(root, classes=str(root / 'names.txt'))
    assert list(data.CLASSES) == [n.lower() for n in CLASSES]


def test_other_metainfo_is_kept(root: Path) -> None:
    data = RAFDB(root, metainfo=dict(palette='grey'), lazy_init=True)
    assert data.metainfo['palette'] == 'grey'
    assert data.metainfo['classes'] == CLASSES


@pytest.mark.parametrize(
    'split, given, expected',
    [
        ('train', None, False),
        ('training', None, False),
        ('test', None, True),
        ('test', False, False),
        ('train', True, True),
    ],
)
def test_test_mode(root: Path, split, given, expected) -> None:
    data = RAFDB(root, split, test_mode=given)
    assert data.test_mode is expected
    assert data.split in ('train', 'test')


def test_val_is_test_mode(root: Path) -> None:
    assert RAFDB(root, 'valid', val_ratio=0.2).test_mode is True


@pytest.mark.parametrize(
    'indices, part',
    [
        (5, slice(5)),
        (-5, slice(-5, None)),
        ([3, 1, 40], None),
    ],
)
def test_indices(root: Path, indices, part) -> None:
    everything = samples(RAFDB(root))
    expected = everything[part] if part else [everything[i] for i in indices]
    assert samples(RAFDB(root, indices=indices)) == expected


@pytest.mark.parametrize('serialize', [True, False])
def test_lazy_init(tmp_path: Path, serialize: bool) -> None:
    data = RAFDB(tmp_path, lazy_init=True, serialize_data=serialize)
    assert data.metainfo['classes'] == CLASSES
    assert "Haven't been initialized" in repr(data)
    found = write_official(tmp_path, faces())
    assert len(data) == 14
    assert samples(data) == found[:14]


def test_data_info(root: Path) -> None:
    info = RAFDB(root).get_data_info(8)
    path = root / 'Image' / 'aligned' / 'train_00009_aligned.jpg'
    assert info == dict(img_path=str(path), gt_label=1, sample_idx=8)
    assert type(info['gt_label']) is int


def test_labels_and_categories(root: Path) -> None:
    data = RAFDB(root)
    assert data.get_gt_labels().tolist() == [i % 7 for i in range(42)]
    assert [data.get_cat_ids(i) for i in (0, 8)] == [[0], [1]]
    assert data.class_to_idx['Neutral'] == 6


def test_repr_tells_split_layout_and_counts(root: Path) -> None:
    text = repr(RAFDB(root, 'test'))
    assert 'Dataset RAFDB' in text
    assert f'Root of the data: \t{root}' in text
    assert 'Split: \ttest' in text
    assert f'Layout: \t{root}/EmoLabel/list_patition_label.txt with ' in text
    assert 'Surprise 3, Fear 3, Disgust 3, Happiness 3, Sadness 3' in text


def test_home_folder_is_expanded(root: Path, monkeypatch) -> None:
    monkeypatch.setenv('HOME', str(root.parent))
    assert len(RAFDB(f'~/{root.name}')) == 42


def test_pickles(root: Path) -> None:
    data = RAFDB(root, on_error='skip')
    assert samples(pickle.loads(pickle.dumps(data))) == samples(data)


def test_k_folds_cover_train_once(root: Path) -> None:
    cfg = dict(type='RAFDB', data_root=str(root), split='train')
    parts = []
    for fold in range(3):
        sides = [
            KFoldDataset(cfg, fold=fold, num_splits=3, test_mode=mode, seed=0)
            for mode in (False, True)
        ]
        train, val = (
            {side.get_data_info(i)['img_path'] for i in range(len(side))}
            for side in sides
        )
        assert not train & val
        assert len(train | val) == 42
        assert sides[0].CLASSES == CLASSES
        parts.append(val)
    assert len(set.union(*parts)) == sum(map(len, parts)) == 42


def test_class_balanced_repeats_the_rare(tmp_path: Path) -> None:
    rare = [f for f in faces(8) if f.label != 1 or f.number == 2]
    write_official(tmp_path, rare)
    cfg = dict(type='mmpretrain.RAFDB', data_root=str(tmp_path))
    data = DATASETS.build(
        dict(type='ClassBalancedDataset', dataset=cfg, oversample_thr=0.1)
    )
    assert isinstance(data, ClassBalancedDataset)
    labels = Counter(
        data.get_data_info(i)['gt_label'] for i in range(len(data))
    )
    assert labels[1] > 1
    assert labels[0] == 8


# ---- splitting ---------------------------------------------------------


@pytest.mark.parametrize('ratio, each', [(0.1, 1), (0.34, 2), (0.99, 5)])
def test_val_is_stratified_and_train_its_complement(root, ratio, each):
    train = samples(RAFDB(root, 'train', val_ratio=ratio))
    val = samples(RAFDB(root, 'val', val_ratio=ratio))
    assert not set(train) & set(val)
    assert sorted(train + val) == sorted(samples(RAFDB(root)))
    assert Counter(n for _, n in val) == dict.fromkeys(range(7), each)
    assert Counter(n for _, n in train) == dict.fromkeys(range(7), 6 - each)


def test_test_is_never_split(root: Path) -> None:
    assert samples(RAFDB(root, 'test', val_ratio=0.5)) == samples(
        RAFDB(root, 'test')
    )


def test_seed_chooses_the_part(root: Path) -> None:
    parts = [
        samples(RAFDB(root, 'val', val_ratio=0.5, seed=seed))
        for seed in (0, 0, 1)
    ]
    assert parts[0] == parts[1] != parts[2]


def test_golden_part(root: Path) -> None:
    """Neither a version of a library nor a machine may move an image.

    The numbers are those that ``printf 0:train_00001 | b2sum -l 64`` ranks
    first in each class.
    """
    data = RAFDB(root, 'val', val_ratio=0.1)
    names = [Path(path).name[6:11] for path, _ in samples(data)]
    assert names == '00001 00005 00016 00024 00032 00034 00042'.split()


def test_part_is_the_same_in_every_layout(root: Path, tmp_path) -> None:
    write_folders(tmp_path / 'folders', faces(6, 3))
    official = RAFDB(root / 'EmoLabel' / '..', 'val', val_ratio=0.3)
    folders = RAFDB(tmp_path / 'folders', 'val', val_ratio=0.3)
    assert sorted(Path(p).name for p, _ in samples(official)) == sorted(
        Path(p).name for p, _ in samples(folders)
    )


def test_a_new_image_moves_at_most_one(tmp_path: Path) -> None:
    write_official(tmp_path, faces(20))
    before = set(samples(RAFDB(tmp_path, 'val', val_ratio=0.25)))
    more = [*faces(20), Face('train', 141, 3)]
    write_official(tmp_path, more)
    after = set(samples(RAFDB(tmp_path, 'val', val_ratio=0.25)))
    assert len(before ^ after) <= 2


def test_one_image_cannot_be_on_both_sides(tmp_path: Path) -> None:
    write_official(tmp_path, faces(1))
    text = "class 0 has one image only \\('train_00001'\\), so train and val"
    for split in ('train', 'val'):
        with pytest.raises(DatasetError, match=text):
            RAFDB(tmp_path, split, val_ratio=0.5)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    counts=st.lists(st.integers(2, 30), min_size=1, max_size=5),
    ratio=st.floats(0.001, 0.999),
    shuffle=st.randoms(use_true_random=False),
)
def test_splitting_ignores_order(counts, ratio, shuffle) -> None:
    pairs = [(f'{c}_{i}', c) for c, n in enumerate(counts) for i in range(n)]
    chosen = stratified_split(*zip(*pairs, strict=True), ratio, 5)
    part = {pair for pair, yes in zip(pairs, chosen, strict=True) if yes}
    for label, count in enumerate(counts):
        size = sum(own == label for _, own in part)
        assert 1 <= size <= count - 1
        assert abs(size - ratio * count) <= 1
    shuffle.shuffle(pairs)
    again = stratified_split(*zip(*pairs, strict=True), ratio, 5)
    assert part == {p for p, yes in zip(pairs, again, strict=True) if yes}
