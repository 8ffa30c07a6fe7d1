"""FER2013: every layout and variant gives the samples it holds."""

from __future__ import annotations

import math
import pickle
import shutil
from collections import Counter
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import pytest

from csgresnet_mm.datasets.fer2013 import FER2013
from csgresnet_mm.datasets.fer_rows import choose_paper_test
from csgresnet_mm.datasets.layouts.fer2013 import (
    CLASSES,
    WRITERS,
    write_csv,
    write_folders,
)
from csgresnet_mm.datasets.sample import Sample

from .fer_helpers import edit, expect, face, refuse, samples

CASES = [
    (layout, split)
    for layout, splits in {
        'csv': ('train', 'val', 'test'),
        'icml': ('train', 'val', 'test'),
        'split csv': ('train', 'val', 'test'),
        'split csv by usage': ('train', 'val', 'test'),
        'challenge': ('train',),
        'folders': ('train', 'val', 'test'),
        'folders by usage': ('train', 'val', 'test'),
        'folders without halves': ('train', 'test'),
        'train and validation': ('train', 'val'),
    }.items()
    for split in splits
]


def test_every_writer_has_a_case() -> None:
    assert {layout for layout, _ in CASES} == set(WRITERS)


@pytest.mark.parametrize('depth', ['.', 'a/b'])
@pytest.mark.parametrize('layout, split', CASES)
def test_layouts(tmp_path: Path, layout, split, depth) -> None:
    home = tmp_path / depth
    found = WRITERS[layout](home, 3, 0)
    deep = layout == 'train and validation' and depth == 'a/b'
    data = FER2013(tmp_path / 'a' if deep else tmp_path, split)
    wanted = expect(home.resolve(), found, split)
    assert sorted(samples(data)) == sorted(wanted)
    assert len(data) == (21 if split == 'train' else len(wanted))
    assert data.CLASSES == (
        'Angry',
        'Disgust',
        'Fear',
        'Happy',
        'Sad',
        'Surprise',
        'Neutral',
    )


@pytest.mark.parametrize('layout, split', CASES)
def test_a_kept_index_gives_the_same(tmp_path: Path, layout, split, log):
    WRITERS[layout](tmp_path, 2, 0)
    first = samples(FER2013(tmp_path, split))
    said = list(log)
    log.clear()
    assert samples(FER2013(tmp_path, split)) == first
    assert sorted(log) == sorted(said)


@pytest.mark.parametrize('layout', ['csv', 'icml', 'split csv'])
def test_images_of_a_csv(tmp_path: Path, layout: str) -> None:
    """Row k of the set was drawn with seed 50 + k."""
    WRITERS[layout](tmp_path, 2, 50)
    starts = {'train': 0, 'val': 14, 'test': 21}
    for split, start in starts.items():
        data = FER2013(tmp_path, split)
        for index in range(len(data)):
            info = data.get_data_info(index)
            assert info['img'].dtype == np.uint8
            assert (info['img'] == face(50 + start + index)).all()
            shift = start if layout != 'split csv' else 0
            assert info['row'] == shift + index


@pytest.mark.parametrize('color_type', ['color', 'grayscale'])
def test_a_stock_pipeline_reads_rows(tmp_path: Path, color_type: str) -> None:
    write_csv(tmp_path, 1, 0)
    load = dict(type='LoadImageFromFile', color_type=color_type)
    pipeline = [load, dict(type='PackInputs')]
    inputs = FER2013(tmp_path, pipeline=pipeline)[3]['inputs'].numpy()
    channels = 3 if color_type == 'color' else 1
    assert inputs.shape == (channels, 48, 48)
    assert all((channel == face(3)).all() for channel in inputs)


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    write_folders(tmp_path, 1, 0, suffix='.png')
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    data = FER2013(tmp_path, pipeline=pipeline)
    inputs = data[0]['inputs'].numpy()
    image = cv2.imread(data.get_data_info(0)['img_path'])
    assert (inputs == image.transpose(2, 0, 1)).all()
    assert 'img' not in data.get_data_info(0)


