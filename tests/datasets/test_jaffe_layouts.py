"""JAFFE: every layout gives the right images, labels and subjects."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets.jaffe import JAFFE
from csgresnet_mm.datasets.layouts.jaffe import WRITERS

CLASSES = ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')
CODE = dict(zip('AN DI FE HA NE SA SU'.split(), range(7), strict=True))
SUBJECTS = 'KA KL KM KR MK NA NM TM UY YM'.split()


def write_image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode(path.suffix, np.full((8, 8), 70, np.uint8))[1]
    path.write_bytes(data.tobytes())
    return path


def names(suffix: str = '.tiff') -> list[str]:
    """Two of each expression, two or more of each subject but YM's three."""
    return [
        f'{SUBJECTS[n % 10]}.{code}{1 + n // 7}.{39 + n}{suffix}'
        for n, code in enumerate([*CODE, *CODE, 'AN', 'SU', 'HA', 'NE'])
    ]


def write(root: Path, suffix: str = '.tiff') -> list[tuple[str, int]]:
    """Flat; returns what train and test together must give, sorted."""
    found = []
    for name in names(suffix):
        write_image(root / name)
        found.append((name, CODE[name[3:5]]))
    return sorted(found)


def samples(data: JAFFE) -> list[tuple[str, int]]:
    infos = [data.get_data_info(index) for index in range(len(data))]
    return [(Path(i['img_path']).name, i['gt_label']) for i in infos]


def all_folds(root: Path, **kwargs) -> list[tuple[str, int]]:
    both = [JAFFE(root, split, **kwargs) for split in ('train', 'test')]
    return sorted(pair for data in both for pair in samples(data))


def subjects(data: JAFFE) -> set[str]:
    return {name[:2] for name, _ in samples(data)}


def test_codes_and_classes() -> None:
    assert tuple(sorted(CLASSES)) == CLASSES == JAFFE.METAINFO['classes']
    assert JAFFE.NAMES.codes == tuple(CODE)
    for code, name in zip(JAFFE.NAMES.codes, CLASSES, strict=True):
        assert name.upper().startswith(code)


def test_published_counts() -> None:
    counts = JAFFE.PUBLISHED['all']
    assert counts == (30, 29, 32, 31, 30, 31, 30)
    assert sum(counts) == 213
    assert len(SUBJECTS) == JAFFE.SUBJECTS


@pytest.mark.parametrize('images', [1, 5])
@pytest.mark.parametrize('split', ['train', 'test'])
@pytest.mark.parametrize('name', WRITERS)
def test_generated(tmp_path, name: str, split: str, images: int) -> None:
    found = WRITERS[name](tmp_path, images, 0)
    data = JAFFE(tmp_path, split)
    infos = [data.get_data_info(index) for index in range(len(data))]
    got = [(info['img_path'], info['gt_label']) for info in infos]
    expected = [(f'{tmp_path}/{p}', n) for s, p, n in found if s == split]
    assert expected
    assert sorted(got) == sorted(expected)
    assert {label for _, label in got} <= set(range(7))


def test_generated_images_differ(tmp_path: Path) -> None:
    WRITERS['official'](tmp_path, 3, 0)
    files = list(tmp_path.iterdir())
    assert len({path.read_bytes() for path in files}) == len(files) == 21


@pytest.mark.parametrize('suffix', ['.tiff', '.tif', '.jpg', '.png', '.bmp'])
@pytest.mark.parametrize('below', ['.', 'jaffe', 'a/b'])
def test_flat(tmp_path: Path, suffix: str, below: str) -> None:
    found = write(tmp_path / below, suffix)
    assert all_folds(tmp_path) == found
    assert all_folds(tmp_path, layout='official') == found


@pytest.mark.parametrize('spelling', [str, str.lower, str.upper])
def test_class_folders(tmp_path: Path, spelling) -> None:
    for name in names():
        folder = spelling(CLASSES[CODE[name[3:5]]])
        write_image(tmp_path / 'jaffe' / folder / name)
    found = sorted((name, CODE[name[3:5]]) for name in names())
    assert all_folds(tmp_path) == found


def test_any_folders(tmp_path: Path) -> None:
    """A folder of subjects or of a split: names say all."""
    for number, name in enumerate(names()):
        folder = (name[:2], 'train', 'test')[number % 3]
        write_image(tmp_path / folder / name)
    found = sorted((name, CODE[name[3:5]]) for name in names())
    assert all_folds(tmp_path) == found


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    found = write(tmp_path)
    (tmp_path / 'README_FIRST.txt').write_text('x')
    (tmp_path / '.DS_Store').write_bytes(b'x')
    (tmp_path / '._KA.AN1.39.tiff').write_bytes(b'x')
    (tmp_path / '__MACOSX').mkdir()
    write_image(tmp_path / '__MACOSX' / 'KA.AN1.39.tiff')
    write_image(tmp_path / 'figures' / 'plot.png')
    assert all_folds(tmp_path) == found


# ---- folds -----------------------------------------------------------


def test_each_fold_leaves_one_subject_out(tmp_path: Path) -> None:
    found = write(tmp_path)
    seen = []
    for fold in range(10):
        test = JAFFE(tmp_path, 'test', fold=fold)
        train = JAFFE(tmp_path, fold=fold)
        [subject] = subjects(test)
        assert subjects(train) == set(SUBJECTS) - {subject}
        assert sorted(samples(train) + samples(test)) == found
        seen.append(subject)
    assert sorted(seen) == SUBJECTS


