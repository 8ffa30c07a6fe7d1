"""CK+: every layout gives the right frames, labels and folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import ckplus
from csgresnet_mm.datasets.ckplus import CKPlus
from csgresnet_mm.datasets.ckplus_frames import parse_stem
from csgresnet_mm.datasets.layouts.ckplus import WRITERS

from .ckplus_trees import (
    FOLDERS,
    OFFICIAL,
    SEQUENCES,
    all_folds,
    image_path,
    label_path,
    samples,
    shown,
    write_folders,
    write_image,
    write_official,
)

WRITE = {'official': write_official, 'folders': write_folders}
SUBJECTS = sorted({name.split('_')[0] for name in SEQUENCES})


def paths(data: CKPlus) -> list[tuple[str, int]]:
    infos = [data.get_data_info(index) for index in range(len(data))]
    return [(info['img_path'], info['gt_label']) for info in infos]


def subjects(data: CKPlus) -> set[str]:
    return {name.split('_')[0] for name, _ in samples(data)}


# ---- classes ---------------------------------------------------------


def test_classes(tmp_path: Path) -> None:
    write_official(tmp_path)
    assert CKPlus(tmp_path).metainfo['classes'] == OFFICIAL[1:]
    assert CKPlus(tmp_path, neutral=True).metainfo['classes'] == OFFICIAL
    assert CKPlus.METAINFO['classes'] == OFFICIAL


def test_class_order(tmp_path: Path) -> None:
    write_official(tmp_path)
    order = ('Sad', 'joy', 'surprise', 'anger', 'fear', 'disgust', 'contempt')
    place = {1: 3, 2: 6, 3: 5, 4: 4, 5: 1, 6: 0, 7: 2}
    expected = sorted((name, place[label + 1]) for name, label in shown())
    assert all_folds(tmp_path, class_order=order) == expected


def test_class_order_without_contempt(tmp_path: Path) -> None:
    write_official(tmp_path)
    with pytest.raises(ValueError, match='does not name each of'):
        CKPlus(tmp_path, class_order='fer2013')


# ---- generated layouts -----------------------------------------------


@pytest.mark.parametrize('images', [1, 7])
@pytest.mark.parametrize('split', ['train', 'test'])
@pytest.mark.parametrize('name', [n for n in WRITERS if n != 'csv'])
def test_generated(tmp_path, name: str, split: str, images: int) -> None:
    found = WRITERS[name](tmp_path, images, 0)
    expected = [(f'{tmp_path}/{p}', n) for s, p, n in found if s == split]
    assert len(expected) >= 3
    assert paths(CKPlus(tmp_path, split)) == expected


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_generated_csv(tmp_path: Path, split: str) -> None:
    found = WRITERS['csv'](tmp_path, 2, 0)
    expected = [(f'{tmp_path}/{p}', n) for s, p, n in found if s == split]
    assert len(expected) == 14
    assert paths(CKPlus(tmp_path, split, fold=None)) == expected


def test_generated_images_differ(tmp_path: Path) -> None:
    for name in ('official', 'ck48'):
        WRITERS[name](tmp_path / name, 1, 0)
        files = list((tmp_path / name).rglob('*.png'))
        assert len({path.read_bytes() for path in files}) == len(files) > 40


# ---- frames ----------------------------------------------------------


@pytest.mark.parametrize('layout', WRITE)
@pytest.mark.parametrize('frames', [1, 2, 3])
def test_last_frames(tmp_path: Path, layout: str, frames: int) -> None:
    WRITE[layout](tmp_path)
    assert all_folds(tmp_path, frames=frames) == sorted(shown(frames))


def test_more_frames(tmp_path: Path) -> None:
    write_official(tmp_path)
    assert all_folds(tmp_path, frames=4) == sorted(shown(4))


def test_neutral_is_the_first_frame(tmp_path: Path) -> None:
    write_official(tmp_path)
    first = [(f'{name}_00000001', 0) for name in SEQUENCES]
    last = [(name, label + 1) for name, label in shown()]
    assert all_folds(tmp_path, neutral=True) == sorted(first + last)


def test_neutral_folder(tmp_path: Path, log) -> None:
    """Those of sequences without a label are taken too."""
    write_folders(tmp_path)
    extra = ['S005_001_00000001', 'S005_009_00000001', 'S777_001_00000001']
    for name in extra:
        write_image(tmp_path / 'Neutral' / f'{name}.png')
    assert all_folds(tmp_path) == sorted(shown())
    assert (
        f'{tmp_path}: 3 neutral frames are not used; neutral=True takes them'
        in log.notes
    )
    expected = [(name, label + 1) for name, label in shown()]
    expected += [(name, 0) for name in extra]
    assert all_folds(tmp_path, neutral=True) == sorted(expected)


def test_frames_are_numbers_not_places(tmp_path: Path) -> None:
    """Names are sorted by number, and a sequence may start late."""
    name = 'S130_013'
    write_official(tmp_path, {**SEQUENCES, name: (5, 12)})
    for frame in range(1, 8):
        image_path(tmp_path, name, frame).unlink()
    expected = [(f'{name}_{n:08d}', 4) for n in (10, 11, 12)]
    assert all_folds(tmp_path) == sorted(shown() + expected)


def test_a_group_is_a_subject(tmp_path: Path) -> None:
    write_official(tmp_path)
    data = CKPlus(tmp_path)
    for index in range(len(data)):
        info = data.get_data_info(index)
        assert Path(info['img_path']).name.startswith(info['group'] + '_')


# ---- where and how ---------------------------------------------------


@pytest.mark.parametrize('layout', WRITE)
@pytest.mark.parametrize('below', ['.', 'CK+', 'a/b'])
def test_root_or_two_above(tmp_path: Path, layout: str, below: str) -> None:
    WRITE[layout](tmp_path / below)
    assert all_folds(tmp_path) == sorted(shown())


def test_official_is_preferred_and_others_can_be_forced(tmp_path) -> None:
    write_official(tmp_path)
    write_folders(tmp_path / 'CK+48', {'S005_001': (3, 5), 'S1': (1, 3)})
    (tmp_path / 'CK+48' / 'anger').rename(tmp_path / 'CK+48' / 'x')
    assert all_folds(tmp_path) == sorted(shown())
    with pytest.raises(ValueError, match=r'CK\+48/x: unknown class folder'):
        CKPlus(tmp_path, layout='folders')


@pytest.mark.parametrize(
    'text',
    ['3', ' 3.0', '3.0000000e+00', '   3.0000000e+00\r\n', '\ufeff3.\n\n'],
)
def test_label_however_written(tmp_path: Path, text: str) -> None:
    write_official(tmp_path)
    path = label_path(tmp_path, 'S005_001')
    path.write_bytes(text.encode())
    assert all_folds(tmp_path) == sorted(shown())


def test_every_label_is_its_class(tmp_path: Path) -> None:
    names = {f'S{n:03d}_001': (n, 3) for n in range(1, 8)}
    write_official(tmp_path / 'a', names)
    write_folders(tmp_path / 'b', names)
    for place in 'ab':
        data = CKPlus(tmp_path / place, frames=1, num_folds=7)
        for name, label in samples(data):
            number = int(name[1:4])
            assert label == number - 1
            assert data.metainfo['classes'][label] == OFFICIAL[number]
            assert FOLDERS[label][:3] == OFFICIAL[number][:3].lower()


@pytest.mark.parametrize('layout', WRITE)
def test_litter_is_passed_over(tmp_path: Path, layout: str) -> None:
    WRITE[layout](tmp_path)
    for folder in [p for p in tmp_path.rglob('*') if p.is_dir()]:
        (folder / '.DS_Store').write_bytes(b'x')
        (folder / 'Thumbs.db').write_bytes(b'x')
    assert all_folds(tmp_path) == sorted(shown())


def test_sequences_without_label(tmp_path: Path, log) -> None:
    write_official(tmp_path)
    for name in ('S001_001', 'S005_002'):
        write_image(image_path(tmp_path, name, 1))
        (tmp_path / 'Emotion' / name.replace('_', '/')).mkdir(parents=True)
    write_image(image_path(tmp_path, 'S002_001', 1))
    assert all_folds(tmp_path) == sorted(shown())
    text = f'{tmp_path}/Emotion: 2 sequences have no label, and are not used'
    assert text in log.notes


def test_name_of_a_frame() -> None:
    assert parse_stem('S005_001_00000011') == ('S005', '001', 11)
    for wrong in ('S05_001_00000011', 's005_001_00000011', 'S005_001_11', ''):
        assert parse_stem(wrong) is None


# ---- folds -----------------------------------------------------------


@pytest.mark.parametrize('layout', WRITE)
@pytest.mark.parametrize('num_folds', [2, 3, 10])
def test_folds_are_disjoint_and_hold_everything(
    tmp_path: Path, layout: str, num_folds: int
) -> None:
    WRITE[layout](tmp_path)
    seen: set[str] = set()
    found = []
    for fold in range(num_folds):
        kwargs = dict(fold=fold, num_folds=num_folds)
        test = CKPlus(tmp_path, 'test', **kwargs)
        train = CKPlus(tmp_path, 'train', **kwargs)
        assert not subjects(train) & subjects(test)
        assert sorted(samples(train) + samples(test)) == sorted(shown())
        assert not subjects(test) & seen
        seen |= subjects(test)
        found += samples(test)
    assert sorted(seen) == SUBJECTS
    assert sorted(found) == sorted(shown())


@pytest.mark.parametrize('seed', [0, 1])
@pytest.mark.parametrize('fold', range(3))
def test_a_fold_is_the_same_whatever_is_read(
    tmp_path: Path, fold: int, seed: int
) -> None:
    write_official(tmp_path / 'a')
    write_folders(tmp_path / 'b')
    kwargs = dict(fold=fold, num_folds=3, seed=seed, split='test')
    own = subjects(CKPlus(tmp_path / 'a', **kwargs))
    for options in (dict(frames=1), dict(neutral=True), dict(frames=4)):
        assert subjects(CKPlus(tmp_path / 'a', **kwargs, **options)) == own
    assert subjects(CKPlus(tmp_path / 'b', **kwargs)) == own


def test_folds_are_about_equal_and_chosen_by_the_seed(tmp_path) -> None:
    """Ten subjects, two of them twice: 12 sequences, four in each fold."""
    write_official(tmp_path)
    choices = set()
    for seed in range(4):
        folds = [
            CKPlus(tmp_path, 'test', fold=fold, num_folds=3, seed=seed)
            for fold in range(3)
        ]
        assert [len(data) for data in folds] == [12, 12, 12]
        choices.add(frozenset(subjects(folds[0])))
    assert len(choices) > 1


def test_the_log_names_the_subjects(tmp_path: Path, log) -> None:
    write_official(tmp_path)
    data = CKPlus(tmp_path, 'test', fold=4)
    [name] = subjects(data)
    text = f'fold 4 of 10 (seed 0): test is 1 of 10 subjects: {name}'
    assert text in log.notes
    assert data.layout == f'{tmp_path}, fold 4 of 10'


@pytest.mark.parametrize('ratio', [0.1, 0.5])
def test_val_is_whole_subjects_of_train(tmp_path: Path, ratio: float) -> None:
    write_official(tmp_path)
    whole = CKPlus(tmp_path)
    train, val, test = (
        CKPlus(tmp_path, split, val_ratio=ratio)
        for split in ('train', 'val', 'test')
    )
    assert sorted(samples(train) + samples(val)) == sorted(samples(whole))
    assert subjects(train) and subjects(val)
    assert not subjects(train) & subjects(val)
    assert samples(test) == samples(CKPlus(tmp_path, 'test'))


# ---- ckextended.csv --------------------------------------------------


def read_pixels(path: Path, row: int) -> np.ndarray:
    line = path.read_text().splitlines()[1 + row]
    values = [int(word) for word in line.split(',')[1].split()]
    return np.array(values).reshape(48, 48)


@pytest.mark.parametrize('cached', [False, True])
def test_images_of_the_csv(tmp_path: Path, cached: bool) -> None:
    WRITERS['csv'](tmp_path, 1, 0)
    if cached:
        len(CKPlus(tmp_path, 'test', fold=None))
    data = CKPlus(tmp_path, 'test', fold=None)
    for index in range(len(data)):
        info = data.get_data_info(index)
        name, _, row = info['img_path'].rpartition('#')
        assert info['row'] == int(row)
        expected = read_pixels(Path(name), info['row'])
        assert expected.any()
        assert (info['img'] == expected).all()
        assert 'group' not in info


def test_emotions_of_the_csv(tmp_path: Path) -> None:
    """FER2013's order, then contempt."""
    names = 'Anger Disgust Fear Happy Sad Surprise Neutral Contempt'.split()
    write_rows(tmp_path, [f'{n},@,Training' for n in range(8)])
    data = CKPlus(tmp_path, fold=None, neutral=True)
    found = [data.metainfo['classes'][label] for _, label in samples(data)]
    assert found == names
    data = CKPlus(tmp_path, fold=None)
    found = [data.metainfo['classes'][label] for _, label in samples(data)]
    assert found == [name for name in names if name != 'Neutral']