def test_an_image_can_be_written_to(tmp_path: Path) -> None:
    """A transform that writes in place must not reach the kept file."""
    write_csv(tmp_path, 1, 0)
    data = FER2013(tmp_path)
    data.get_data_info(0)['img'][:] = 7
    assert (data.get_data_info(0)['img'] == face(0)).all()


def test_copies_and_pickles_leave_the_images_out(tmp_path: Path) -> None:
    write_csv(tmp_path, 30, 0)
    data = FER2013(tmp_path)
    text = pickle.dumps(data)
    assert len(text) < 210 * 48 * 48 / 8
    for other in (pickle.loads(text), deepcopy(data), data.get_subset(9)):
        assert (other.get_data_info(5)['img'] == face(5)).all()
    assert len(data.get_subset([3, 4])) == 2


def test_fer2013_csv_is_preferred(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    write_csv(tmp_path, 1, 0, name='icml_face_data.csv')
    assert samples(FER2013(tmp_path)) == expect(tmp_path, found, 'train')


def test_layout_can_be_forced(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    found = write_folders(tmp_path, 2, 0)
    assert len(FER2013(tmp_path)) == 7
    data = FER2013(tmp_path, layout='folders')
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))


@pytest.mark.parametrize(
    'header',
    ['emotion,pixels,Usage', ' pixels, Usage,emotion', 'Usage,Emotion,Pixels'],
)
def test_columns_in_any_order(tmp_path: Path, header: str) -> None:
    found = write_csv(tmp_path, 2, 0, header=header)
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        assert samples(data) == expect(tmp_path, found, split)
    assert (data.get_data_info(0)['img'] == face(21)).all()


def test_split_csv_with_usage(tmp_path: Path) -> None:
    """Who cuts fer2013.csv up keeps its columns."""
    found = write_csv(tmp_path, 2, 0)
    lines = (tmp_path / 'fer2013.csv').read_text().split('\n')
    (tmp_path / 'fer2013.csv').unlink()
    for name, usage in (('train', 'Training'), ('valid', 'PublicTest')):
        own = [lines[0], *(s for s in lines[1:] if s.endswith(usage))]
        (tmp_path / f'{name}.csv').write_text('\n'.join(own))
    labels = [label for _, label in samples(FER2013(tmp_path, 'val'))]
    assert labels == [label for split, _, label in found if split == 'val']


@pytest.mark.parametrize('names', ['upper', 'sadness'])
def test_class_folders_by_any_name(tmp_path: Path, names: str) -> None:
    spelled = [name.upper() for name in CLASSES]
    if names == 'sadness':
        spelled = ['Anger', 'disgust', 'afraid', 'joy', 'sadness']
        spelled += ['suprise', 'Neutral']
    found = write_folders(tmp_path, 2, 0, names=spelled)
    data = FER2013(tmp_path)
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))


def test_folders_by_prefix_alone(tmp_path: Path) -> None:
    """With neither train nor test, names tell all."""
    found = write_folders(tmp_path, 2, 0, folders=('.', '.', '.'))
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        wanted = [(str(Path(p)), n) for p, n in samples(data)]
        paths = [(tmp_path / p, n) for s, p, n in found if s == split]
        assert sorted(wanted) == sorted((str(p), n) for p, n in paths)


def test_prefix_outranks_folder(tmp_path: Path, log) -> None:
    found = write_folders(
        tmp_path, 2, 0, folders=('train', 'validation', 'train')
    )
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        wanted = expect(tmp_path, found, split)
        assert sorted(samples(data)) == sorted(wanted)
    assert (
        f"{tmp_path}: image names outrank folder names: 7 from 'train' to "
        "'test'"
    ) in log.warnings


def test_train_val_and_test_folders(tmp_path: Path) -> None:
    """Three folders without prefixes are what they are called."""
    found = write_folders(
        tmp_path, 2, 0, folders=('train', 'val', 'test'), stem='{number}'
    )
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        wanted = expect(tmp_path, found, split)
        assert sorted(samples(data)) == sorted(wanted)