@pytest.mark.parametrize('num_folds', [2, 3, 5])
def test_folds_of_several_subjects(tmp_path: Path, num_folds: int) -> None:
    found = write(tmp_path)
    seen: set[str] = set()
    sizes = []
    for fold in range(num_folds):
        kwargs = dict(fold=fold, num_folds=num_folds)
        test = JAFFE(tmp_path, 'test', **kwargs)
        assert not subjects(test) & seen
        assert not subjects(test) & subjects(JAFFE(tmp_path, **kwargs))
        seen |= subjects(test)
        sizes.append(len(test))
    assert sorted(seen) == SUBJECTS
    assert sum(sizes) == len(found)
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize('fold', [0, 7])
def test_folds_are_of_names_only(tmp_path: Path, fold: int) -> None:
    """Not of the layout, the suffix, or what cannot be used."""
    write(tmp_path / 'a')
    write(tmp_path / 'b', '.png')
    write(tmp_path / 'c')
    (tmp_path / 'c' / names()[3]).write_bytes(b'')
    for name in names():
        write_image(tmp_path / 'd' / CLASSES[CODE[name[3:5]]] / name)
    found = {
        place: subjects(JAFFE(tmp_path / place, fold=fold, on_error='skip'))
        for place in 'abcd'
    }
    assert found['a'] == found['b'] == found['c'] == found['d']


def test_the_seed_chooses_the_folds(tmp_path: Path) -> None:
    write(tmp_path)
    choices = {
        frozenset(subjects(JAFFE(tmp_path, 'test', num_folds=5, seed=seed)))
        for seed in range(5)
    }
    assert len(choices) > 1


def test_the_log_names_the_subject(tmp_path: Path, log) -> None:
    write(tmp_path)
    data = JAFFE(tmp_path, 'test', fold=3)
    [subject] = subjects(data)
    text = f'fold 3 of 10 (seed 0): test is 1 of 10 subjects: {subject}'
    assert text in log.notes


def test_val_is_whole_subjects_of_train(tmp_path: Path) -> None:
    write(tmp_path)
    whole = JAFFE(tmp_path)
    train, val, test = (
        JAFFE(tmp_path, split, val_ratio=0.2)
        for split in ('train', 'val', 'test')
    )
    assert sorted(samples(train) + samples(val)) == sorted(samples(whole))
    assert subjects(train) and subjects(val)
    assert not subjects(train) & subjects(val)
    assert samples(test) == samples(JAFFE(tmp_path, 'test'))


def test_a_group_is_a_subject(tmp_path: Path) -> None:
    write(tmp_path)
    data = JAFFE(tmp_path)
    for index in range(len(data)):
        info = data.get_data_info(index)
        assert info['group'] == Path(info['img_path']).name[:2]


# ---- counts, orders, indexes -----------------------------------------


def test_unexpected_counts(tmp_path: Path, log) -> None:
    write(tmp_path)
    len(JAFFE(tmp_path, 'test', fold=2))
    assert log.warnings == [
        f'JAFFE {tmp_path}: all folds together has 18 images '
        '(3/2/2/3/3/2/3), published are 213 (30/29/32/31/30/31/30); order '
        'Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise'
    ]


def test_expected_counts(tmp_path: Path, log, monkeypatch) -> None:
    monkeypatch.setattr(JAFFE, 'PUBLISHED', {'all': (3, 2, 2, 3, 3, 2, 3)})
    write(tmp_path)
    len(JAFFE(tmp_path))
    assert log.warnings == []


def test_class_order(tmp_path: Path) -> None:
    found = write(tmp_path)
    order = 'Surprise Fear Disgust Happiness Sadness Anger Neutral'.split()
    place = [5, 2, 1, 3, 6, 4, 0]
    data = JAFFE(tmp_path, class_order='rafdb')
    assert [n[:2].lower() for n in data.metainfo['classes']] == [
        n[:2].lower() for n in order
    ]
    expected = sorted((name, place[label]) for name, label in found)
    assert all_folds(tmp_path, class_order='rafdb') == expected


def test_second_opening(tmp_path: Path, log) -> None:
    write(tmp_path)
    first = samples(JAFFE(tmp_path))
    said = list(log)
    log.clear()
    assert samples(JAFFE(tmp_path)) == first
    assert list(log) == said


@pytest.mark.parametrize('place', ['.', 'more'])
def test_a_new_image_is_seen(tmp_path: Path, place: str) -> None:
    found = write(tmp_path)
    (tmp_path / 'more').mkdir()
    assert all_folds(tmp_path) == found
    write_image(tmp_path / place / 'KA.SU3.300.tiff')
    assert all_folds(tmp_path) == sorted([*found, ('KA.SU3.300.tiff', 6)])


def test_built_from_a_config(tmp_path: Path) -> None:
    """The images are grey, and become colour where a pipeline wants it."""
    write(tmp_path)
    data = DATASETS.build(
        dict(
            type='JAFFE',
            data_root=str(tmp_path),
            split='test',
            fold=9,
            pipeline=[dict(type='LoadImageFromFile')],
        )
    )
    assert isinstance(data, JAFFE)
    assert data[0]['img'].shape == (8, 8, 3)
    assert (data[0]['img'] == 70).all()