def write_rows(root: Path, rows: list[str]) -> Path:
    """Rows in which @ is 48x48 pixels."""
    pixels = ' '.join(str(n % 256) for n in range(48 * 48))
    path = root / 'ckextended.csv'
    lines = [row.replace('@', pixels) for row in rows]
    path.write_text('\n'.join(['emotion,pixels,Usage', *lines, '']))
    return path


def test_neutral_rows_are_counted(tmp_path: Path, log) -> None:
    path = write_rows(tmp_path, ['6,@,Training', '0,@,Training'])
    assert len(CKPlus(tmp_path, fold=None)) == 1
    text = f'{path}: 1 neutral rows are not used; neutral=True takes them'
    assert text in log.notes


def test_the_csv_is_labelled(tmp_path: Path, log) -> None:
    WRITERS['csv'](tmp_path, 1, 0)
    data = CKPlus(tmp_path, fold=None)
    assert data.fingerprint
    assert data.layout == (
        f'{tmp_path}/ckextended.csv, Usage, not subject-disjoint'
    )
    assert any('is not subject-disjoint' in text for text in log.warnings)


# ---- counts ----------------------------------------------------------


def test_published_counts() -> None:
    assert ckplus.SEQUENCES == (45, 18, 59, 25, 69, 28, 83)
    assert sum(ckplus.SEQUENCES) == 327
    assert 3 * sum(ckplus.SEQUENCES) == 981
    assert sum(ckplus.ROWS) == 920
    assert sum(ckplus.ROWS) - ckplus.ROWS[0] - ckplus.ROWS[2] == 309