def test_numbers_need_an_order_and_take_it(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0, names='0123456')
    refuse('folders mean is not known', FER2013, tmp_path)
    order = ['happy', 'surprise', 'sad', 'angry', 'disgust', 'fear', 'neutral']
    labels = [CLASSES.index(name) for name in order]
    for given in (order, 'happy-first'):
        data = FER2013(tmp_path, folder_order=given)
        wanted = [
            (path, labels[label])
            for path, label in expect(tmp_path, found, 'train')
        ]
        assert sorted(samples(data)) == sorted(wanted)


def write_bytes(root: Path, counts, name, stem: str = 'a') -> None:
    """Class folders with so many files of one byte; never decoded."""
    for label, count in enumerate(counts):
        folder = root / name(label)
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f'{stem}{label}_{number}.jpg').write_bytes(b'x')


def test_exact_counts_prove_an_order(tmp_path: Path) -> None:
    """Folders in the order of RAF-DB, with PublicTest's counts."""

    class Small(FER2013):
        PUBLISHED = dict(FER2013.PUBLISHED, val=(7, 1, 6, 5, 4, 3, 2))

    order = [5, 2, 1, 3, 4, 0, 6]
    counts = [Small.PUBLISHED['val'][label] for label in order]
    write_bytes(tmp_path / 'train', counts, str)
    labels = Counter(label for _, label in samples(Small(tmp_path)))
    assert labels == dict(enumerate(Small.PUBLISHED['val']))


