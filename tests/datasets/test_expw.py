"""ExpW keeps the contract; its boxes, duplicates and columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from csgresnet_mm.datasets import (
    DatasetError,
    ExpW,
    LoadFace,
    UnreadableImageError,
)
from csgresnet_mm.datasets.layouts.expw import WRITERS

from .contract import Bad, DatasetContract, Layout, slow
from .contract.edits import (
    append,
    each,
    encode,
    move,
    remove,
    replace,
    rewrite,
    text,
)
from .contract.fuzz import Read, compare, lines_of, mutated
from .contract.suite import LOAD, entries

FORM = 'image_name face_id top left right bottom confidence label'
VOLUMES = 'origin.7z origin.7z.001 origin.7z.001.001 origin.zip'.split()
CLASSES = 'Angry Disgust Fear Happy Sad Surprise Neutral'.split()
NAME = 'angry_person_0.jpg'
LISTS = {
    'official': 'data/label/label.lst',
    'without data': 'label/label.lst',
    'list and origin': 'label.lst',
}
ORDER = 'expected left < right and top < bottom'
LINES = {  # a line, its message, and as what it is counted
    'too few fields': (
        f'{NAME} 0 2 1 9 10 20.5',
        f"7 fields '{NAME} 0 2 1 9 10 20.5'; expected 8: '{FORM}'",
        'wrong number of fields',
    ),
    'too many fields': (
        'angry man 0.jpg 0 2 1 9 10 20.5 3',
        "10 fields 'angry man 0.jpg 0 2 1 9 10 20.5 3'; expected 8",
        'wrong number of fields',
    ),
    'commas': (
        f'{NAME},0,2,1,9,10,20.5,3',
        f"1 fields '{NAME},0,2,1,9,10,20.5,3'; expected 8",
        'wrong number of fields',
    ),
    'header': (
        FORM,
        f"face_id 'face_id' is not an integer; expected '{FORM}'",
        'face_id not an integer',
    ),
    **{
        f'label {label}': (
            f'{NAME} 0 2 1 9 10 20.5 {label}',
            f"label {label} of '{NAME}' is outside 0..6",
            'label out of range',
        )
        for label in (8, -1)
    },
    **{
        f'label {label}': (
            f'{NAME} 0 2 1 9 10 20.5 {label}',
            f'label {label!r} is not an integer',
            'label not an integer',
        )
        for label in ('happy', '3.0')
    },
    **{
        f'box or confidence {bad}': (
            f'{NAME} 0 2 {line}',
            f'{bad!r} is not a number',
            'not a number',
        )
        for bad, line in (
            ('x', 'x 9 10 20.5 3'),
            ('nan', 'nan 10 20 20.5 3'),
            ('high', '1 9 10 high 3'),
            ('1e999', '1 9 10 1e999 3'),
        )
    },
    'left after right': (
        f'{NAME} 0 2 9 1 10 20.5 3',
        f"box of '{NAME}' is top 2 left 9 right 1 bottom 10; {ORDER}",
        'bad box',
    ),
    'top under bottom': (f'{NAME} 0 10 1 9 2 20.5 3', ORDER, 'bad box'),
    'no area': (f'{NAME} 0 2 9 9 10 20.5 3', ORDER, 'bad box'),
    'left of the image': (
        f'{NAME} 0 2 -9 -1 10 20.5 3',
        'is top 2 left -9 right -1 bottom 10: outside any image',
        'box outside the image',
    ),
    'above the image': (
        f'{NAME} 0 -9 1 9 0 20.5 3',
        'outside any image',
        'box outside the image',
    ),
    **{
        name: (
            f'{name} 0 2 1 9 10 20.5 3',
            f'{name!r} is a path; a file name is expected',
            'path escape',
        )
        for name in (
            f'origin/{NAME}',
            '../../label/label.lst',
            '/etc/passwd',
            f'..\\{NAME}',
            '..',
        )
    },
    'control character': (
        'angry\x07man.jpg 0 2 1 9 10 20.5 3',
        "'angry\\x07man.jpg' is no file name",
        'bad name',
    ),
    **{
        f'missing {name}': (
            f'{name} 0 2 1 9 10 20.5 3',
            f'image {name!r} is missing; looked for ',
            'missing image',
        )
        for name in ('angry_person_99.jpg', NAME.capitalize())
    },
}


class TestExpW(DatasetContract):
    kind = ExpW
    classes = CLASSES
    layouts = {
        name: Layout(
            write,
            'photographs',
            lists=[LISTS[name]],
            relabel=(LISTS[name], '20.5 0\n', '20.5 3\n'),
            ordered=True,
            below=('a',) if name == 'official' else ('a', 'a/b'),
        )
        for name, write in WRITERS.items()
    }
    apart = ('a', 'b')
    arguments = {
        'test_ratio': (dict(test_ratio=1), 'test_ratio=1 is not in [0, 1)'),
        'negative': (dict(test_ratio=-0.1), 'test_ratio=-0.1 is not in [0,'),
        'confidence': (
            dict(min_confidence=float('nan')),
            'min_confidence=nan is no number',
        ),
        'label_base': (
            dict(label_base=2),
            "label_base=2 is unknown; expected 'auto', 0 or 1",
        ),
        'no test': (
            dict(split='test', test_ratio=0),
            "split='test' with test_ratio=0: all is train",
        ),
        'no val': (
            dict(split='val'),
            'ExpW has no validation split; set val_ratio (0.1, say)',
        ),
        'pipeline': (
            dict(pipeline=[dict(type='PackInputs')]),
            'which needs LoadImageFromFile or LoadFace in the pipeline',
        ),
        'nothing left': (
            dict(min_confidence=1e6),
            "the split 'train' is empty",
        ),
    }
    options = (
        dict(test_ratio=0.5),
        dict(seed=1),
        dict(min_confidence=30),
        dict(val_ratio=0.4),
    )
    bad = {
        **{
            case: Bad(
                append('label.lst', line),
                f'{{list}}, line 29: ...{message}',
                cause,
            )
            for case, (line, message, cause) in LINES.items()
        },
        'no list': Bad(
            remove('**/label.lst'), 'no ExpW found here. It holds '
        ),
        'no photographs': Bad(
            remove('**/origin'),
            'no photographs; expected image/origin/*.jpg',
        ),
        **{
            f'{packed}': Bad(
                each(remove('**/origin'), text(packed, b'7z')),
                f'no photographs; ... not unpacked: {{root}}/{packed}',
                layouts=('without data',),
            )
            for volume in VOLUMES
            for packed in (
                f'{at}{volume}'
                for at in ('image/', 'image/origin/', '', 'data/image/')
            )
        },
        **{
            f'list {content!r}': Bad(
                text('label.lst', content),
                f'{{list}}: holds no line "{FORM}"',
                options=dict(on_error='skip'),
            )
            for content in ('', '\n\n', 'x\n')
        },
        'labels from 0 and to 7': Bad(
            append('label.lst', f'{NAME} 9 2 1 9 10 20.5 7'),
            '{list}: labels 0 (line 1) and 7 (line 29) both occur',
        ),
        'a seven where 0 is declared': Bad(
            append('label.lst', f'{NAME} 9 2 1 9 10 20.5 7'),
            f"{{list}}, line 29: label 7 of '{NAME}' is outside 0..6",
            'label out of range',
            options=dict(label_base=0),
        ),
        'neither 0 nor 7': Bad(
            replace('label.lst', '.5 0\n', '.5 3\n'),
            '{list}: neither label 0 nor 7 occurs, so whether it counts from '
            '0 or from 1 is ambiguous; set label_base=0 (as published)',
        ),
    }

    def group(self, path: str) -> str:
        return Path(path).name


# ---- where list and photographs lie ----------------------------------


def everything(root: Path, **options) -> list:
    """All faces: (photograph, box, label)."""
    data = ExpW(root, test_ratio=0, **options)
    return [
        (Path(e['img_path']).name, tuple(e['box']), e['gt_label'])
        for e in entries(data)
    ]


@pytest.mark.parametrize(
    ('label', 'image'),
    [
        ('label.lst', 'image/origin'),
        ('label/label.lst', 'data/image/origin'),
        ('data/label/label.lst', 'image/origin'),
        ('label/label.lst', 'image/origin/origin'),
        ('data/label.lst', 'data/origin/origin'),
    ],
)
@pytest.mark.parametrize('below', ['.', 'ExpW'])
def test_other_places(tmp_path: Path, label, image, below: str) -> None:
    WRITERS['list and origin'](tmp_path / below, 4, 0)
    found = everything(tmp_path)
    move(f'{below}/label.lst', f'{below}/{label}')(tmp_path)
    move(f'{below}/origin', f'{below}/{image}')(tmp_path)
    assert everything(tmp_path) == found


@pytest.mark.parametrize('inner', ['data', 'data/label'])
def test_root_inside_the_pack(tmp_path: Path, inner: str) -> None:
    WRITERS['official'](tmp_path, 4, 0)
    assert everything(tmp_path / inner) == everything(tmp_path)


# ---- lists of one's own ----------------------------------------------

Line = tuple[str, int, int, int, int, int, float, int]
"""name, face_id, top, left, right, bottom, confidence, label."""


def lines(photographs: int = 12, faces: int = 2) -> list[Line]:
    """So many photographs with so many faces each; labels take turns."""
    return [
        (f'a_{n}.jpg', f, 2, 1 + 10 * f, 9 + 10 * f, 10, 20.5 + n, m % 7)
        for m, (n, f) in enumerate(
            (n, f) for n in range(photographs) for f in range(faces)
        )
    ]


def write(root: Path, own: Iterable[Line]) -> Path:
    """The list and the photographs; returns the list's path."""
    own = list(own)
    for name in {line[0] for line in own}:
        rewrite(root / 'origin' / name, encode(0, '.jpg', 24))
    text = ''.join(f'{" ".join(map(str, line))}\n' for line in own)
    rewrite(root / 'label.lst', text)
    return root / 'label.lst'


