"""JAFFE keeps the contract; its names, folds and counts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import JAFFE
from csgresnet_mm.datasets.layouts.jaffe import WRITERS

from .contract import Bad, DatasetContract, Layout
from .contract.edits import image, remove, rewrite
from .contract.suite import seen

CODES = 'AN DI FE HA NE SA SU'.split()
SUBJECTS = 'KA KL KM KR MK NA NM TM UY YM'.split()
FLAT = ('official', 'jpg', 'png')
NO_NAME = 'the name does not say whose face it is; expected KA.AN1.39: subjec'
NAMES = {
    'no name of the set': 'face.png',
    'no take': 'KA.AN.39.tiff',
    'no number': 'KA.AN1.tiff',
    'an altered copy': 'KA.AN1.39_flip.tiff',
    'two suffixes': 'KA.AN1.39.tiff.jpg',
    'lower case': 'ka.an1.39.tiff',
    'three letters': 'KAA.AN1.39.tiff',
}


class TestJAFFE(DatasetContract):
    kind = JAFFE
    classes = tuple('Angry Disgust Fear Happy Neutral Sad Surprise'.split())
    layouts = {
        name: Layout(write, 'official', folds=True)
        for name, write in WRITERS.items()
    }
    options = (
        dict(fold=3),
        dict(num_folds=3),
        dict(seed=1),
        dict(val_ratio=0.3),
    )
    arguments = {
        'fold': (dict(fold=10), 'fold=10 is not in 0..9 (num_folds=10)'),
        'no fold': (dict(fold=None), 'fold=None is not in 0..9'),
        'folds': (dict(num_folds=0), 'num_folds=0 is not a whole number of 2'),
        'val': (dict(split='val'), 'no validation split; set val_ratio'),
    }
    bad = {
        **{
            f'{case}{at}': Bad(
                image(f'{at}{name}'),
                f'{{root}}/{at}{name}: {NO_NAME}',
                'bad name',
                layouts=layouts,
            )
            for case, name in NAMES.items()
            for at, layouts in (('', FLAT), ('angry/', ('class-folders',)))
        },
        'unknown expression': Bad(
            image('KA.CO1.300.tiff'),
            "{root}/KA.CO1.300.tiff: expression 'CO' is unknown; expected "
            'one of AN, DI, FE, HA, NE, SA, SU',
            'unknown class',
            layouts=FLAT,
        ),
        'two files of an image': Bad(
            image('KA.AN1.1.webp'),
            '{root}/KA.AN1.1.webp: the same image as {root}/KA.AN1.1.',
            'duplicate entry',
            layouts=FLAT,
        ),
        'converted copies': Bad(
            image('converted/KA.AN1.1.webp', 'converted/KL.DI1.2.webp'),
            '{root}/converted/KA.AN1.1.webp: the same image as {root}/KA.AN1.',
            'duplicate entry',
            count=2,
            layouts=FLAT,
        ),
        **{
            f'{name} in {folder}': Bad(
                image(f'{folder}/KA.{name[:2].upper()}3.300.jpg'),
                f'.300.jpg: {name} by its name, but its folder is {folder!r}',
                'labels disagree',
                layouts=('class-folders',),
            )
            for name, folder in (('Sad', 'happy'), ('Fear', 'surprise'))
        },
        'fewer subjects than folds': Bad(
            remove('NA.*'),
            'num_folds=10 is not in 2..9, the number of subjects',
            layouts=FLAT,
        ),
    }

    def group(self, path: str) -> str:
        return Path(path).name[:2]


def everything(root: Path, **options) -> list[tuple[str, int]]:
    """Train and test together, with names for paths."""
    both = [JAFFE(root, split, **options) for split in ('train', 'test')]
    return sorted((Path(p).name, n) for data in both for p, n in seen(data))


@pytest.mark.parametrize('suffix', ['.tif', '.TIFF', '.bmp', '.webp'])
@pytest.mark.parametrize('folder', ['.', 'KA', 'test', 'train/Angry', 'ANGRY'])
def test_any_suffix_and_folder(tmp_path: Path, suffix, folder: str) -> None:
    """Their own names say all."""
    WRITERS['official'](tmp_path, 4, 0)
    found = everything(tmp_path)
    for path in sorted(tmp_path.glob('*.AN*')):
        rewrite(tmp_path / folder / f'{path.stem}{suffix}', path.read_bytes())
        path.unlink()
    found = [(Path(name).stem, label) for name, label in found]
    again = everything(tmp_path)
    assert [(Path(name).stem, label) for name, label in again] == found


def test_an_image_in_a_new_folder_is_seen(tmp_path: Path) -> None:
    WRITERS['official'](tmp_path, 4, 0)
    (tmp_path / 'more').mkdir()
    found = everything(tmp_path)
    image('more/KA.SU3.300.tiff')(tmp_path)
    assert everything(tmp_path) == sorted([*found, ('KA.SU3.300.tiff', 6)])


def test_published_counts(tmp_path: Path, log) -> None:
    """213 images; a warning of another number, with all seven counts."""
    WRITERS['official'](tmp_path, 4, 0)
    assert len(everything(tmp_path)) == 28
    message = (
        f'JAFFE {tmp_path}: all folds together has 28 images '
        '(4/4/4/4/4/4/4), published are 213 (30/29/32/31/30/31/30); order '
        'Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise'
    )
    assert log.warnings == [message, message]


def test_the_whole_set_is_not_warned_of(tmp_path: Path, log) -> None:
    counts = dict(zip(CODES, (30, 29, 32, 31, 30, 31, 30), strict=True))
    for number, code in enumerate(
        c for c, n in counts.items() for _ in [0] * n
    ):
        name = f'{SUBJECTS[number % 10]}.{code}1.{number}.tiff'
        rewrite(tmp_path / name, b'x')
    assert len(everything(tmp_path)) == 213
    assert log.warnings == []


@pytest.mark.parametrize('edit', [remove('NA.*'), image('ZZ.AN1.300.tiff')])
def test_another_number_of_subjects(tmp_path: Path, log, edit) -> None:
    WRITERS['official'](tmp_path, 4, 0)
    edit(tmp_path)
    names = sorted({path.name[:2] for path in tmp_path.iterdir()})
    JAFFE(tmp_path, num_folds=9)
    message = f'{len(names)} subjects ({", ".join(names)}); JAFFE has 10'
    assert f'{tmp_path}: {message}' in log.warnings


def test_what_is_no_image_of_it_is_passed_over(tmp_path: Path) -> None:
    WRITERS['official'](tmp_path, 4, 0)
    found = everything(tmp_path)
    image('figures/plot.png')(tmp_path)
    rewrite(tmp_path / 'README_FIRST.txt', 'x')
    assert everything(tmp_path) == found
    assert seen(JAFFE(tmp_path)) == sorted(seen(JAFFE(tmp_path)))


def slow_name(stem: str) -> tuple[str, int] | None:
    """Subject and label, character by character."""
    parts = stem.split('.')
    if len(parts) != 3 or len(parts[0]) != 2 or parts[1][:2] not in CODES:
        return None
    digits = parts[1][2:], parts[2]
    if not all(part and set(part) <= set('0123456789') for part in digits):
        return None
    if not all('A' <= letter <= 'Z' for letter in parts[0]):
        return None
    return parts[0], CODES.index(parts[1][:2])


STEMS = st.text('KANSUE.019_a٣', max_size=12) | st.text(
    st.characters(exclude_characters='/\0', exclude_categories=['Cs']),
    max_size=12,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(STEMS, max_size=30))
def test_any_names(stems: list[str]) -> None:
    good = [f'{subject}.AN1.{n}' for n, subject in enumerate(SUBJECTS)]
    stems = [stem for stem in stems if not stem.startswith(('.', '~$'))]
    want = sorted(
        (f'{stem}.png', found[1])
        for stem in {*good, *stems}
        if (found := slow_name(stem))
    )
    with tempfile.TemporaryDirectory() as folder:
        for stem in {*good, *stems}:
            (Path(folder) / f'{stem}.png').write_bytes(b'x')
        options = dict(cache=False, num_folds=2, on_error='skip')
        assert everything(Path(folder), **options) == want
