"""ExpW: what is wrong is told, or counted and left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from csgresnet_mm.datasets import DatasetError, ExpW
from csgresnet_mm.datasets.errors import UnreadableImageError

from .test_expw_layouts import expected, lines, samples, write, write_image

FORM = 'image_name face_id top left right bottom confidence label'


def refuse(text: str, *args, **kwargs) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        ExpW(*args, **kwargs)
    return str(caught.value)


# ---- arguments -------------------------------------------------------

ARGUMENTS = {
    'split': (dict(split='dev'), "split='dev' is unknown"),
    'test_ratio': (dict(test_ratio=1), 'test_ratio=1 is not in [0, 1)'),
    'negative': (dict(test_ratio=-0.1), 'test_ratio=-0.1 is not in [0, 1)'),
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
    'classes': (
        dict(classes=['Neutral', *ExpW.METAINFO['classes'][:6]]),
        'are those of ExpW in another order',
    ),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write(tmp_path, lines())
    kwargs, text = ARGUMENTS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        ExpW(tmp_path, **kwargs)


# ---- the root --------------------------------------------------------


def test_missing_root(tmp_path: Path) -> None:
    refuse('does not exist', tmp_path / 'no')


def test_wrong_root_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / 'photos').mkdir()
    text = refuse(f'{tmp_path}: no ExpW found here.', tmp_path)
    assert 'It holds photos/' in text
    assert 'label/label.lst, image/origin/*.jpg' in text


def test_no_list(tmp_path: Path) -> None:
    write(tmp_path, lines()).unlink()
    refuse('no ExpW found here. It holds image/, label/', tmp_path)


VOLUMES = ['origin.7z', 'origin.7z.001', 'origin.7z.001.001', 'origin.zip']


@pytest.mark.parametrize('volume', VOLUMES)
@pytest.mark.parametrize('place', ['image', 'image/origin', '.', 'data/image'])
def test_photographs_not_unpacked(tmp_path, volume: str, place: str) -> None:
    write(tmp_path, lines())
    shutil.rmtree(tmp_path / 'image')
    packed = tmp_path / place / volume
    packed.parent.mkdir(parents=True, exist_ok=True)
    packed.write_bytes(b'7z')
    text = refuse(f'{tmp_path}: no photographs; expected image/or', tmp_path)
    assert f'not unpacked: {packed}' in text


def test_no_photographs_at_all(tmp_path: Path) -> None:
    write(tmp_path, lines())
    shutil.rmtree(tmp_path / 'image')
    text = refuse('no photographs; expected image/origin/*.jpg', tmp_path)
    assert text.endswith('it holds label/')


def test_list_and_images_of_two_copies(tmp_path: Path) -> None:
    for name in ('a', 'b'):
        write(tmp_path / name, lines())
    refuse(
        "2 folders look like ExpW in the layout 'photographs': a, b", tmp_path
    )


# ---- lines -----------------------------------------------------------

LINES = {
    'too few fields': (
        'angry_man_1.jpg 0 2 1 9 10 20.5',
        f"7 fields 'angry_man_1.jpg 0 2 1 9 10 20.5'; expected 8: '{FORM}'",
    ),
    'too many fields': (
        'angry man 1.jpg 0 2 1 9 10 20.5 3',
        "10 fields 'angry man 1.jpg 0 2 1 9 10 20.5 3'; expected 8",
    ),
    'commas': (
        'angry_man_1.jpg,0,2,1,9,10,20.5,3',
        "1 fields 'angry_man_1.jpg,0,2,1,9,10,20.5,3'; expected 8",
    ),
    'header': (
        FORM,
        f"face_id 'face_id' is not an integer; expected '{FORM}'",
    ),
    'label out of range': (
        'angry_man_1.jpg 0 2 1 9 10 20.5 8',
        "label 8 of 'angry_man_1.jpg' is outside 0..6",
    ),
    'negative label': (
        'angry_man_1.jpg 0 2 1 9 10 20.5 -1',
        "label -1 of 'angry_man_1.jpg' is outside 0..6",
    ),
    'label is a name': (
        'angry_man_1.jpg 0 2 1 9 10 20.5 happy',
        "label 'happy' is not an integer",
    ),
    'label is a fraction': (
        'angry_man_1.jpg 0 2 1 9 10 20.5 3.0',
        "label '3.0' is not an integer",
    ),
    'box is no number': (
        'angry_man_1.jpg 0 2 x 9 10 20.5 3',
        "'x' is not a number",
    ),
    'box is not finite': (
        'angry_man_1.jpg 0 2 1 nan 10 20.5 3',
        "'nan' is not a number",
    ),
    'confidence is no number': (
        'angry_man_1.jpg 0 2 1 9 10 high 3',
        "'high' is not a number",
    ),
    'confidence is not finite': (
        'angry_man_1.jpg 0 2 1 9 10 1e999 3',
        "'1e999' is not a number",
    ),
    'left after right': (
        'angry_man_1.jpg 0 2 9 1 10 20.5 3',
        "box of 'angry_man_1.jpg' is top 2 left 9 right 1 bottom 10; "
        'expected left < right and top < bottom',
    ),
    'top under bottom': (
        'angry_man_1.jpg 0 10 1 9 2 20.5 3',
        'expected left < right and top < bottom',
    ),
    'no area': (
        'angry_man_1.jpg 0 2 9 9 10 20.5 3',
        'expected left < right and top < bottom',
    ),
    'left of the image': (
        'angry_man_1.jpg 0 2 -9 -1 10 20.5 3',
        'is top 2 left -9 right -1 bottom 10: outside any image',
    ),
    'above the image': (
        'angry_man_1.jpg 0 -9 1 9 0 20.5 3',
        'outside any image',
    ),
    'path': (
        'origin/angry_man_1.jpg 0 2 1 9 10 20.5 3',
        "'origin/angry_man_1.jpg' is a path; a file name is expected",
    ),
    'path escape': (
        '../../label/label.lst 0 2 1 9 10 20.5 3',
        "'../../label/label.lst' is a path",
    ),
    'absolute path': (
        '/etc/passwd 0 2 1 9 10 20.5 3',
        "'/etc/passwd' is a path",
    ),
    'path with backslashes': (
        '..\\angry_man_1.jpg 0 2 1 9 10 20.5 3',
        "'..\\\\angry_man_1.jpg' is a path",
    ),
    'folder': ('.. 0 2 1 9 10 20.5 3', "'..' is a path"),
    'control character': (
        'angry\x07man.jpg 0 2 1 9 10 20.5 3',
        "'angry\\x07man.jpg' is no file name",
    ),
    'missing image': (
        'angry_man_99.jpg 0 2 1 9 10 20.5 3',
        "image 'angry_man_99.jpg' is missing; looked for",
    ),
    'image of another case': (
        'Angry_man_1.jpg 0 2 1 9 10 20.5 3',
        "image 'Angry_man_1.jpg' is missing",
    ),
}


@pytest.mark.parametrize('case', LINES)
def test_malformed_line(tmp_path: Path, log, case: str) -> None:
    own = lines()
    path = write(tmp_path, own)
    line, text = LINES[case]
    path.write_text(f'{path.read_text()}{line}\n')
    assert text in refuse(f'{path}, line 25: ', tmp_path, test_ratio=0)
    data = ExpW(tmp_path, on_error='skip', test_ratio=0)
    assert samples(data) == expected(own)
    [warning] = [w for w in log.warnings if 'skipped' in w]
    assert 'skipped 1 entries: 1 ' in warning
    assert text in warning


def test_malformed_line_is_told_in_either_split(tmp_path: Path) -> None:
    path = write(tmp_path, lines())
    path.write_text(f'{path.read_text()}x\n')
    for split in ('train', 'test'):
        refuse(f'{path}, line 25: 1 fields', tmp_path, split)


def test_empty_image(tmp_path: Path) -> None:
    own = lines()
    path = write(tmp_path, own)
    image = tmp_path / 'image' / 'origin' / own[2][0]
    image.write_bytes(b'')
    refuse(f'{path}, line 3: image {image} is empty (0 bytes)', tmp_path)
    data = ExpW(tmp_path, on_error='skip', test_ratio=0)
    assert samples(data) == expected(own[:2] + own[4:])


def test_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path, lines())
    path.write_bytes(b'\xff' + path.read_bytes())
    refuse(f'{path}: not UTF-8 text (byte 0 is 0xff)', tmp_path)


@pytest.mark.parametrize('text', ['', '\n\n', 'x\n'])
def test_empty_list(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, lines())
    path.write_text(text)
    refuse(f'{path}: holds no line "{FORM}"', tmp_path, on_error='skip')


def test_one_photograph_cannot_be_cut_in_two(tmp_path: Path) -> None:
    own = [(*line[:7], n % 7) for n, line in enumerate(lines(1, 7))]
    write(tmp_path, own)
    refuse('all 7 images are of one group', tmp_path)
    assert len(ExpW(tmp_path, test_ratio=0)) == 7


def test_nothing_left(tmp_path: Path) -> None:
    write(tmp_path, lines())
    refuse("the split 'train' is empty", tmp_path, min_confidence=1e6)


# ---- labels ----------------------------------------------------------


@pytest.mark.parametrize('on_error', ['raise', 'skip'])
def test_list_counts_neither_from_0_nor_from_1(tmp_path, on_error) -> None:
    own = lines()
    path = write(tmp_path, [*own, (*own[0][:7], 7)])
    refuse(
        f'{path}: labels 0 (line 1) and 7 (line 25) both occur',
        tmp_path,
        on_error=on_error,
    )


def test_declared_base_makes_the_seven_a_problem(tmp_path: Path) -> None:
    own = lines()
    path = write(tmp_path, [*own, (*own[0][:7], 7)])
    refuse(
        f"{path}, line 25: label 7 of 'angry_man_0.jpg' is outside 0..6",
        tmp_path,
        label_base=0,
    )


def test_list_with_neither_0_nor_7_is_ambiguous(tmp_path: Path) -> None:
    path = write(tmp_path, [(*line[:7], 3) for line in lines()])
    refuse(
        f'{path}: neither label 0 nor 7 occurs, so whether it counts from 0 '
        'or from 1 is ambiguous; set label_base=0 (as published)',
        tmp_path,
    )


# ---- boxes written in another order ----------------------------------


def shapes(kind: str) -> list[tuple]:
    """Faces of 30x30 to 30x40 all over a photograph of 400 pixels."""
    own = []
    for number, line in enumerate(lines()):
        left, top = 37 * number % 311, 53 * number % 307
        right, bottom = left + 30, top + 30 + number % 11
        columns = {
            'top left right bottom': (top, left, right, bottom),
            'left top right bottom': (left, top, right, bottom),
            'top left bottom right': (top, left, bottom, right),
            'left top width height': (left, top, right - left, bottom - top),
        }[kind]
        own.append((*line[:2], *columns, *line[6:]))
    return own


ORDERS = [
    'left top right bottom',
    'top left bottom right',
    'left top width height',
]


@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.parametrize('on_error', ['raise', 'skip'])
def test_columns_in_another_order(tmp_path, order, on_error) -> None:
    path = write(tmp_path, shapes(order))
    text = refuse(
        f'{path}: columns 3 to 6 are expected to be "top left right bottom"',
        tmp_path,
        on_error=on_error,
    )
    shown = '"left top width height"'
    if order != 'left top width height':
        shown = '"left top right bottom" or "top left bottom right"'
    assert f'as {shown} 100% would' in text


def test_columns_in_the_documented_order(tmp_path: Path) -> None:
    own = shapes('top left right bottom')
    write(tmp_path, own)
    assert samples(ExpW(tmp_path, test_ratio=0)) == expected(own)


# ---- access ----------------------------------------------------------


def outside(root: Path) -> None:
    """One face outside its photograph of 24 pixels; 7 faces inside."""
    own = [(f'a_{n}.jpg', 0, 2, 1, 9, 10, 9.5, n) for n in range(7)]
    write(root, [*own, ('a_7.jpg', 0, 2, 31, 39, 10, 9.5, 0)])


PIPELINE = [dict(type='LoadImageFromFile')]


def test_face_outside_the_photograph(tmp_path: Path) -> None:
    outside(tmp_path)
    data = ExpW(tmp_path, test_ratio=0, pipeline=PIPELINE)
    text = r'a_7.jpg: box \(31.0, 2.0, 39.0, 10.0\) lies outside the 24x24'
    with pytest.raises(UnreadableImageError, match=text):
        data[7]


def test_face_outside_the_photograph_is_skipped(tmp_path: Path) -> None:
    outside(tmp_path)
    data = ExpW(tmp_path, test_ratio=0, pipeline=PIPELINE, on_error='skip')
    assert data[7]['img_path'] == data[0]['img_path']
    assert data.skipped == {'box outside the image': 1}


def test_truncated_photograph(tmp_path: Path) -> None:
    outside(tmp_path)
    path = tmp_path / 'image/origin/a_0.jpg'
    path.write_bytes(path.read_bytes()[:-20])
    data = ExpW(tmp_path, test_ratio=0, pipeline=PIPELINE)
    with pytest.raises(UnreadableImageError, match='truncated image'):
        data[0]
    write_image(path)
    assert data[0]['img'].shape == (10, 10, 3)