def expected(own: Iterable[Line]) -> list:
    """What :func:`everything` must give for lines."""
    return [
        (name, (left, top, right, bottom), label)
        for name, _, top, left, right, bottom, _, label in own
    ]


@pytest.mark.parametrize('base', [0, 1])
def test_base_of_labels(tmp_path: Path, base: int) -> None:
    own = [(*line[:7], line[7] + base) for line in lines()]
    write(tmp_path, own)
    assert everything(tmp_path) == expected(lines())
    own = [(*line[:7], 2 + line[7] % 2) for line in lines()]
    write(tmp_path, own)
    want = expected((*line[:7], line[7] - base) for line in own)
    assert everything(tmp_path, label_base=base) == want


def test_crop_shows_the_face(tmp_path: Path) -> None:
    """A red face on black: no black is left, and all of the red is."""
    own = [(f'a_{n}.png', 0, 10, 40, 60, 30, 9.5, n % 7) for n in range(14)]
    write(tmp_path, own)
    pixels = np.zeros((80, 100, 3), np.uint8)
    pixels[10:30, 40:60, 2] = 255
    for path in (tmp_path / 'origin').iterdir():
        path.write_bytes(cv2.imencode('.png', pixels)[1].tobytes())
    data = ExpW(tmp_path, pipeline=[LoadFace(margin=0)])
    for sample in data:
        assert sample['img'].shape == (20, 20, 3)
        assert (sample['img'] == (0, 0, 255)).all()


