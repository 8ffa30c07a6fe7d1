"""Groups and folds, orders of classes, and recognising a layout."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from csgresnet_mm.datasets import RAFDB, DatasetError
from csgresnet_mm.datasets.reading.layouts import Layout, recognise
from csgresnet_mm.datasets.reading.names import (
    ORDERS,
    find_class,
    find_expression,
    resolve_class_order,
)
from csgresnet_mm.datasets.reading.splits import (
    assign_folds,
    choose_groups,
    stratified_split,
)

from .helpers import samples
from .rafdb_layouts import CLASSES, faces, write_official

SUBJECTS = [f'S{number % 13:03d}' for number in range(200)]


# ---- parts -----------------------------------------------------------


def test_groups_are_never_cut() -> None:
    chosen = choose_groups(SUBJECTS, 0.2, seed=0)
    inside = {s for s, c in zip(SUBJECTS, chosen, strict=True) if c}
    outside = {s for s, c in zip(SUBJECTS, chosen, strict=True) if not c}
    assert not inside & outside
    assert 40 <= sum(chosen) < 40 + 16  # one group more, at most
    assert chosen != choose_groups(SUBJECTS, 0.2, seed=1)


def test_choice_of_groups_does_not_depend_on_the_order() -> None:
    chosen = choose_groups(SUBJECTS, 0.3, seed=0)
    turned = choose_groups(SUBJECTS[::-1], 0.3, seed=0)
    assert chosen == turned[::-1]


@pytest.mark.parametrize('ratio', [0.001, 0.999])
def test_at_least_one_group_and_never_all(ratio: float) -> None:
    chosen = choose_groups(SUBJECTS, ratio, seed=0)
    assert 0 < sum(chosen) < len(chosen)


def test_one_group_cannot_be_cut() -> None:
    with pytest.raises(DatasetError, match='all 3 images are of one group'):
        choose_groups(['a'] * 3, 0.5, 0)


def test_splitting_keeps_groups_together() -> None:
    keys = [str(number) for number in range(200)]
    labels = [number % 7 for number in range(200)]
    chosen = stratified_split(keys, labels, 0.2, 0, SUBJECTS)
    sides = {
        (subject, side) for subject, side in zip(SUBJECTS, chosen, strict=True)
    }
    assert len(sides) == 13


def test_folds_are_disjoint_and_even() -> None:
    folds = assign_folds(SUBJECTS, 5, seed=0)
    assert len(set(zip(SUBJECTS, folds, strict=True))) == 13
    sizes = Counter(folds)
    assert set(sizes) == set(range(5))
    assert max(sizes.values()) - min(sizes.values()) <= 16
    assert folds == assign_folds(SUBJECTS[::-1], 5, seed=0)[::-1]
    assert folds != assign_folds(SUBJECTS, 5, seed=1)


@pytest.mark.parametrize('num_folds', [1, 14])
def test_folds_need_subjects(num_folds: int) -> None:
    with pytest.raises(DatasetError, match=r'is not in 2\.\.13'):
        assign_folds(SUBJECTS, num_folds, 0)


# ---- orders ----------------------------------------------------------


def test_every_order_names_each_expression_once() -> None:
    for names in ORDERS.values():
        assert list(names) == [find_expression(name) for name in names]
        assert len(set(names)) == len(names) >= 7


@pytest.mark.parametrize('order', ORDERS)
def test_labels_follow_the_order(tmp_path: Path, order: str) -> None:
    write_official(tmp_path, faces())
    plain, other = RAFDB(tmp_path), RAFDB(tmp_path, class_order=order)
    names = other.metainfo['classes']
    assert len(names) == 7
    for (_, before), (_, after) in zip(
        samples(plain), samples(other), strict=True
    ):
        assert find_class(CLASSES[before], names) == after
    assert other.class_counts == plain.class_counts == (2,) * 7
    assert other.fingerprint != plain.fingerprint


def test_order_with_more_classes_than_the_data() -> None:
    names, labels = resolve_class_order(
        ['contempt', 'sad', 'happy'], ['Happy', 'Sad']
    )
    assert names == ('contempt', 'sad', 'happy')
    assert labels == (2, 1)


def test_order_of_other_names() -> None:
    names, labels = resolve_class_order(['b', 'a'], ['a', 'b'])
    assert (names, labels) == (('b', 'a'), (1, 0))


@pytest.mark.parametrize(
    ('order', 'text'),
    [
        ('imagenet', "class_order='imagenet' is unknown; expected one of"),
        (['happy', 'sad'], 'does not name each of'),
        (['joy', 'happy', *CLASSES[:-1]], 'does not name each of'),
    ],
)
def test_bad_order(tmp_path: Path, order, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        RAFDB(tmp_path, class_order=order)


@pytest.mark.parametrize(
    ('classes', 'error'),
    [
        ([*CLASSES[1:], CLASSES[0]], 'in another order'),
        (['Fear', 'a', 'b', 'c', 'd', 'e', 'f'], 'in another order'),
        (['a', 'b', 'c', 'd', 'e', 'neutral', 'anger'], 'in another order'),
        (CLASSES[:2], 'are not 7 names, one for each'),
        ([*CLASSES, 'Contempt'], 'are not 7 names, one for each'),
    ],
)
def test_names_that_are_refused(tmp_path: Path, classes, error: str) -> None:
    write_official(tmp_path, faces())
    with pytest.raises(ValueError, match=error):
        RAFDB(tmp_path, classes=classes)


# ---- layouts ---------------------------------------------------------

LAYOUTS = (
    Layout('lists', lambda f: (f / 'list.txt').is_file(), ('list.txt',)),
    Layout('folders', lambda f: (f / 'a').is_dir(), ('a/*.jpg', 'b/*.jpg')),
)


def test_layout_at_the_root_or_below(tmp_path: Path) -> None:
    (tmp_path / 'x' / 'y' / 'a').mkdir(parents=True)
    layout, folder = recognise(tmp_path, 'Set', LAYOUTS)
    assert (layout.name, folder) == ('folders', tmp_path / 'x' / 'y')
    (tmp_path / 'list.txt').touch()
    assert recognise(tmp_path, 'Set', LAYOUTS)[0].name == 'lists'
    assert recognise(tmp_path, 'Set', LAYOUTS, 'folders')[1] == folder


def test_two_that_match_are_refused(tmp_path: Path) -> None:
    for name in 'xy':
        (tmp_path / name / 'a').mkdir(parents=True)
    with pytest.raises(DatasetError, match='2 folders look like Set in the'):
        recognise(tmp_path, 'Set', LAYOUTS)


def test_wrong_root_names_the_nearest_layout(tmp_path: Path) -> None:
    (tmp_path / 'z').mkdir()
    (tmp_path / 'z' / '1.jpg').touch()
    (tmp_path / 'more.zip').touch()
    with pytest.raises(DatasetError) as caught:
        recognise(tmp_path, 'Set', LAYOUTS)
    for text in (
        'It holds more.zip, z/',
        "the nearest known layout is 'folders': a/*.jpg, b/*.jpg",
        'other layouts: lists',
        'archives not unpacked',
    ):
        assert text in str(caught.value)


def test_unknown_layout(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="layout='zip' is unknown"):
        recognise(tmp_path, 'Set', LAYOUTS, 'zip')
