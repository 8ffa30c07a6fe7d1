"""AffectNet: what is wrong is told, or counted and left out."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csgresnet_mm.datasets import AffectNet, DatasetError
from csgresnet_mm.datasets.layouts.affectnet import (
    CLASSES,
    WRITERS,
    write_2021,
    write_cache,
    write_csv,
    write_folders,
    write_lists,
    write_pack,
    write_yolo,
)

from .conftest import Log
from .test_affectnet_layouts import (  # noqa: F401
    OPTIONS,
    SMALL,
    of,
    samples,
    small,
    write_numbers,
)


def refuse(text: str, root: Path, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        AffectNet(root, *args, **kwargs)
    return str(caught.value)


# ---- arguments -------------------------------------------------------

ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    'split': (dict(split='dev'), "split='dev' is unknown; expected 'train'"),
    'num_classes': (
        dict(num_classes=6),
        'num_classes=6 is unknown; expected 7, or 8 with Contempt',
    ),
    'label_base': (
        dict(label_base=2),
        "label_base=2 is unknown; expected 'auto', 0 or 1",
    ),
    'layout': (
        dict(layout='zip'),
        "layout='zip' is unknown; expected 'auto', '2021', 'numbers', 'csv', "
        "'lists', 'cache', 'yolo', 'folders'",
    ),
    'folder_order of no folders': (
        dict(folder_order='affectnet'),
        "folder_order= is for the layouts folders; here is '2021'",
    ),
    'label_base of no list': (
        dict(label_base=0),
        "label_base= is for the layouts lists, cache, folders; here is '2021'",
    ),
    'classes in another order': (
        dict(classes=sorted(CLASSES[:7])),
        'are those of AffectNet in another order',
    ),
    'classes with contempt': (
        dict(num_classes=8, classes=sorted(CLASSES)),
        'are those of AffectNet in another order',
    ),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write_2021(tmp_path, 1, 0)
    kwargs, text = ARGUMENTS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        AffectNet(tmp_path, **kwargs)


# ---- the root --------------------------------------------------------


def test_missing_root(tmp_path: Path) -> None:
    path = tmp_path / 'no'
    refuse(f"AffectNet: data_root='{path}' does not exist", path)


def test_wrong_root_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / 'train_set' / 'images').mkdir(parents=True)
    (tmp_path / 'notes.txt').write_text('')
    text = refuse(f'{tmp_path}: no AffectNet found here.', tmp_path)
    assert 'It holds notes.txt, train_set/' in text


def test_nearest_layout_is_shown(tmp_path: Path) -> None:
    images = tmp_path / 'Manually_Annotated' / 'Manually_Annotated_Images'
    images.mkdir(parents=True)
    text = refuse("the nearest known layout is 'csv': ", tmp_path)
    assert 'training.csv' in text


def test_archive_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / 'train_set.tar').write_bytes(b'x')
    refuse(f'not unpacked: {tmp_path}/train_set.tar: unpack', tmp_path)


@pytest.mark.parametrize('layout', WRITERS)
def test_empty_split(tmp_path: Path, layout: str) -> None:
    """Images of other splits are there, none of this one."""
    found = WRITERS[layout](tmp_path, 1, 0)
    for path in sorted({Path(p).parts[0] for s, p, _ in found}):
        if path.lower().startswith('train'):
            shutil.rmtree(tmp_path / path)
    for name in ('training.csv', 'affectnet.csv'):
        if (tmp_path / name).exists():
            lines = (tmp_path / name).read_text().splitlines()
            (tmp_path / name).unlink()
            if name == 'affectnet.csv':
                kept = [line for line in lines if ',train,' not in line]
                (tmp_path / name).write_text('\n'.join(kept))
    shutil.rmtree(tmp_path / 'YOLO_format' / 'train', ignore_errors=True)
    refuse(
        "the split 'train' is not here, only test",
        tmp_path,
        **OPTIONS.get(layout, {}),
    )


# ---- every layout: images that are missing or empty ------------------

WHERE = {
    '2021': 'train_set/annotations/2_exp.npy',
    'csv': 'training.csv, line 4',
    'lists': 'train_set/train_annotations_7class.txt, line 3',
    'cache': 'affectnet.csv, line 4',
    'yolo': 'YOLO_format/train/labels/image0000002.txt',
}


def third(found: list[tuple[str, str, int]]) -> str:
    """Path of the training image number 2, of class Sad."""
    return [path for split, path, _ in found if split == 'train'][2]


@pytest.mark.parametrize('layout', WHERE)
def test_missing_image(tmp_path: Path, layout: str, log: Log) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    path = third(found)
    (tmp_path / path).unlink()
    text = refuse(f'{tmp_path}/{WHERE[layout]}: ', tmp_path)
    assert path.rpartition('/')[2].partition('.')[0] in text
    expected = [item for item in of('train', found) if item[0] != path]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected
    text = 'skipped 1 entries: 1 missing image (first: '
    assert any(text in warning for warning in log.warnings)


@pytest.mark.parametrize('layout', WRITERS)
def test_empty_image(tmp_path: Path, layout: str, log: Log) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    options = OPTIONS.get(layout, {})
    path = third(found)
    (tmp_path / path).write_bytes(b'')
    text = refuse(f'{tmp_path}/{path}', tmp_path, **options)
    assert 'empty' in text and '(0 bytes)' in text
    expected = [item for item in of('train', found) if item[0] != path]
    assert samples(AffectNet(tmp_path, on_error='skip', **options)) == expected
    text = 'skipped 1 entries: 1 empty image (first: '
    assert any(text in warning for warning in log.warnings)


# ---- the release of 2021 ---------------------------------------------


def npy(value: Any, **kwargs: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array(value), **kwargs)
    return stream.getvalue()


LABEL_FILES = {
    'empty': (b'', "no .npy file: it starts with b''"),
    'text': (b'3\n', "no .npy file: it starts with b'3\\n'"),
    'pickle': (
        npy(np.array(3, object), allow_pickle=True),
        "holds type '|O'; a number or text is expected",
    ),
    'two labels': (npy([1, 2]), 'a 0-d array of one number'),
    'no label': (npy(np.zeros(0)), 'a 0-d array of one number'),
    'truncated': (npy('3')[:-1], "holds 3 bytes of data; '<U1' needs 4"),
    'truncated header': (npy('3')[:40], 'a 0-d array of one number'),
    'too long': (npy('3') + b'x', "holds 5 bytes of data; '<U1' needs 4"),
    'no integer': (npy('happy'), "label 'happy' is not an integer"),
    'a part': (npy(1.5), "label '1.5' is not an integer"),
    'no number': (npy(float('nan')), "label 'nan' is not an integer"),
    'infinite': (npy(float('inf')), "label 'inf' is not an integer"),
    'complex': (npy(1j), "holds type '<c16'; a number or text is expected"),
    'time': (npy(np.datetime64(1, 's')), 'a 0-d array of one number'),
    'empty text': (npy(''), "label '' is not an integer"),
}


@pytest.mark.parametrize('case', LABEL_FILES)
def test_unreadable_label(tmp_path: Path, case: str, log: Log) -> None:
    found = write_2021(tmp_path, 2, 0)
    path = tmp_path / 'train_set/annotations/2_exp.npy'
    data, text = LABEL_FILES[case]
    path.write_bytes(data)
    assert text in refuse(f'{path}: ', tmp_path)
    expected = [item for item in of('train', found) if '/2.jpg' not in item[0]]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected
    text = 'skipped 1 entries: 1 unreadable label (first: '
    assert any(text in warning for warning in log.warnings)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    """A label file that would run code when it is unpickled."""
    write_2021(tmp_path, 1, 0)

    class Evil:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return (Path.touch, (tmp_path / 'ran',))  # type: ignore

    data = npy(np.array(Evil(), object), allow_pickle=True)
    (tmp_path / 'train_set/annotations/2_exp.npy').write_bytes(data)
    refuse('2_exp.npy: holds', tmp_path)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('label', [11, -1, 254])
def test_label_out_of_range(tmp_path: Path, label: int) -> None:
    write_2021(tmp_path, 2, 0)
    path = tmp_path / 'train_set/annotations/2_exp.npy'
    path.write_bytes(npy(str(label)))
    text = f"{path}: label {label} of '2.jpg' is outside 0..10"
    refuse(text, tmp_path)
    assert len(AffectNet(tmp_path, on_error='skip')) == 13


def test_label_of_no_class_is_left_out(tmp_path: Path, log: Log) -> None:
    """Whether its image is there or not."""
    write_2021(tmp_path, 2, 0)
    for number, label in ((1, 8), (2, 9), (3, 10)):
        path = tmp_path / f'train_set/annotations/{number}_exp.npy'
        path.write_bytes(npy(str(label)))
    (tmp_path / 'train_set/images/2.jpg').unlink()
    assert len(AffectNet(tmp_path)) == 11
    text = 'left out 2 Contempt, 1 None, 1 Uncertain, 1 No-Face'
    assert any(text in note for note in log.notes)


def test_label_that_is_a_folder(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 2, 0)
    path = tmp_path / 'train_set/annotations/2_exp.npy'
    path.unlink()
    path.mkdir()
    assert 'Is a directory' in refuse(f'{path}: cannot be read', tmp_path)
    expected = [item for item in of('train', found) if '/2.jpg' not in item[0]]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected


def test_litter_of_a_mac_is_no_label(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 2, 0)
    folder = tmp_path / 'train_set'
    (folder / 'annotations/._2_exp.npy').write_bytes(b'Mac OS X')
    (folder / 'images/._2.jpg').write_bytes(b'Mac OS X')
    assert samples(AffectNet(tmp_path)) == of('train', found)


def test_image_without_a_label(tmp_path: Path, log: Log) -> None:
    write_2021(tmp_path, 2, 0)
    (tmp_path / 'train_set/annotations/2_exp.npy').unlink()
    assert len(AffectNet(tmp_path)) == 13
    text = (
        'train_set/images: 1 images have no annotations/<id>_exp.npy '
        "(first: '2') and are left out"
    )
    assert any(text in warning for warning in log.warnings)


def test_two_images_of_a_label(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    images = tmp_path / 'train_set/images'
    shutil.copy(images / '2.jpg', images / '2.png')
    text = refuse(f'{images}: ', tmp_path)
    assert 'belong to the same label' in text


def test_no_labels(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    folder = tmp_path / 'train_set/annotations'
    for path in folder.glob('*_exp.npy'):
        path.unlink()
    refuse(f'{folder}: holds no <id>_exp.npy', tmp_path)


def test_images_not_unpacked(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    shutil.rmtree(tmp_path / 'train_set/images')
    (tmp_path / 'train_set/images.zip').write_bytes(b'x')
    text = refuse(f'{tmp_path}/train_set/images: no such folder', tmp_path)
    assert 'train_set/images.zip: unpack' in text


def test_two_folders_of_a_split(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    shutil.copytree(tmp_path / 'val_set', tmp_path / 'valid_set')
    text = "'val_set' and 'valid_set' are both the split 'val'"
    refuse(text, tmp_path)


# ---- lines of the lists ----------------------------------------------


def put_line(layout: str, root: Path, line: str) -> Path:
    """Write a layout and a list of two lines: this one is the second."""
    WRITERS[layout](root, 2, 0)
    path = root / WHERE[layout].partition(',')[0]
    lines = path.read_text().splitlines()
    first = lines[:2] if layout != 'lists' else lines[:1]
    path.write_text('\n'.join([*first, line]))
    return path


BAD_LINES = {
    'csv fields': (
        'csv',
        'a/b.jpg,5,9,12,14,3',
        'line 3: 6 fields; expected 9',
        'wrong number of fields',
    ),
    'csv too many fields': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,3,0,0,0',
        'line 3: 10 fields; expected 9',
        'wrong number of fields',
    ),
    'csv label': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,happy,0,0',
        "line 3: expression 'happy' of 'a/b.jpg' is not an integer",
        'label not an integer',
    ),
    'csv part': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,3.5,0,0',
        "line 3: expression '3.5' of 'a/b.jpg' is not an integer",
        'label not an integer',
    ),
    'csv range': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,11,0,0',
        "line 3: label 11 of 'b.jpg' is outside 0..10",
        'label out of range',
    ),
    'csv negative': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,-1,0,0',
        "line 3: label -1 of 'b.jpg' is outside 0..10",
        'label out of range',
    ),
    'csv escape': (
        'csv',
        '../b.jpg,5,9,12,14,0;0,3,0,0',
        "line 3: '../b.jpg' is no path below the folder of images",
        'path escape',
    ),
    'csv hidden escape': (
        'csv',
        'a/../../b.jpg,5,9,12,14,0;0,3,0,0',
        "line 3: 'a/../../b.jpg' is no path below",
        'path escape',
    ),
    'csv absolute': (
        'csv',
        '/etc/b.jpg,5,9,12,14,0;0,3,0,0',
        "line 3: '/etc/b.jpg' is no path below",
        'path escape',
    ),
    'csv backslash': (
        'csv',
        'a\\..\\b.jpg,5,9,12,14,0;0,3,0,0',
        'is no path below',
        'path escape',
    ),
    'csv no name': (
        'csv',
        ',5,9,12,14,0;0,3,0,0',
        "line 3: '' is no path below",
        'path escape',
    ),
    'csv box width': (
        'csv',
        'a/b.jpg,5,9,-12,14,0;0,3,0,0',
        "line 3: box '5,9,-12,14' of 'a/b.jpg'; expected numbers "
        "'face_x,face_y,face_width,face_height' with a positive width",
        'bad box',
    ),
    'csv box empty': (
        'csv',
        'a/b.jpg,5,9,0,0,0;0,3,0,0',
        "box '5,9,0,0'",
        'bad box',
    ),
    'csv box outside': (
        'csv',
        'a/b.jpg,-20,9,12,14,0;0,3,0,0',
        "box '-20,9,12,14'",
        'bad box',
    ),
    'csv box NULL': (
        'csv',
        'a/b.jpg,NULL,NULL,NULL,NULL,0;0,3,0,0',
        "box 'NULL,NULL,NULL,NULL'",
        'bad box',
    ),
    'csv box nan': (
        'csv',
        'a/b.jpg,5,nan,12,14,0;0,3,0,0',
        "box '5,nan,12,14'",
        'bad box',
    ),
    'csv box infinite': (
        'csv',
        'a/b.jpg,5,9,inf,14,0;0,3,0,0',
        "box '5,9,inf,14'",
        'bad box',
    ),
    'list fields': (
        'lists',
        '2.jpg',
        "line 2: 1 fields '2.jpg'; expected 2: 'name label'",
        'wrong number of fields',
    ),
    'list label': (
        'lists',
        '2.jpg sad',
        "line 2: label 'sad' is not an integer",
        'label not an integer',
    ),
    'list escape': (
        'lists',
        '../images/2.jpg 2',
        "line 2: '../images/2.jpg' is a path; a file name in",
        'path escape',
    ),
    'list folder': (
        'lists',
        'images/2.jpg 2',
        "line 2: 'images/2.jpg' is a path; a file name in",
        'path escape',
    ),
    'list dots': ('lists', '.. 2', "line 2: '..' is a path", 'path escape'),
    'list backslash': (
        'lists',
        '..\\2.jpg 2',
        'is a path; a file name in',
        'path escape',
    ),
    'list range': (
        'lists',
        '2.jpg 9',
        "line 2: label 9 of '2.jpg' is outside 0..6 (8, 9 and 10 are None, "
        'Uncertain and No-Face)',
        'label out of range',
    ),
    'cache fields': (
        'cache',
        '1,train,train_set/images/2.jpg',
        'line 3: 3 fields; expected 4',
        'wrong number of fields',
    ),
    'cache phase': (
        'cache',
        '1,dev,train_set/images/2.jpg,2',
        "line 3: phase 'dev' is no split",
        'unknown split',
    ),
    'cache label': (
        'cache',
        '1,train,train_set/images/2.jpg,2.5',
        "line 3: label '2.5' of 'train_set/images/2.jpg' is not an integer",
        'label not an integer',
    ),
    'cache range': (
        'cache',
        '1,train,train_set/images/2.jpg,11',
        "line 3: label 11 of '2.jpg' is outside 0..10",
        'label out of range',
    ),
    'cache escape': (
        'cache',
        '1,train,../AffectNet/train_set/images/2.jpg,2',
        "line 3: '../AffectNet/train_set/images/2.jpg' leads to no folder",
        'path escape',
    ),
    'cache escape in the middle': (
        'cache',
        '1,train,train_set/images/../../../2.jpg,2',
        'leads to no folder of a split in',
        'path escape',
    ),
    'cache elsewhere': (
        'cache',
        '1,train,/etc/images/2.jpg,2',
        "line 3: '/etc/images/2.jpg' leads to no folder of a split in",
        'path escape',
    ),
    'cache backslash': (
        'cache',
        '1,train,C:\\train_set\\images\\2.jpg,2',
        'leads to no folder of a split in',
        'path escape',
    ),
    'cache no name': (
        'cache',
        '1,train,train_set/images/,2',
        'leads to no folder of a split in',
        'path escape',
    ),
    'cache split': (
        'cache',
        '1,train,val_set/images/2.jpg,2',
        "line 3: 'val_set/images/2.jpg' lies in",
        'wrong split',
    ),
}


@pytest.mark.parametrize('case', BAD_LINES)
def test_bad_line(tmp_path: Path, case: str, log: Log) -> None:
    layout, line, text, cause = BAD_LINES[case]
    path = put_line(layout, tmp_path, line)
    assert text in refuse(f'{path}', tmp_path)
    data = AffectNet(tmp_path, on_error='skip')
    assert [label for _, label in samples(data)] == [0]
    text = f'skipped 1 entries: 1 {cause} (first: '
    assert any(text in warning for warning in log.warnings)


def test_rows_of_no_class_need_no_box(tmp_path: Path) -> None:
    """In the first release most bad boxes are of No-Face."""
    put_line('csv', tmp_path, 'a/b.jpg,NULL,NULL,NULL,NULL,0;0,10,-2,-2')
    assert len(AffectNet(tmp_path)) == 1


def test_no_box_is_needed_without_cropping(tmp_path: Path) -> None:
    path = put_line('csv', tmp_path, '')
    line = path.read_text().splitlines()[1].replace('5,9,12,14', '0,0,0,0')
    path.write_text(path.read_text().splitlines()[0] + '\n' + line)
    assert len(AffectNet(tmp_path, crop=False)) == 1


TWICE = {
    'csv': (2, '{line}', 'line 3'),
    'lists': (1, '{line}', 'line 2'),
    'cache': (2, '{line}', 'line 3'),
}


@pytest.mark.parametrize('same', [True, False])
@pytest.mark.parametrize('layout', TWICE)
def test_duplicate_line(
    tmp_path: Path, layout: str, same: bool, log: Log
) -> None:
    """Kept once; not at all with two labels."""
    path = put_line(layout, tmp_path, '')
    count, _, where = TWICE[layout]
    lines = path.read_text().splitlines()[:count]
    again = lines[-1]
    if not same:
        again = {
            'csv': again.replace(',0,0.25', ',3,0.25'),
            'lists': again.replace(' 0', ' 3'),
            'cache': again.removesuffix('0') + '3',
        }[layout]
        assert again != lines[-1]
    extra = {
        'csv': '',
        'lists': '1.jpg 1',
        'cache': '9,train,train_set/images/1.jpg,1',
    }[layout]
    path.write_text('\n'.join([*lines, again, extra]))
    text = refuse(f'{path}, {where}: ', tmp_path)
    kind = 'the same' if same else 'another'
    assert f'with {kind} label' in text and 'is already in' in text
    if layout != 'csv':
        data = AffectNet(tmp_path, on_error='skip')
        assert len(data) == 1 + same
        text = 'skipped 1 entries: 1 duplicate entry'
        assert any(text in warning for warning in log.warnings)


@pytest.mark.parametrize('layout', ['csv', 'lists', 'cache'])
@pytest.mark.parametrize('end', [b'\r\n', b'\n\n', b'\r'])
def test_crlf_bom_and_blank_lines(
    tmp_path: Path, layout: str, end: bytes
) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    for path in [*tmp_path.glob('*.csv'), *tmp_path.glob('*/*class.txt')]:
        data = path.read_bytes().replace(b'\n', end) + end
        path.write_bytes(b'\xef\xbb\xbf' + data)
    for split in ('train', 'test'):
        assert samples(AffectNet(tmp_path, split)) == of(split, found)


@pytest.mark.parametrize('layout', ['csv', 'lists', 'cache', 'yolo'])
def test_no_text(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, 2, 0)
    name = {'yolo': 'YOLO_format/data.yaml'}.get(layout, WHERE[layout])
    path = tmp_path / name.partition(',')[0]
    data = path.read_bytes()
    path.write_bytes(data[:40] + b'\xff' + data[40:])
    assert '0xff' in refuse(f'{path}: not UTF-8 text', tmp_path)


# ---- the first release -----------------------------------------------


def test_no_header_and_no_row(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'training.csv'
    path.write_text('image,label\na.jpg,3\n')
    text = refuse(f"{path}, line 1: first row is 'image,label'", tmp_path)
    assert "expected the header 'subDirectory_filePath,face_x,face_y" in text


def test_header_lacks_a_column(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'training.csv'
    path.write_text(path.read_text().replace('expression,', 'label,', 1))
    refuse(f'{path}, line 1: first row is ', tmp_path)


@pytest.mark.parametrize('rows', ['', 'header'])
def test_list_without_rows(tmp_path: Path, rows: str) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'training.csv'
    path.write_text(path.read_text().partition('\n')[0] if rows else '')
    text = 'holds no rows of images' if rows else "first row is ''"
    refuse(text, tmp_path)


def test_photographs_not_unpacked(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    folder = tmp_path / 'Manually_Annotated'
    shutil.rmtree(folder / 'Manually_Annotated_Images')
    (folder / 'Manually_Annotated.part1.rar').write_bytes(b'x')
    text = refuse('training.csv are not here: none of', tmp_path)
    assert 'Manually_Annotated/Manually_Annotated.part1.rar' in text


# ---- lists -----------------------------------------------------------


def test_list_of_7_has_no_contempt(tmp_path: Path) -> None:
    write_lists(tmp_path, 1, 0)
    (tmp_path / 'train_set/train_annotations_8class.txt').unlink()
    text = 'train_annotations_7class.txt: has no Contempt; num_classes=8'
    refuse(text, tmp_path, num_classes=8)


BASES = {
    'both': ([0, 1, 7], 'labels 0 (line 1) and 7 (line 3) both occur'),
    'neither': ([1, 2, 6], 'neither label 0 nor 7 occurs, so whether it'),
    'unfiltered': ([0, 8, 9, 10], 'labels [8, 9, 10] are outside 0..6'),
}


@pytest.mark.parametrize('case', BASES)
def test_base_of_a_list(tmp_path: Path, case: str) -> None:
    write_lists(tmp_path, 1, 0)
    labels, text = BASES[case]
    path = tmp_path / 'train_set/train_annotations_7class.txt'
    path.write_text(
        ''.join(f'{n}.jpg {label}\n' for n, label in enumerate(labels))
    )
    refuse(f'{path}: {text}', tmp_path)
    if case == 'neither':
        for base in (0, 1):
            data = AffectNet(tmp_path, label_base=base)
            found = [label for _, label in samples(data)]
            assert found == [label - base for label in labels]


@pytest.mark.parametrize('turned', [6, 1])
def test_names_that_contradict_the_labels(
    tmp_path: Path, turned: int, log: Log
) -> None:
    """Names such as happy_12.jpg: most wrong is another order."""
    write_lists(tmp_path, 1, 0)
    images = tmp_path / 'train_set/images'
    lines = []
    for number in range(7):
        label = 6 - number if number < turned else number
        name = f'{CLASSES[label].lower()}_{number}.jpg'
        (images / f'{number}.jpg').rename(images / name)
        lines.append(f'{name} {number}\n')
    path = tmp_path / 'train_set/train_annotations_7class.txt'
    path.write_text(''.join(lines))
    text = (
        'of 7 images that are named after a class are listed as another '
        "(first: line 1, 'anger_0.jpg' with label 0, Neutral)"
    )
    if turned == 6:
        assert text in refuse(f'{path}: 5 of 7', tmp_path)
    else:
        assert len(AffectNet(tmp_path)) == 7
        assert any(text in warning for warning in log.warnings)


def test_two_caches(tmp_path: Path) -> None:
    write_cache(tmp_path, 1, 0)
    shutil.copy(tmp_path / 'affectnet.csv', tmp_path / 'old.csv')
    refuse('affectnet.csv, old.csv all have the header', tmp_path)


def test_base_of_a_cache(tmp_path: Path) -> None:
    path = put_line('cache', tmp_path, '')
    path.write_text(
        ',phase,img_path,label\n'
        '0,train,train_set/images/1.jpg,1\n'
        '1,train,train_set/images/8.jpg,8\n'
    )
    text = 'label 0 does not occur (Neutral in AffectNet), only [1, 8], so'
    refuse(f'{path}: {text}', tmp_path)
    data = AffectNet(tmp_path, num_classes=8, label_base=1)
    assert [label for _, label in samples(data)] == [0, 7]
    data = AffectNet(tmp_path, num_classes=8, label_base=0)
    assert [label for _, label in samples(data)] == [1]


def test_cache_with_an_open_quote(tmp_path: Path) -> None:
    """It would swallow every row after it."""
    path = put_line('cache', tmp_path, '')
    text = path.read_text().rstrip('\n')
    path.write_text(f'{text}\n1,train,"train_set/images/2.jpg,2\n')
    refuse(f'{path}, line 3: no CSV: ', tmp_path)


# ---- class folders ---------------------------------------------------


@pytest.mark.usefixtures('small')
@pytest.mark.parametrize('classes', [7, 8])
def test_numbered_folders_need_an_order(tmp_path: Path, classes: int) -> None:
    """As many images a class as in validation prove nothing."""
    counts = {'train': (3,) * classes, 'val': SMALL['test'][:classes]}
    write_numbers(tmp_path, counts)
    text = refuse(
        f'{tmp_path}: what the numbered class folders mean is not known',
        tmp_path,
        num_classes=classes,
    )
    assert 'they are numbered from 0' in text
    assert 'val: 0: 2, 1: 2' in text
    assert "'affectnet' = neutral, happiness, sadness" in text


def test_numbers_from_1_need_an_order(tmp_path: Path) -> None:
    for number in range(1, 9):
        (tmp_path / 'train' / str(number)).mkdir(parents=True)
        (tmp_path / 'train' / str(number) / 'a.jpg').write_bytes(b'x')
    refuse('they are numbered from 1', tmp_path)
    data = AffectNet(tmp_path, folder_order='affectnet')
    found = {(Path(p).parent.name, label) for p, label in samples(data)}
    assert found == {(str(label + 1), label) for label in range(7)}


def test_order_against_the_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = (9, 10, 8, 7, 6, 5, 4, 3)
    monkeypatch.setattr(AffectNet, 'PUBLISHED', {'train': counts})
    write_numbers(tmp_path, {'train': counts})
    order = [*CLASSES[:5], 'Anger', 'Disgust', 'Contempt']
    text = 'the published counts prove the order'
    refuse(text, tmp_path, folder_order=order)


@pytest.mark.parametrize('named', [True, False])
def test_copy_without_contempt(tmp_path: Path, named: bool) -> None:
    found = write_folders(tmp_path, 1, 0, numbered=not named)
    for path in (*tmp_path.glob('*/contempt'), *tmp_path.glob('*/7')):
        shutil.rmtree(path)
    options = {} if named else dict(folder_order='affectnet')
    assert samples(AffectNet(tmp_path, **options)) == of('train', found)
    text = 'have no Contempt; num_classes=8 needs it'
    refuse(text, tmp_path, num_classes=8, **options)


def test_unknown_class_folder(tmp_path: Path, log: Log) -> None:
    found = write_folders(tmp_path, 2, 0)
    (tmp_path / 'train/sad').rename(tmp_path / 'train/sadd')
    text = 'train/sadd: unknown class folder with 2 images; the classes are'
    refuse(text, tmp_path)
    expected = [item for item in of('train', found) if item[1] != 2]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected
    text = 'skipped 2 entries: 2 unknown class folder'
    assert any(text in warning for warning in log.warnings)


def test_class_twice(tmp_path: Path) -> None:
    """Anger and anger of one split; of two splits they are one class."""
    write_pack(tmp_path, 1, 0)
    shutil.copytree(tmp_path / 'Test/Anger', tmp_path / 'Test/angry')
    refuse("'Anger' and 'angry' are both the class 'Anger'", tmp_path)


def test_numbers_and_names(tmp_path: Path) -> None:
    write_folders(tmp_path, 1, 0)
    (tmp_path / 'train/sad').rename(tmp_path / 'train/2')
    refuse('numbered and named class folders are mixed', tmp_path)


def test_number_in_two_classes(tmp_path: Path, log: Log) -> None:
    """The same image with two labels is left out."""
    found = write_folders(tmp_path, 2, 0)
    shutil.copy(tmp_path / 'train/sad/2.jpg', tmp_path / 'train/happy/2.jpg')
    text = 'the same image as'
    assert 'train/happy/2.jpg' in refuse(text, tmp_path)
    expected = [item for item in of('train', found) if '/2.jpg' not in item[0]]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected
    text = 'skipped 1 entries: 1 duplicate entry'
    assert any(text in warning for warning in log.warnings)


@pytest.mark.parametrize('layout', WRITERS)
def test_other_splits_are_not_judged(tmp_path: Path, layout: str) -> None:
    """An empty image of test is no matter of train."""
    found = WRITERS[layout](tmp_path, 2, 0)
    options = OPTIONS.get(layout, {})
    path = [path for split, path, _ in found if split == 'test'][0]
    (tmp_path / path).write_bytes(b'')
    data = AffectNet(tmp_path, **options)
    assert samples(data) == of('train', found)
    refuse('empty', tmp_path, 'test', **options)


def test_guesses_that_cannot_be_compared(tmp_path: Path, log: Log) -> None:
    found = write_pack(tmp_path, 1, 0)
    path = tmp_path / 'labels.csv'
    path.write_text(
        ',pth,label,relFCs\n0,image1.jpg,sad,0.9\n1,sad/a.jpg,5,1\n2,,\n'
    )
    assert samples(AffectNet(tmp_path)) == of('train', found)
    text = 'labels.csv: 3 rows do not name a class folder, an image and a'
    assert any(text in warning for warning in log.warnings)


# ---- YOLO ------------------------------------------------------------

YAML = {
    'no YAML': ('names: [', 'data.yaml: no YAML: '),
    'no names': ('nc: 8\n', "key 'names' is None; a list of class names"),
    'a text': ('names: Anger\n', "key 'names' is 'Anger'"),
    'no mapping': ('- Anger\n', "key 'names' is None"),
    'empty': ('', "key 'names' is None"),
    'count': ('nc: 7\nnames: [Anger, Sad]\n', "'nc' is '7', but 'names' ho"),
    'unknown': (
        'names: [Anger, Smile]\n',
        "key 'names', '1': class 'Smile' is unknown; expected Neutral, Happy",
    ),
    'no id': ('names: {a: Anger}\n', "key 'names', 'a': class 'Anger' is unk"),
    'twice': ('names: [Anger, angry]\n', "the class 'Anger' twice"),
    'id twice': ('names: {0: Anger, 00: Sad}\n', 'holds the id 0 or the clas'),
}


@pytest.mark.parametrize('case', YAML)
def test_bad_data_yaml(tmp_path: Path, case: str) -> None:
    write_yolo(tmp_path, 1, 0)
    text, message = YAML[case]
    path = tmp_path / 'YOLO_format/data.yaml'
    path.write_text(text)
    assert message in refuse(f'{path}: ', tmp_path)


LABELS = {
    'empty': ('', "found b''; expected"),
    'fields': ('3 0.5 0.5 0.9\n', 'expected "id x y width height"'),
    'a list of names': ('Happy 0.5 0.5 0.9 0.9\n', 'one id of [0, 1, 2, 3'),
    'unknown': ('8 0.5 0.5 0.9 0.9\n', "found b'8 0.5"),
    'two classes': (
        '3 0.5 0.5 0.9 0.9\n4 0.5 0.5 0.9 0.9\n',
        'with one id of',
    ),
}


@pytest.mark.parametrize('case', LABELS)
def test_bad_label_file(tmp_path: Path, case: str, log: Log) -> None:
    found = write_yolo(tmp_path, 2, 0)
    path = tmp_path / 'YOLO_format/train/labels/image0000002.txt'
    text, message = LABELS[case]
    path.write_text(text)
    assert message in refuse(f'{path}: ', tmp_path)
    expected = [item for item in of('train', found) if '0002.' not in item[0]]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected
    text = 'skipped 1 entries: 1 bad label file'
    assert any(text in warning for warning in log.warnings)


def test_two_faces_of_one_class(tmp_path: Path) -> None:
    found = write_yolo(tmp_path, 1, 0)
    path = tmp_path / 'YOLO_format/train/labels/image0000002.txt'
    path.write_text(path.read_text() * 2)
    assert samples(AffectNet(tmp_path)) == of('train', found)


def test_missing_label_file(tmp_path: Path, log: Log) -> None:
    found = write_yolo(tmp_path, 2, 0)
    path = tmp_path / 'YOLO_format/train/labels/image0000002.txt'
    path.unlink()
    refuse(f'{path}: missing, so', tmp_path)
    expected = [item for item in of('train', found) if '0002.' not in item[0]]
    assert samples(AffectNet(tmp_path, on_error='skip')) == expected
    text = 'skipped 1 entries: 1 missing label'
    assert any(text in warning for warning in log.warnings)


def test_two_images_of_a_label_file(tmp_path: Path) -> None:
    write_yolo(tmp_path, 1, 0)
    images = tmp_path / 'YOLO_format/train/images'
    shutil.copy(images / 'image0000002.jpg', images / 'image0000002.png')
    refuse('belong to the same label', tmp_path)


def test_yolo_without_images(tmp_path: Path) -> None:
    write_yolo(tmp_path, 1, 0)
    images = tmp_path / 'YOLO_format/train/images'
    shutil.rmtree(images)
    refuse(f'{images}: no images here', tmp_path)