def names(data: ExpW) -> set[str]:
    return {entry['group'] for entry in entries(data)}


@pytest.mark.parametrize('ratio', [0.1, 0.3])
@pytest.mark.parametrize('seed', [0, 7])
def test_test_is_a_part_of_the_photographs(tmp_path, ratio, seed) -> None:
    """By rank over the whole list, in any order and whatever is left out."""
    own = lines(30)
    part = slow.groups_part([line[0] for line in own], ratio, seed)
    options = dict(test_ratio=ratio, seed=seed)
    for number, listed in enumerate((own, own[::-1])):
        root = tmp_path / str(number)
        write(root, listed)
        assert names(ExpW(root, 'test', **options)) == part
        assert not names(ExpW(root, 'train', **options)) & part
        for more in (
            dict(min_confidence=30),
            dict(drop_duplicates=True),
            dict(val_ratio=0.2),
        ):
            assert names(ExpW(root, 'test', **options, **more)) <= part
        for line in own[::2][:18]:
            (root / 'origin' / line[0]).unlink()
        left = names(ExpW(root, 'test', on_error='skip', **options))
        assert left == part - {line[0] for line in own[:36]}


def test_one_photograph_cannot_be_cut_in_two(tmp_path: Path) -> None:
    write(tmp_path, lines(1, 7))
    with pytest.raises(DatasetError, match='all 7 images are of one group'):
        ExpW(tmp_path)
    assert len(everything(tmp_path)) == 7