def test_subclasses_and_class_order(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    data = FER2013(tmp_path, class_order='rafdb')
    names = ('surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger')
    assert data.CLASSES == (*names, 'neutral')
    moved = [5, 2, 1, 3, 4, 0, 6]
    wanted = [
        (path, moved[label])
        for path, label in expect(tmp_path, found, 'train')
    ]
    assert samples(data) == wanted


# ---- the paper's split -----------------------------------------------


@pytest.mark.parametrize(
    'layout',
    ['csv', 'split csv', 'folders', 'folders without halves'],
)
def test_paper_split_cuts_all_images(tmp_path: Path, layout, log) -> None:
    found = WRITERS[layout](tmp_path, 21, 0)
    train = samples(FER2013(tmp_path, 'paper_train'))
    test = samples(FER2013(tmp_path, 'paper_test'))
    everything = [(f'{tmp_path}/{path}', label) for _, path, label in found]
    assert sorted(train + test) == sorted(everything)
    assert not set(train) & set(test)
    # 21 + 11 + 11 images of each class, a tenth rounded up
    assert Counter(label for _, label in test) == dict.fromkeys(range(7), 5)
    assert any(
        'paper_test is a part of all 301 images, drawn with seed=0: results '
        'on it are not comparable with those on PrivateTest' in text
        for text in log.warnings
    )


def test_paper_split_has_the_papers_numbers() -> None:
    counts = (4953, 547, 5121, 8989, 6077, 4002, 6198)
    train = FER2013.PUBLISHED['paper_train']
    test = FER2013.PUBLISHED['paper_test']
    assert (sum(train), sum(test)) == (32295, 3592)
    assert tuple(map(sum, zip(train, test, strict=True))) == counts
    assert test == tuple(math.ceil(n / 10) for n in counts)


def test_official_numbers() -> None:
    published = FER2013.PUBLISHED
    totals = [sum(published[s]) for s in ('train', 'val', 'test')]
    assert totals == [28709, 3589, 3589]


def test_paper_split_follows_seed_and_names_only(tmp_path: Path) -> None:
    write_csv(tmp_path, 20, 0)
    parts = [
        samples(FER2013(tmp_path, 'paper_test', seed=seed, cache=cache))
        for seed, cache in ((0, True), (0, False), (1, True))
    ]
    assert parts[0] == parts[1] != parts[2]
    assert len(parts[2]) == 28


def test_golden_paper_split() -> None:
    """Ranked by BLAKE2b of ``seed:key``, as ``b2sum -l 64`` gives it."""
    keys = [f'Training/{number}' for number in range(11)]
    rows = [Sample('', 0, key) for key in keys]
    chosen = choose_paper_test(rows, 0)
    assert [key for key, yes in zip(keys, chosen, strict=True) if yes] == [
        'Training/8',
        'Training/9',
    ]


def test_paper_train_trains(tmp_path: Path) -> None:
    write_csv(tmp_path, 10, 0)
    assert FER2013(tmp_path, 'paper_train').test_mode is False
    assert FER2013(tmp_path, 'paper_test').test_mode is True


# ---- rows without a face, copies -------------------------------------


def bad_csv(root: Path) -> Path:
    """Rows 0 and 25 blank; 9 and 23 copies of 8 and 22; 10 one of 24."""
    write_csv(root, 2, 0)
    path = root / 'fer2013.csv'
    lines = path.read_text().split('\n')[:-1]

    def image_of(row: int) -> str:
        return lines[row + 1].split(',')[1]

    for row, words in (
        (0, ' '.join(['0'] * 2304)),
        (25, ' '.join(['128'] * 2304)),
        (9, image_of(8)),
        (23, image_of(22)),
        (10, image_of(24)),
    ):
        label, _, usage = lines[row + 1].split(',')
        lines[row + 1] = f'{label},{words},{usage}'
    path.write_text('\n'.join(lines))
    return path


def rows_of(data: FER2013) -> list[int]:
    return [data.get_data_info(i)['row'] for i in range(len(data))]


def test_bad_rows_are_kept(tmp_path: Path) -> None:
    bad_csv(tmp_path)
    assert rows_of(FER2013(tmp_path)) == list(range(14))
    assert rows_of(FER2013(tmp_path, 'test')) == list(range(21, 28))


def test_bad_rows_can_be_left_out(tmp_path: Path, log) -> None:
    """Of copies in train and test, the one in test stays."""
    path = bad_csv(tmp_path)
    train = FER2013(tmp_path, drop_bad=True)
    assert rows_of(train) == [n for n in range(14) if n not in (0, 9, 10)]
    assert rows_of(FER2013(tmp_path, 'test', drop_bad=True)) == [
        21,
        22,
        24,
        26,
        27,
    ]
    assert log.warnings == 2 * [
        f'{path}: drop_bad=True leaves out 2 rows without a face and 3 '
        'copies (2 with another label) of 28 rows: results are not '
        'comparable'
    ]
    assert train.layout.endswith('without blank rows and copies')


def test_known_rows_without_a_face() -> None:
    from csgresnet_mm.datasets.fer_bad import KNOWN_BLANK, find_bad_rows
    from csgresnet_mm.datasets.fer_csv import Table

    count = 35887
    images = np.zeros((count, 48, 48), np.uint8)
    numbers = np.arange(count, dtype=np.uint32)
    images.reshape(count, -1)[:, :4] = numbers.view(np.uint8).reshape(-1, 4)
    images[:, 1, 0] = 255
    table = Table(
        np.zeros(count, np.int8),
        np.zeros(count, np.int8),
        np.arange(count, dtype=np.int32),
        [],
        0,
    )
    bad = find_bad_rows(table, images)
    assert bad.blank == set(KNOWN_BLANK)
    assert len(KNOWN_BLANK) == 12
    assert not bad.copies
    assert find_bad_rows(table, images[:-1]).blank == set()


# ---- counts ----------------------------------------------------------


def test_counts_are_told_and_compared(tmp_path: Path, log) -> None:
    write_csv(tmp_path, 2, 0)
    FER2013(tmp_path, 'test')
    assert log.warnings == [
        f'FER2013 {tmp_path}: test has 7 images (1/1/1/1/1/1/1), published '
        'are 3589 (491/55/528/879/594/416/626); order Angry, Disgust, Fear, '
        'Happy, Sad, Surprise, Neutral'
    ]


def test_both_halves_are_compared_with_both(tmp_path: Path, log) -> None:
    WRITERS['folders without halves'](tmp_path, 2, 0)
    FER2013(tmp_path, 'test')
    assert [
        'do not tell PublicTest from PrivateTest, so these 14 images are '
        'both halves of the test: results on them are not comparable'
        in log.warnings[0],
        'published are 7178 (958/111/1024/1774/1247/831/1233)'
        in log.warnings[1],
    ] == [True, True]


def test_val_that_is_filled_later(tmp_path: Path) -> None:
    """It makes test a test: what was kept of it is made anew."""
    WRITERS['folders without halves'](tmp_path, 2, 0)
    (tmp_path / 'val').mkdir()
    assert 'both halves' in FER2013(tmp_path, 'test').layout
    shutil.copytree(tmp_path / 'test', tmp_path / 'val', dirs_exist_ok=True)
    assert 'both halves' not in FER2013(tmp_path, 'test').layout


def test_the_other_split_is_said_to_be_one(tmp_path: Path, log) -> None:
    WRITERS['train and validation'](tmp_path, 2, 0)
    data = FER2013(tmp_path, 'val')
    assert log.warnings == [
        f'{tmp_path}/images: 14/14 images in train/validation: not the '
        'official split (28709/3589/3589), results are not comparable'
    ]
    assert data.layout.endswith('(not the official split)')


def test_a_known_repack_is_named(tmp_path: Path, log, monkeypatch) -> None:
    from csgresnet_mm.datasets import fer_folders

    monkeypatch.setattr(fer_folders, '_REPACK', (14, 14))
    WRITERS['train and validation'](tmp_path, 2, 0)
    FER2013(tmp_path)
    assert 'train/validation (a known repack): not the' in log.warnings[0]


def test_public_test_as_validation_is_official(tmp_path: Path, log) -> None:
    class Small(FER2013):
        PUBLISHED = dict(train=(2,) * 7, val=(1,) * 7, test=(1,) * 7)

    write_folders(
        tmp_path, 2, 0, folders=('train', 'val', 'x'), stem='{index}'
    )
    shutil.rmtree(tmp_path / 'x')
    data = Small(tmp_path, 'val')
    assert log.warnings == []
    assert 'not the official' not in data.layout


def test_val_is_carved_where_there_is_none(tmp_path: Path) -> None:
    for layout in ('challenge', 'folders without halves'):
        root = tmp_path / layout
        found = WRITERS[layout](root, 10, 0)
        train = samples(FER2013(root, val_ratio=0.2))
        val = samples(FER2013(root, 'val', val_ratio=0.2))
        assert sorted(train + val) == sorted(expect(root, found, 'train'))
        assert Counter(n for _, n in val) == dict.fromkeys(range(7), 2)


def test_keys_are_the_same_in_all_csvs(tmp_path: Path) -> None:
    """So that the same part is carved or drawn."""
    labels = []
    for layout in ('csv', 'icml', 'split csv'):
        WRITERS[layout](tmp_path / layout, 20, 0)
        data = FER2013(tmp_path / layout, 'paper_test')
        images = [data.get_data_info(i)['img'] for i in range(len(data))]
        labels.append({image.tobytes() for image in images})
    assert labels[0] == labels[1] == labels[2]


def test_rows_out_of_order_are_told(tmp_path: Path, log) -> None:
    found = write_csv(tmp_path, 1, 0)
    path = tmp_path / 'fer2013.csv'
    edit(path, 'PrivateTest', 'Training')
    labels = [n for _, n in samples(FER2013(tmp_path))]
    assert labels == [n for s, _, n in found if s == 'train'] + [0]
    assert (
        f'{path}: the rows of Training, PublicTest, PrivateTest do not '
        "follow each other in this order, which is the set's: a changed copy?"
    ) in log.warnings
