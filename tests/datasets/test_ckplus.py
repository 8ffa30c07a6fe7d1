"""CK+ keeps the contract; its frames, folds and table of arrays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import CKPlus, DatasetError
from csgresnet_mm.datasets.layouts.ckplus import WRITERS

from .contract import Bad, DatasetContract, Edit, Layout
from .contract.edits import (
    append,
    copy,
    each,
    image,
    keep,
    move,
    remove,
    rename,
    replace,
    rewrite,
    text,
)
from .contract.suite import of, seen

CLASSES = 'Anger Contempt Disgust Fear Happy Sad Surprise'.split()
FOLDERS = 'anger contempt disgust fear happy sadness surprise'.split()
LIST = 'ckextended.csv'
FRAMES = 'cohn-kanade-images/S014/001/S014_001_0000000'
"""Of a sequence of six frames that shows disgust."""
LABEL = 'Emotion/S014/001/S014_001_00000006_emotion.txt'
IN_ALL = ('official', 'ck48', 'class-folders')
PIXELS = ' '.join(str(n % 256) for n in range(48 * 48))
NO_FIELD = 'one number is expected, such as 3.0000000e+00'
LABELS = {  # what a label file holds, the message, as what it is counted
    b'': (f"0 fields ''; {NO_FIELD}", 'wrong number of fields'),
    b'  3.0  4.0\n': (f"2 fields '3.0 4.0'; {NO_FIELD}", 'wrong number of'),
    b'3.0\n3.0\n': ("2 fields '3.0 3.0'", 'wrong number of fields'),
    **{
        label.encode(): (
            f'label {label!r} is not a whole number',
            'label not an integer',
        )
        for label in 'happy 3.5000000e+00 nan inf 0_3 0x3 ٣ 3,0'.split()
    },
    **{
        label.encode(): (
            f'label {label!r} is outside 1..7 (0, neutral, is no',
            'label out of range',
        )
        for label in '0.0000000e+00 8.0000000e+00 -3.0000000e+00 3e99'.split()
    },
    b'\xff\xfe3': ('not UTF-8 text (byte 0 is 0xff)', 'not text'),
}
LABELS[b'  3.0  4.0\n'] = (LABELS[b'  3.0  4.0\n'][0], LABELS[b''][1])
ROWS = {  # a row, its message, and as what it is counted
    '8,@,Training': ('emotion 8 is outside 0..7', 'label out of range'),
    '1.5,@,Training': (
        "emotion '1.5' is not an integer",
        'label not an integer',
    ),
    '1,@': ('2 fields', 'wrong number of fields'),
    '1,@,Training,x': ('4 fields', 'wrong number of fields'),
    '1,1 2 3,Training': (
        '3 pixels; expected 2304 (48x48)',
        'wrong number of pixels',
    ),
    '1,@x,Training': ('expected an integer in 0..255', 'bad pixel'),
    '1,@,Tester': (
        "Usage 'Tester' is unknown; expected one of",
        'unknown Usage',
    ),
}


def official(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    return Bad(edit, error, cause, **{'layouts': ['official'], **more})


def folders(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    return Bad(edit, error, cause, **{'layouts': ['class-folders'], **more})


def table(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    return Bad(edit, error, cause, **{'layouts': ['csv'], **more})


SEQUENCE = dict(lost=['S014_001'], moves=True)


class TestCKPlus(DatasetContract):
    kind = CKPlus
    classes = CLASSES
    layouts = {
        'official': Layout(
            WRITERS['official'],
            'official',
            relabel=(LABEL, '3.0000000e+00', '5.0000000e+00'),
            ordered=True,
            folds=True,
        ),
        'ck48': Layout(
            WRITERS['ck48'], 'folders', ordered=True, folds=True, below=('a',)
        ),
        'class-folders': Layout(
            WRITERS['class-folders'], 'folders', ordered=True, folds=True
        ),
        'csv': Layout(
            WRITERS['csv'],
            'csv',
            options=dict(fold=None),
            lists=[LIST],
            relabel=(LIST, '\n0,', '\n1,'),
            ordered=True,
            splits_off=False,
            rows=True,
        ),
    }
    apart = ('a', 'b')
    orders = ('ferplus', 'affectnet', 'ckplus')
    options = (
        dict(fold=1),
        dict(num_folds=5),
        dict(frames=2),
        dict(neutral=True),
        dict(val_ratio=0.4),
    )
    arguments = {
        **{
            f'fold {fold}': (
                dict(fold=fold),
                f'fold={fold!r} is not in 0..9 (num_folds=10)',
            )
            for fold in (-1, 10, '1', True)
        },
        'fold of fewer': (dict(fold=3, num_folds=3), 'fold=3 is not in 0..2'),
        'one fold': (
            dict(num_folds=1),
            'num_folds=1 is not a whole number of 2 or more',
        ),
        **{
            f'frames {frames}': (
                dict(frames=frames),
                f'frames={frames!r} is not a whole number of 1 or more',
            )
            for frames in (0, '3', True)
        },
        'layouts': (
            dict(layout='avi'),
            "expected 'auto', 'official', 'folders', 'csv'",
        ),
        'eight classes in the order of folders': (
            dict(neutral=True, classes=sorted([*CLASSES, 'Neutral'])),
            'are those of CKPlus in another order',
        ),
        'order without contempt': (
            dict(class_order='fer2013'),
            'does not name each of',
        ),
        'val': (dict(split='val'), 'no validation split; set val_ratio'),
    }
    bad = {
        **{
            f'label {data!r}': official(
                text(LABEL, data),
                f'{{root}}/{LABEL}: ...{message}',
                cause,
                **SEQUENCE,
            )
            for data, (message, cause) in LABELS.items()
        },
        'two labels': official(
            text(LABEL.replace('06', '05'), '2.0000000e+00'),
            '{root}/Emotion/S014/001: 2 labels: S014_001_00000005_emotion.txt,'
            ' S014_001_00000006_emotion.txt; one is expected',
            'duplicate entry',
            **SEQUENCE,
        ),
        **{
            f'label of name {name}': official(
                move(LABEL, f'Emotion/S014/001/{name}'),
                f'{{root}}/Emotion/S014/001/{name}: expected a name '
                'S014_001_<frame>_emotion.txt in this folder',
                'bad name',
                **SEQUENCE,
            )
            for name in (
                'S022_001_00000004_emotion.txt',
                'S014_001_emotion.txt',
            )
        },
        'no frames': official(
            remove('cohn-kanade-images/S014/001'),
            f'{{root}}/{LABEL}: its frame S014_001_00000006.png is missing; '
            '{root}/cohn-kanade-images/S014/001 holds 0 frames',
            'missing image',
            **SEQUENCE,
        ),
        'no labelled frame': official(
            remove(f'{FRAMES}6.png'),
            'its frame S014_001_00000006.png is missing; ',
            'missing image',
            **SEQUENCE,
        ),
        **{
            f'frame named {name}': official(
                image(f'cohn-kanade-images/S014/001/{name}.png'),
                f'001/{name}.png: the name does not say whose frame it is; '
                'expected S014_001_<frame>.png in this folder',
                'bad name',
            )
            for name in (
                'S014_002_00000003',
                'S022_001_00000009',
                'S014_001_9',
                'face',
                'S014_001_00000009_flip',
                'S014_001_00000009 (1)',
            )
        },
        'two files of a frame': official(
            image(f'{FRAMES}6.webp'),
            f'{FRAMES}6.webp: the same frame as {{root}}/{FRAMES}6.png',
            'duplicate entry',
        ),
        'too few frames': official(
            remove(f'{FRAMES}[1-4].png'),
            f'{FRAMES}5.png: the sequence S014_001 has 2 frames of its '
            'expression, frames=3 are expected',
            'missing image',
            lost=['S014_001_00000004'],
        ),
        'labels not unpacked': official(
            each(remove('Emotion'), text('Emotion_labels.zip', b'PK')),
            "the nearest known layout is 'official': cohn-kanade-images/..."
            'Emotion/S005/001/*_emotion.txt...not unpacked: {root}/Emotion_lab'
            'els.zip: unpack',
        ),
        'no label': official(remove('Emotion/S0*'), 'is empty'),
        **{
            f'folds of {layout}': Bad(
                text('x', ''),
                'num_folds=13 is not in 2..12, the number of subjects',
                options=dict(num_folds=13),
                layouts=[layout],
            )
            for layout in IN_ALL
        },
        'no folds': Bad(
            text('x', ''),
            'fold=None is for ckextended.csv; here',
            options=dict(fold=None),
            layouts=IN_ALL,
        ),
        # class folders
        **{
            f'{lost} of three frames': folders(
                remove(f'disgust/S014_001_0000000[4-{3 + lost}].png'),
                f'the sequence S014_001 has {3 - lost} frames of its '
                'expression, frames=3 are expected',
                'missing image',
                count=lost,
                lost=[f'S014_001_0000000{n}' for n in range(4, 4 + lost)],
            )
            for lost in (1, 2)
        },
        'unknown class folder': folders(
            image('boredom/S014_001_00000001.png'),
            '{root}/boredom: unknown class folder with 1 images; the clas',
            'unknown class folder',
        ),
        **{
            f'name {name}': folders(
                image(f'happy/{name}'),
                f'{{root}}/happy/{name}: the name does not say whose frame it '
                'is; expected S005_001_00000011: subject, sequence, frame',
                'bad name',
            )
            for name in (
                'im0.png',
                'PublicTest_1.jpg',
                'S14_1_8.png',
                'S014_001.png',
            )
        },
        'sequence in two classes': folders(
            image('happy/S014_001_00000007.png'),
            '{root}/happy/S014_001_00000007.png: the same sequence as {root}/'
            'disgust/S014_001_00000004.png, in the folder of another class',
            'labels disagree',
            count=4,
            **SEQUENCE,
        ),
        'two folders of a class': folders(
            image('joy/S014_001_00000001.png'),
            "'happy' and 'joy' are both the class 'Happy'",
        ),
        'numbered and named': folders(
            image('3/S014_001_00000001.png'),
            'numbered and named class folders are mixed',
        ),
        'numbered': folders(
            rename({n: str(i) for i, n in enumerate(FOLDERS)}),
            '{root}: no CKPlus found here. It holds 0/, 1/',
        ),
        'no neutral': folders(
            text('x', ''),
            '{root}: neutral=True, but no class folder is neutral',
            options=dict(neutral=True),
        ),
        'four frames of three': folders(
            text('x', ''),
            'has 3 frames of its expression, frames=4 are expected',
            'missing image',
            count=14,
            options=dict(frames=4),
        ),
        'another layout': folders(
            text('x', ''),
            "nearest known layout is 'official'",
            options=dict(layout='official'),
        ),
        # the table
        **{
            f'fold {fold} of rows': table(
                text('x', ''),
                '{list}: names no subjects, so folds of subjects cannot be '
                f'made (fold={fold}); fold=None takes the split of its Usage '
                'column, which is not subject-disjoint',
                options=dict(fold=fold),
            )
            for fold in (0, 3)
        },
        'val_ratio of rows': table(
            text('x', ''),
            "{list}: holds a validation split, split='val'; leave "
            'val_ratio=0.1 out',
            options=dict(val_ratio=0.1),
        ),
        'frames of rows': table(
            text('x', ''),
            "{root}: frames=1 is for the layout 'official' or 'folders'; ",
            options=dict(frames=1),
        ),
        **{
            f'row {row}': table(
                append(LIST, row.replace('@', PIXELS)),
                f'{{list}}, line 98: ...{message}',
                cause,
            )
            for row, (message, cause) in ROWS.items()
        },
        **{
            f'header {header}': table(
                replace(LIST, 'emotion,pixels,Usage', header),
                f'{{list}}, line 1: header is ..., without {missing}',
            )
            for header, missing in (
                ('emotion,pixels', 'usage'),
                ('pixels,Usage', 'emotion'),
            )
        },
        'no header': table(
            replace(LIST, 'emotion,pixels,Usage\n', ''),
            "{list}, line 1: header is '0,",
        ),
        'no row of test': table(
            keep(LIST, 'emotion|Training'),
            "the split 'test' is empty",
            splits=['test'],
        ),
    }
    test_missing_image = None  # each layout has its own message

    def group(self, path: str) -> str:
        return '' if '#' in path else Path(path).name[:4]

    def unit(self, path: str) -> str:
        return Path(path).name[:8]


def everything(root: Path, **options) -> list[tuple[str, int]]:
    """Train and test together, with names for paths."""
    both = [CKPlus(root, split, **options) for split in ('train', 'test')]
    return sorted((Path(p).stem, n) for data in both for p, n in seen(data))


# ---- frames ----------------------------------------------------------


@pytest.fixture
def frames(tmp_path: Path) -> dict[str, tuple[int, list[int]]]:
    """Sequence to its label and its frames, of a release at tmp_path."""
    found = WRITERS['official'](tmp_path, 4, 0)
    labels = {Path(path).name[:8]: label for _, path, label in found}
    return {
        name: (
            label,
            sorted(
                int(path.stem[9:]) for path in tmp_path.rglob(f'{name}_*.png')
            ),
        )
        for name, label in labels.items()
    }


def last(frames: dict, count: int, more: int = 0) -> list[tuple[str, int]]:
    """The last frames of every sequence, with labels so much higher."""
    return sorted(
        (f'{name}_{number:08d}', label + more)
        for name, (label, numbers) in frames.items()
        for number in numbers[-count:]
    )


@pytest.mark.parametrize('count', [1, 2, 3, 4])
def test_last_frames(tmp_path: Path, frames, count: int) -> None:
    assert everything(tmp_path, frames=count) == last(frames, count)
    if count < 4:
        WRITERS['ck48'](tmp_path / 'ck', 4, 0)
        found = everything(tmp_path / 'ck', frames=count)
        assert found == last(frames, count)


def test_neutral_is_the_first_frame(tmp_path: Path, frames) -> None:
    first = [(f'{name}_00000001', 0) for name in frames]
    found = everything(tmp_path, neutral=True)
    assert found == sorted(first + last(frames, 3, 1))
    names = CKPlus(tmp_path, neutral=True).metainfo['classes']
    assert list(names) == ['Neutral', *CLASSES]
    remove(f'{FRAMES}[123].png')(tmp_path)
    message = (
        'the first frame of S014_001 is one of its last 3, so none is neut'
    )
    with pytest.raises(DatasetError, match=message):
        CKPlus(tmp_path, neutral=True)
    found = everything(tmp_path, neutral=True, on_error='skip')
    first = [item for item in first if 'S014' not in item[0]]
    assert found == sorted(first + last(frames, 3, 1))


def test_neutral_folder(tmp_path: Path, log) -> None:
    """Those of sequences without a label are taken too."""
    WRITERS['class-folders'](tmp_path, 4, 0)
    found = everything(tmp_path)
    extra = 'S005_001_00000001 S005_009_00000001 S777_001_00000001'.split()
    image(*(f'Neutral/{name}.png' for name in extra))(tmp_path)
    assert everything(tmp_path) == found
    message = '3 neutral frames are not used; neutral=True takes them'
    assert f'{tmp_path}: {message}' in log.notes
    every = [(name, label + 1) for name, label in found]
    every += [(name, 0) for name in extra]
    assert everything(tmp_path, neutral=True) == sorted(every)


ODD: dict[str, tuple[Edit, str, list[int]]] = {
    'late start': (
        remove(f'{FRAMES}1.png'),
        'the first frame is not number 1',
        [4, 5, 6],
    ),
    'gap': (
        remove(f'{FRAMES}5.png'),
        'frame numbers are left out',
        [3, 4, 6],
    ),
    'longer': (
        each(image(f'{FRAMES}7.png'), image(f'{FRAMES[:-1]}10.png')),
        'the labelled frame is not the last',
        [6, 7, 10],
    ),
    'empty before': (text(f'{FRAMES}3.png', b''), '', [4, 5, 6]),
    'no oddity': (text('x', b''), '', [4, 5, 6]),
}


@pytest.mark.parametrize('case', ODD)
def test_odd_sequences_are_counted(tmp_path, frames, log, case) -> None:
    """The release may have such: a warning, and the last by number."""
    edit, message, numbers = ODD[case]
    edit(tmp_path)
    frames['S014_001'] = 2, numbers
    assert everything(tmp_path) == last(frames, 3)
    odd = f'{tmp_path}: {message} in 1 sequences (first: S014_001)'
    assert (odd in log.warnings) == bool(message)
    assert message or not any('sequences (' in text for text in log.warnings)
    message = (
        f'{tmp_path}/Emotion: 1 sequences have no label, and are not used'
    )
    assert message in log.notes


@pytest.mark.parametrize('label', ['3', ' 3.0', '\t3e+00\r\n', '\ufeff3.\n\n'])
def test_label_however_written(tmp_path: Path, frames, label: str) -> None:
    rewrite(tmp_path / LABEL, label)
    assert everything(tmp_path) == last(frames, 3)


def test_a_frame_in_two_classes(tmp_path: Path, log) -> None:
    WRITERS['class-folders'](tmp_path, 4, 0)
    found = everything(tmp_path)
    name = 'S014_001_00000006'
    image(f'happy/{name}.png')(tmp_path)
    message = (
        f'{tmp_path}/happy/{name}.png: the same frame as {tmp_path}/disgust'
    )
    with pytest.raises(DatasetError, match=message):
        CKPlus(tmp_path)
    kept = everything(tmp_path, on_error='skip')
    assert kept == [item for item in found if item[0] != name]
    assert any(
        f'1 labels disagree (first: {message}' in t for t in log.warnings
    )


def test_division_of_class_folders(tmp_path: Path) -> None:
    """Read as one; a frame in both is reported."""
    WRITERS['class-folders'](tmp_path / 'train', 4, 0)
    copy('train', 'test')(tmp_path)
    with pytest.raises(DatasetError, match=r'_00000003.png: the same frame'):
        CKPlus(tmp_path)


def test_order_of_folders_moves_no_label(tmp_path: Path) -> None:
    """'Surprise' sorts before 'anger'."""
    WRITERS['class-folders'](tmp_path, 4, 0)
    found = everything(tmp_path)
    rename({'surprise': 'Surprise', 'sadness': 'Sad'})(tmp_path)
    assert everything(tmp_path) == found


def test_official_is_preferred(tmp_path: Path, frames) -> None:
    WRITERS['ck48'](tmp_path, 4, 0)
    move('CK+48/anger', 'CK+48/x')(tmp_path)
    assert everything(tmp_path) == last(frames, 3)
    with pytest.raises(DatasetError, match=r'CK\+48/x: unknown class folder'):
        CKPlus(tmp_path, layout='folders')


@pytest.mark.parametrize('fold', range(3))
@pytest.mark.parametrize('seed', [0, 1])
def test_a_fold_is_the_same_whatever_is_read(tmp_path, fold, seed) -> None:
    WRITERS['official'](tmp_path / 'a', 4, 0)
    WRITERS['ck48'](tmp_path / 'b', 4, 0)
    options = dict(fold=fold, num_folds=3, seed=seed, split='test')

    def subjects(place: str, **more) -> set[str]:
        data = CKPlus(tmp_path / place, **options, **more)
        return {Path(path).name[:4] for path, _ in seen(data)}

    own = subjects('b')
    for more in ({}, dict(frames=1), dict(neutral=True), dict(frames=4)):
        assert subjects('a', **more) == own


# ---- counts ----------------------------------------------------------

COUNTS = {
    '7 classes': ({}, '42 images (6/6/6/6/6/6/6)', '981 (135/54/177/75'),
    '1 frame': (dict(frames=1), '14 images (2/2', '327 (45/18/59/25/69'),
    'neutral': (
        dict(neutral=True),
        '56 images (14/6/6/6/6/6/6/6)',
        '1308 (327/135/54/177/75/207/84/249)',
    ),
}


@pytest.mark.parametrize('case', COUNTS)
def test_unexpected_counts(tmp_path: Path, frames, log, case: str) -> None:
    options, found, published = COUNTS[case]
    for split in ('train', 'test'):
        log.clear()
        CKPlus(tmp_path, split, **options)
        [message] = log.warnings
        assert f'all folds together has {found}' in message
        assert f'published are {published}' in message


def test_the_whole_set_is_not_warned_of(tmp_path: Path, log) -> None:
    counts = dict(zip(CLASSES, (45, 18, 59, 25, 69, 28, 83), strict=True))
    own = [name for name, count in counts.items() for _ in range(count)]
    for number, name in enumerate(own):
        stem = f'S{number % 118:03d}_{number // 118:03d}'
        for frame in (1, 2, 3):
            rewrite(tmp_path / name / f'{stem}_{frame:08d}.png', b'x')
    assert len(everything(tmp_path)) == 981
    assert log.warnings == []


# ---- the table -------------------------------------------------------


@pytest.mark.parametrize('cached', [False, True])
def test_images_of_the_table(tmp_path: Path, cached: bool) -> None:
    found = WRITERS['csv'](tmp_path, 1, 0)
    rows = (tmp_path / LIST).read_text().splitlines()[1:]
    for split in ('train', 'val', 'test'):
        if cached:
            CKPlus(tmp_path, split, fold=None)
        data = CKPlus(tmp_path, split, fold=None)
        assert seen(data) == of(split, found)
        for info in map(data.get_data_info, range(len(data))):
            pixels = rows[info['row']].split(',')[1].split()
            want = np.array(pixels, int).reshape(48, 48)
            assert (info['img'] == want).all() and want.any()
            assert info['img_path'].endswith(f'#{info["row"]}')
            assert 'group' not in info


def test_emotions_of_the_table(tmp_path: Path, log) -> None:
    """FER2013's order, then contempt."""
    names = 'Anger Disgust Fear Happy Sad Surprise Neutral Contempt'.split()
    rows = [f'{n},{PIXELS},Training\n' for n in range(8)]
    rewrite(tmp_path / LIST, ''.join(['emotion,pixels,Usage\n', *rows]))
    for neutral in (True, False):
        data = CKPlus(tmp_path, fold=None, neutral=neutral)
        found = [data.metainfo['classes'][label] for _, label in seen(data)]
        assert found == [n for n in names if neutral or n != 'Neutral']
    message = '1 neutral rows are not used; neutral=True takes them'
    assert f'{tmp_path}/{LIST}: {message}' in log.notes
    assert (
        data.report.where == f'{tmp_path}/{LIST}, Usage, not subject-disjoint'
    )
    assert data.fingerprint
    assert any('is not subject-disjoint' in text for text in log.warnings)