def test_min_confidence(tmp_path: Path, log) -> None:
    path = write(tmp_path, lines())
    sure = [line for line in lines() if line[6] >= 25.5]
    assert everything(tmp_path, min_confidence=25.5) == expected(sure)
    message = f'{path}: min_confidence=25.5 leaves out 10 of 24 faces'
    assert len(sure) == 14 and message in log.notes


def test_duplicates(tmp_path: Path, log) -> None:
    """Kept, and a warning; or dropped, of contradicting ones the first too."""
    own = lines()
    other = (own[0][0], 0, 12, 1, 9, 20, 30.5, 5)  # another box
    write(tmp_path, [*own, other])
    found = everything(tmp_path, drop_duplicates=True)
    assert found == expected([*own, other])
    assert not any('more than once' in text for _, text in log)
    more = [own[0], own[0], (*own[3][:7], 6)]
    path = write(tmp_path, [*own, *more])
    assert everything(tmp_path) == expected([*own, *more])
    message = (
        f'{path}: 2 faces are listed more than once (first: lines 1 and 25), '
        '1 of them with different labels; '
    )
    kept = 'all are kept; drop_duplicates=True leaves 4 lines out'
    assert f'{message}{kept}' in log.warnings
    found = everything(tmp_path, drop_duplicates=True)
    assert found == expected(own[:3] + own[4:])
    assert f'{message}4 lines are left out' in log.warnings


def test_counts_are_those_of_the_whole_list(tmp_path: Path, log) -> None:
    write(tmp_path, lines(14, 1))
    ExpW(tmp_path, 'test')
    [message] = log.warnings
    assert '14 images (2/2/2/2/2/2/2)' in message
    assert '91793 (3671/3995/1088/30537/10559/7060/34883)' in message


# ---- boxes -----------------------------------------------------------

ORDERS = {
    'top left right bottom': '',
    'left top right bottom': 'left top right bottom" or "top left bottom r',
    'top left bottom right': 'left top right bottom" or "top left bottom r',
    'left top width height': 'left top width height" 100% would',
}


@pytest.mark.parametrize('order', ORDERS)
def test_order_of_the_columns(tmp_path: Path, order: str) -> None:
    """Refused where all boxes are faces in another order only."""
    own, want = [], []
    for n, line in enumerate(lines()):
        box = dict(left=37 * n % 311, top=53 * n % 307, width=30)
        box['height'] = 30 + n % 11
        box['right'] = box['left'] + 30
        box['bottom'] = box['top'] + box['height']
        own.append((*line[:2], *map(box.get, order.split()), *line[6:]))
        sides = map(box.get, ('left', 'top', 'right', 'bottom'))
        want.append((line[0], tuple(sides), line[7]))
    path = write(tmp_path, own)
    if not ORDERS[order]:
        assert everything(tmp_path) == want
        return
    for on_error in ('raise', 'skip'):
        with pytest.raises(DatasetError) as caught:
            ExpW(tmp_path, on_error=on_error)
        message = str(caught.value)
        assert f'{path}: columns 3 to 6 are expected to be "top lef' in message
        assert f'as "{ORDERS[order]}' in message


def test_face_outside_the_photograph(tmp_path: Path) -> None:
    """One face outside its photograph of 24 pixels; 7 faces inside."""
    own = [(f'a_{n}.jpg', 0, 2, 1, 9, 10, 9.5, n) for n in range(7)]
    write(tmp_path, [*own, ('a_7.jpg', 0, 2, 31, 39, 10, 9.5, 0)])
    data = ExpW(tmp_path, test_ratio=0, pipeline=LOAD)
    text = r'a_7.jpg: box \(31.0, 2.0, 39.0, 10.0\) lies outside the 24x24'
    with pytest.raises(UnreadableImageError, match=text):
        data[7]
    data = ExpW(tmp_path, test_ratio=0, pipeline=LOAD, on_error='skip')
    assert data[7]['img_path'] == data[0]['img_path']
    assert data[0]['img'].shape == (10, 10, 3)
    assert data.skipped == {'box outside the image': 1}


# ---- fuzz ------------------------------------------------------------