COUNTS = {
    '7 classes': (dict(), '36 images (6/6/6/6/3/3/6)', '981 (135/54/177/75'),
    '1 frame': (dict(frames=1), '12 images (2/2/2/2/1/1/2)', '327 (45/18/59'),
    'neutral': (
        dict(neutral=True),
        '48 images (12/6/6/6/6/3/3/6)',
        '1308 (327/135/54/177/75/207/84/249)',
    ),
}


@pytest.mark.parametrize('case', COUNTS)
@pytest.mark.parametrize('split', ['train', 'test'])
def test_unexpected_counts(tmp_path: Path, log, case: str, split) -> None:
    write_official(tmp_path)
    kwargs, found, published = COUNTS[case]
    len(CKPlus(tmp_path, split, **kwargs))
    [warning] = log.warnings
    assert f'all folds together has {found}, published are ' in warning
    assert f'published are {published}' in warning


def test_expected_counts(tmp_path: Path, log, monkeypatch) -> None:
    monkeypatch.setattr(ckplus, 'SEQUENCES', (2, 2, 2, 2, 1, 1, 2))
    write_official(tmp_path)
    for options in (dict(), dict(frames=2), dict(neutral=True)):
        len(CKPlus(tmp_path, **options))
    assert log.warnings == []


# ---- indexes that are kept -------------------------------------------