# ---- fuzz ------------------------------------------------------------

DIGITS = set('0123456789')
REAL = [f'   {label}.0000000e+00\n' for label in range(9)]


def slow_emotion(text: str) -> int | None:
    """The label by the format: one number in plain or e-notation, 1..7."""
    words = text.removeprefix('\ufeff').split()
    if len(words) != 1:
        return None
    head, mark, power = words[0].lower().partition('e')
    shift = 0
    if mark:
        sign = power[0] if power[:1] in ('+', '-') else ''
        digits = power[len(sign) :]
        if not 1 <= len(digits) <= 2 or not set(digits) <= DIGITS:
            return None
        shift = int(sign + digits)
    negative = head[:1] == '-'
    head = head[1:] if head[:1] in ('+', '-') else head
    before, _, after = head.partition('.')
    if not before or not set(before + after) <= DIGITS:
        return None
    # value = digits * 10 ** scale, in whole numbers
    scale = shift - len(after)
    value = int(before + after)
    if scale < 0 and value % 10**-scale:
        return None
    value = value * 10**scale if scale >= 0 else value // 10**-scale
    return value if not negative and 1 <= value <= 7 else None


@st.composite
def labels(draw: st.DrawFn) -> str:
    own = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(own)))
        length = draw(st.integers(0, 3))
        new = draw(st.text('0123456789eE+-. \n\r\tx_,٣½', max_size=3))
        own = own[:place] + new + own[place + length :]
    return own