GOOD = [
    'angry_actor_104.jpg 0 28 113 226 141 22.9362 0',
    'angry_actor_109.jpg 0 22 143 225 104 20.7125 0',
    'happy_boy_7.jpg 0 50 64 121 107 51.5 3',
    'happy_boy_7.jpg 1 40 164 221 97 33.25 6',
    'sad_African_12.jpg 0 10 20 60 50 9.75 4',
    'surprised_girl_3.jpg 2 0 0 80 80 12 5',
    'afraid_Asian_99.jpg 0 5 5 50 50 61.0 2',
]
"""As published."""
JUNK = (
    '', ' ', '-1', '0', '6', '7', '8', '3.0', '1e3', '1e999', 'nan', 'inf',
    '1_0', '0x3', '٣', '³', 'happy', '../x.jpg', 'a\\b.jpg', '..', 'é.jpg',
    'a b', '\x00', '\x0b', '\u2028', '\ufeff', ',', '#',
)  # fmt: skip
DIGITS = set('0123456789')


def one_more(line: str) -> str:
    """The label, counted from one."""
    head, label = line.rsplit(' ', 1)
    return f'{head} {int(label) + 1}'


def is_whole(text: str) -> bool:
    body = text[1:] if text[:1] in ('+', '-') else text
    return 0 < len(body) < 10 and set(body) <= DIGITS


def slow_number(text: str) -> float | None:
    """A finite decimal number in ASCII, with an exponent or without."""
    body = text[1:] if text[:1] in ('+', '-') else text
    mantissa, mark, exponent = body.replace('E', 'e').partition('e')
    whole, _, fraction = mantissa.partition('.')
    power = exponent[1:] if exponent[:1] in ('+', '-') else exponent
    if not whole or not set(whole + fraction + power) <= DIGITS:
        return None
    if mark and not power:
        return None
    return float(text) if abs(float(text)) < float('inf') else None


def slow_line(line: str) -> tuple | None:
    """(name, box, label as written)."""
    fields = line.split()
    if len(fields) != 8:
        return None
    name, face, top, left, right, bottom, confidence, label = fields
    if any(c in '/\\' or ord(c) < 32 or ord(c) == 127 for c in name):
        return None
    if name in ('.', '..') or not is_whole(face) or not is_whole(label):
        return None
    box = [slow_number(text) for text in (left, top, right, bottom)]
    if None in box or slow_number(confidence) is None:
        return None
    return name, tuple(box), int(label)


def slow_read(data: bytes) -> Read | None:
    """The faces whose photograph is there; None: no usable list."""
    listed = lines_of(data)
    rows = [row for _, line in listed or () if (row := slow_line(line))]
    labels = {label for *_, label in rows}
    if (0 in labels) == (7 in labels):
        return None
    first = 1 if 7 in labels else 0
    there = {line.split()[0] for line in GOOD}
    kept = [
        (name, (left, top, right, bottom), label - first, name)
        for name, (left, top, right, bottom), label in rows
        if left < right and top < bottom and right > 0 and bottom > 0
        if first <= label <= first + 6 and name in there
    ]
    flawed = ['train'] * (len(kept) < len(listed or ()))
    return {'train': kept}, flawed


@pytest.fixture(scope='module')
def photographs(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('fuzz')
    for line in GOOD:
        rewrite(root / 'origin' / line.split()[0], b'x')
    return root


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mutated(GOOD, JUNK, change=one_more))
def test_mutated_list(photographs: Path, data: bytes) -> None:
    compare(
        photographs / 'label.lst',
        data,
        slow_read,
        lambda split, on_error: ExpW(
            photographs,
            split,
            test_ratio=0,
            on_error=on_error,
            cache=False,
        ),
        lambda e: (
            Path(e['img_path']).name,
            tuple(e['box']),
            e['gt_label'],
            e['group'],
        ),
    )


def test_the_slow_parser_reads_the_example() -> None:
    """Columns are top, left, right, bottom: a square of 113 pixels."""
    name = 'angry_actor_104.jpg'
    box = (113, 28, 226, 141)
    assert slow_read(GOOD[0].encode()) == (
        {'train': [(name, box, 0, name)]},
        [],
    )
    assert slow_read(one_more(GOOD[0]).encode()) is None
    assert slow_read(b'') is None