@pytest.mark.parametrize('layout', WRITE)
def test_second_opening(tmp_path: Path, layout: str, log) -> None:
    WRITE[layout](tmp_path)
    first = samples(CKPlus(tmp_path))
    said = list(log)
    log.clear()
    assert samples(CKPlus(tmp_path)) == first
    assert list(log) == said


def test_a_changed_label_is_seen(tmp_path: Path) -> None:
    write_official(tmp_path)
    assert all_folds(tmp_path) == sorted(shown())
    label_path(tmp_path, 'S005_001').write_text('   6.0000000e+00\n ')
    found = dict(all_folds(tmp_path))
    assert found['S005_001_00000005'] == 5


@pytest.mark.parametrize('layout', WRITE)
def test_a_new_frame_is_seen(tmp_path: Path, layout: str) -> None:
    WRITE[layout](tmp_path)
    assert len(all_folds(tmp_path)) == 36
    if layout == 'official':
        write_image(image_path(tmp_path, 'S005_001', 6))
    else:
        write_image(tmp_path / 'disgust' / 'S005_001_00000006.png')
    found = [n for n, _ in all_folds(tmp_path) if n.startswith('S005_001')]
    assert found == [f'S005_001_{n:08d}' for n in (4, 5, 6)]


def test_options_have_indexes_of_their_own(tmp_path: Path) -> None:
    write_official(tmp_path)
    found = [
        tuple(samples(CKPlus(tmp_path, 'test', **options)))
        for _ in range(2)
        for options in (
            dict(),
            dict(fold=1),
            dict(num_folds=5),
            dict(frames=2),
            dict(neutral=True),
        )
    ]
    assert found[:5] == found[5:]
    assert len(set(found)) == 5


def test_built_from_a_config(tmp_path: Path) -> None:
    write_official(tmp_path)
    data = DATASETS.build(
        dict(
            type='CKPlus',
            data_root=str(tmp_path),
            split='test',
            fold=2,
            pipeline=[dict(type='LoadImageFromFile')],
        )
    )
    assert isinstance(data, CKPlus)
    assert data[0]['img'].shape == (8, 9, 3)