@pytest.fixture(scope='module')
def release(tmp_path_factory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp('fuzz')
    for subject in ('S014', 'S015'):
        for number in (1, 2, 6):
            name = f'{subject}_001_{number:08d}'
            folder = root / 'cohn-kanade-images' / subject / '001'
            rewrite(folder / f'{name}.png', b'x')
        label = root / 'Emotion' / subject / '001' / f'{name}_emotion.txt'
        rewrite(label, REAL[1])
    yield root


@settings(derandomize=True, max_examples=400, deadline=None)
@given(labels())
def test_mutated_label(release: Path, label: str) -> None:
    rewrite(release / LABEL, label)
    want = slow_emotion(label.replace('\r', '\n'))
    options = dict(num_folds=2, cache=False, frames=1)
    if want is None:
        with pytest.raises(DatasetError) as caught:
            CKPlus(release, **options)
        assert str(caught.value).startswith(f'{release}/{LABEL}: ')
        return
    found = dict(everything(release, **options))
    assert found['S014_001_00000006'] == want - 1


def test_the_slow_parser_reads_real_labels() -> None:
    assert list(map(slow_emotion, REAL)) == [None, *range(1, 8), None]


NAMES = st.text('S0159_ab٣', max_size=20) | st.text(
    st.characters(exclude_characters='/\0', exclude_categories=['Cs']),
    max_size=20,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(NAMES, max_size=30))
def test_any_names(stems: list[str]) -> None:
    good = ['S001_001_00000001', 'S002_001_00000001']
    stems = [s for s in {*good, *stems} if not s.startswith(('.', '~$'))]
    want = sorted(
        (stem, CLASSES.index('Happy'))
        for stem in stems
        if [len(part) for part in stem.split('_')] == [4, 3, 8]
        if stem[0] == 'S' and set(stem[1:].replace('_', '')) <= DIGITS
    )
    with tempfile.TemporaryDirectory() as folder:
        for stem in stems:
            rewrite(Path(folder) / 'joy' / f'{stem}.png', b'x')
        options = dict(cache=False, num_folds=2, on_error='skip', frames=99)
        assert everything(Path(folder), **options) == want
