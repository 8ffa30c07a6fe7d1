"""RAF-DB: repacks and altered copies, each refused or with a warning."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import RAFDB, DatasetError
from csgresnet_mm.datasets.layouts.rafdb import WRITERS
from csgresnet_mm.datasets.rafdb import dataset as rafdb
from csgresnet_mm.datasets.rafdb.official import parse_box

from .helpers import samples
from .rafdb_layouts import (
    CLASSES,
    Face,
    faces,
    of,
    write_counts,
    write_folders,
    write_image,
    write_official,
)

TRAIN = (1290, 281, 717, 4772, 1982, 705, 2524)
TEST = (329, 74, 160, 1185, 478, 162, 680)


def test_published_counts() -> None:
    assert RAFDB.PUBLISHED == {'train': TRAIN, 'test': TEST}
    assert (sum(TRAIN), sum(TEST)) == (12271, 3068)


# ---- generated layouts -----------------------------------------------


@pytest.mark.parametrize('split', ['train', 'test'])
@pytest.mark.parametrize('name', WRITERS)
def test_generated(tmp_path: Path, name: str, split: str) -> None:
    found = WRITERS[name](tmp_path, 2, 0)
    options = dict(alignment='original') if name == 'original' else {}
    expected = [(f'{tmp_path}/{p}', n) for s, p, n in found if s == split]
    assert expected
    got = samples(RAFDB(tmp_path, split, **options))
    assert sorted(got) == sorted(expected)


def test_generated_images_differ(tmp_path: Path) -> None:
    WRITERS['official'](tmp_path, 3, 0)
    files = list(tmp_path.rglob('*.jpg'))
    assert len({path.read_bytes() for path in files}) == len(files) > 20


# ---- counts ----------------------------------------------------------


def test_counts_of_altered_copies() -> None:
    assert set(rafdb.ALTERED_COUNTS) == {12175, 3031, 20471}
    assert not {12271, 3068, 15339} & set(rafdb.ALTERED_COUNTS)


@pytest.mark.parametrize('write', [write_official, write_folders])
@pytest.mark.parametrize('split', ['train', 'test'])
def test_count_of_an_altered_copy(
    tmp_path: Path, log, monkeypatch, write, split: str
) -> None:
    write(tmp_path, faces(3, 1))
    counts = {'train': 21, 'test': 7}
    text = (
        f'RAFDB {tmp_path}: {counts[split]} images are what altered copies '
        'of RAF-DB hold, which go round: results are not comparable'
    )
    len(RAFDB(tmp_path, split))
    assert text not in log.warnings
    log.clear()
    monkeypatch.setattr(rafdb, 'ALTERED_COUNTS', (counts[split],))
    len(RAFDB(tmp_path, split, cache=False))
    assert text in log.warnings


def test_one_image_less_is_told(tmp_path: Path, log) -> None:
    class Small(RAFDB):
        PUBLISHED = {'train': (2,) * 7}

    write_official(tmp_path, [*faces()[1:], Face('train', 12271, 0)])
    len(Small(tmp_path))
    assert log.warnings == []
    write_official(tmp_path, faces()[1:])
    len(Small(tmp_path))
    [warning] = log.warnings
    assert 'train has 13 images (1/2/2/2/2/2/2), published are 14' in warning


# ---- names -----------------------------------------------------------


@pytest.mark.parametrize('name', ['ferplus', 'FERPlus', 'affectnet', 'x'])
def test_a_pack_is_what_its_images_are(tmp_path: Path, name: str) -> None:
    """One that is called ferplus goes round, and is RAF-DB."""
    found = write_folders(tmp_path / name, faces(), name=CLASSES.__getitem__)
    for root in (tmp_path, tmp_path / name):
        for split in ('train', 'test'):
            expected = sorted(of(split, found))
            assert sorted(samples(RAFDB(root, split))) == expected


@pytest.mark.parametrize(
    'stem',
    [
        'train_00001_aligned_aug1',
        'train_00001_aligned_flip',
        'train_00001(1)',
        'aug_train_00001',
        'train_00000',
        'train_12272',
        'train_1',
        'Training_1206',
        'fer0000001',
    ],
)
def test_names_that_are_not_the_sets(tmp_path: Path, log, stem: str) -> None:
    write_folders(tmp_path, faces(), name=CLASSES.__getitem__)
    write_image(tmp_path / 'train' / 'Fear' / f'{stem}.jpg')
    assert len(RAFDB(tmp_path)) == 15
    assert (
        f'RAFDB {tmp_path}: 1 of 15 images are not named train_00001..12271 '
        f'or test_0001..3068 (first: {stem!r}): an altered copy?'
    ) in log.warnings


@pytest.mark.parametrize('stem', ['train_00001', 'train_12271_aligned'])
def test_names_that_are_the_sets(tmp_path: Path, log, stem: str) -> None:
    write_folders(tmp_path, faces()[1:], name=CLASSES.__getitem__)
    write_image(tmp_path / 'train' / 'Fear' / f'{stem}.jpg')
    len(RAFDB(tmp_path))
    assert not [text for text in log.warnings if 'altered copy' in text]


@pytest.mark.parametrize(
    'stem', ['test_0001_aligned_flip', 'test_0001_rot', 'test_9999_aligned']
)
@pytest.mark.parametrize('folder', ['train', 'training'])
def test_augmented_test_images_inside_train(
    tmp_path: Path, stem: str, folder: str
) -> None:
    folders = dict(train=folder, test='test')
    found = write_folders(
        tmp_path, faces(), folders=folders, name=CLASSES.__getitem__
    )
    bad = write_image(tmp_path / folder / 'Fear' / f'{stem}.jpg')
    text = f"{bad}: an altered copy of a 'test' image inside the 'train' f"
    for split in ('train', 'test'):
        with pytest.raises(DatasetError, match=re.escape(text)):
            RAFDB(tmp_path, split)
        data = RAFDB(tmp_path, split, on_error='skip')
        assert sorted(samples(data)) == sorted(of(split, found))


def test_larger_images_are_read_as_they_are(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    path = tmp_path / 'Image' / 'aligned' / 'train_00001_aligned.jpg'
    big = cv2.imencode('.jpg', np.full((224, 224, 3), 90, np.uint8))[1]
    path.write_bytes(big.tobytes())
    data = RAFDB(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    assert data[0]['ori_shape'] == (224, 224)


# ---- numbered folders ------------------------------------------------


@pytest.mark.parametrize(
    'near',
    [
        (1290, 281, 705, 4772, 1982, 705, 2524),
        (1290, 281, 717, 4772, 1982, 717, 2524),
        (1290, 281, 717, 4772, 1982, 704, 2524),
    ],
)
def test_near_counts_of_train(near, tmp_path: Path) -> None:
    """705 and 717 are near: an order from them would swap two classes."""
    write_counts(tmp_path / 'train', near, str, 'train_a')
    with pytest.raises(DatasetError, match='what the numbered class folders'):
        RAFDB(tmp_path)


def test_affectnets_val_never_proves_an_order(tmp_path: Path) -> None:
    write_counts(tmp_path / 'valid', [500] * 7, str, 'x')
    with pytest.raises(DatasetError, match='numbered from 0') as caught:
        RAFDB(tmp_path, 'val')
    assert 'val: 0: 500, 1: 500, 2: 500' in str(caught.value)


def test_folders_are_no_text(tmp_path: Path) -> None:
    """'10' sorts before '2': eleven folders are no basic set."""
    for number in range(11):
        write_image(tmp_path / 'train' / str(number) / 'train_00001.jpg')
    with pytest.raises(DatasetError, match='class folders 0 and 7 both exist'):
        RAFDB(tmp_path)


# ---- indexes that are kept -------------------------------------------


@pytest.mark.parametrize('name', ['official', 'two lists', 'kaggle', 'named'])
def test_second_opening(tmp_path: Path, log, name: str) -> None:
    WRITERS[name](tmp_path, 2, 0)
    first = samples(RAFDB(tmp_path))
    said = list(log)
    log.clear()
    assert samples(RAFDB(tmp_path)) == first
    assert list(log) == said


def test_a_changed_list_is_seen(tmp_path: Path) -> None:
    found = write_official(tmp_path, faces())
    assert samples(RAFDB(tmp_path)) == of('train', found)
    turned = [face._replace(label=6 - face.label) for face in faces()]
    found = write_official(tmp_path, turned)
    assert samples(RAFDB(tmp_path)) == of('train', found)


def test_an_official_list_that_is_added_is_seen(tmp_path: Path) -> None:
    turned = [face._replace(label=6 - face.label) for face in faces()]
    write_official(tmp_path, turned, lists=('train.txt', 'test.txt'))
    len(RAFDB(tmp_path))
    found = write_official(tmp_path, faces())
    assert samples(RAFDB(tmp_path)) == of('train', found)


def test_a_changed_csv_is_seen(tmp_path: Path) -> None:
    WRITERS['kaggle'](tmp_path, 2, 0)
    len(RAFDB(tmp_path))
    path = tmp_path / 'train_labels.csv'
    path.write_text(path.read_text().replace('00001_aligned.jpg,1', '1.jpg,2'))
    with pytest.raises(DatasetError, match=f'{path}, line 2: image'):
        RAFDB(tmp_path)


def test_a_new_folder_is_seen(tmp_path: Path) -> None:
    write_folders(tmp_path, faces(), name=CLASSES.__getitem__)
    len(RAFDB(tmp_path))
    write_image(tmp_path / 'train' / 'boredom' / 'train_00020.jpg')
    with pytest.raises(DatasetError, match='unknown class folder'):
        RAFDB(tmp_path)


# ---- boxes -----------------------------------------------------------


def slow_box(text: str) -> tuple[float, ...] | None:
    """Four finite numbers, left of right and top above bottom."""
    words = text.split()
    values = []
    for word in words:
        try:
            values.append(float(word))
        except ValueError:
            return None
    if len(values) != 4 or any(v != v or abs(v) > 1e308 for v in values):
        return None
    left, top, right, bottom = values
    return (*values,) if left < right and top < bottom else None


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = '12.500000 7.000000 110.250000 130.000000 \n'
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        new = draw(st.text('0123456789.-e \n\rnaif,x', max_size=4))
        text = text[:place] + new + text[place + draw(st.integers(0, 3)) :]
    return text


@settings(derandomize=True, max_examples=800, deadline=None)
@given(mutated())
def test_mutated_box(text: str) -> None:
    assert parse_box(text) == slow_box(text)
