"""AffectNet keeps the contract; its releases, boxes, lists and numbers."""

from __future__ import annotations

import io
import os
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
from .contract import Bad, DatasetContract, Edit, Layout
from .contract.edits import (
    append,
    copy,
    each,
    move,
    remove,
    replace,
    rewrite,
    text,
)

TRAIN, BOTH = ('train',), ('train', 'test')
NPY = 'train_set/annotations/2_exp.npy'
SEVEN = 'train_set/train_annotations_7class.txt'
DATA = 'YOLO_format/data.yaml'
YOLO = 'YOLO_format/train/labels/image0000002.txt'


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

BAD_LINES = {
    'csv fields': (
        'csv',
        'a/b.jpg,5,9,12,14,3',
        '6 fields; expected 9',
        'wrong number of fields',
    ),
    'csv too many fields': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,3,0,0,0',
        '10 fields; expected 9',
        'wrong number of fields',
    ),
    'csv label': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,happy,0,0',
        "expression 'happy' of 'a/b.jpg' is not an integer",
        'label not an integer',
    ),
    'csv part': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,3.5,0,0',
        "expression '3.5' of 'a/b.jpg' is not an integer",
        'label not an integer',
    ),
    'csv range': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,11,0,0',
        "label 11 of 'b.jpg' is outside 0..10",
        'label out of range',
    ),
    'csv negative': (
        'csv',
        'a/b.jpg,5,9,12,14,0;0,-1,0,0',
        "label -1 of 'b.jpg' is outside 0..10",
        'label out of range',
    ),
    'csv escape': (
        'csv',
        '../b.jpg,5,9,12,14,0;0,3,0,0',
        "'../b.jpg' is no path below the folder of images",
        'path escape',
    ),
    'csv hidden escape': (
        'csv',
        'a/../../b.jpg,5,9,12,14,0;0,3,0,0',
        "'a/../../b.jpg' is no path below",
        'path escape',
    ),
    'csv absolute': (
        'csv',
        '/etc/b.jpg,5,9,12,14,0;0,3,0,0',
        "'/etc/b.jpg' is no path below",
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
        "'' is no path below",
        'path escape',
    ),
    'csv box width': (
        'csv',
        'a/b.jpg,5,9,-12,14,0;0,3,0,0',
        "box '5,9,-12,14' of 'a/b.jpg'; expected numbers "
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
    'csv box above': (
        'csv',
        'a/b.jpg,5,-20,12,14,0;0,3,0,0',
        "box '5,-20,12,14'",
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
        "1 fields '2.jpg'; expected 2: 'name label'",
        'wrong number of fields',
    ),
    'list label': (
        'lists',
        '2.jpg sad',
        "label 'sad' is not an integer",
        'label not an integer',
    ),
    'list escape': (
        'lists',
        '../images/2.jpg 2',
        "'../images/2.jpg' is a path; a file name in",
        'path escape',
    ),
    'list folder': (
        'lists',
        'images/2.jpg 2',
        "'images/2.jpg' is a path; a file name in",
        'path escape',
    ),
    'list dots': ('lists', '.. 2', "'..' is a path", 'path escape'),
    'list backslash': (
        'lists',
        '..\\2.jpg 2',
        'is a path; a file name in',
        'path escape',
    ),
    'list range': (
        'lists',
        '2.jpg 9',
        "label 9 of '2.jpg' is outside 0..6 (8, 9 and 10 are None, "
        'Uncertain and No-Face)',
        'label out of range',
    ),
    'cache fields': (
        'cache',
        '1,train,train_set/images/2.jpg',
        "3 fields '1,train,train_set/images/2.jpg'; expected 4",
        'wrong number of fields',
    ),
    'cache phase': (
        'cache',
        '1,dev,train_set/images/2.jpg,2',
        "phase 'dev' is no split",
        'unknown split',
    ),
    'cache label': (
        'cache',
        '1,train,train_set/images/2.jpg,2.5',
        "label '2.5' of 'train_set/images/2.jpg' is not an integer",
        'label not an integer',
    ),
    'cache range': (
        'cache',
        '1,train,train_set/images/2.jpg,11',
        "label 11 of '2.jpg' is outside 0..10",
        'label out of range',
    ),
    'cache escape': (
        'cache',
        '1,train,../AffectNet/train_set/images/2.jpg,2',
        "'../AffectNet/train_set/images/2.jpg' leads to no folder",
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
        "'/etc/images/2.jpg' leads to no folder of a split in",
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
        "'val_set/images/2.jpg' lies in",
        'wrong split',
    ),
}

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

LABELS = {
    'empty': ('', "found b''; expected"),
    'fields': ('3 0.5 0.5 0.9\n', 'expected "id x y width height"'),
    'six fields': ('3 0.5 0.5 0.9 0.9 1\n', 'one id of'),
    'a list of names': ('Happy 0.5 0.5 0.9 0.9\n', 'one id of [0, 1, 2, 3'),
    'unknown': ('8 0.5 0.5 0.9 0.9\n', "found b'8 0.5"),
    'two classes': (
        '3 0.5 0.5 0.9 0.9\n4 0.5 0.5 0.9 0.9\n',
        'with one id of',
    ),
}


LISTS = {
    'csv': ('training.csv', 46),
    'lists': (SEVEN, 29),
    'cache': ('affectnet.csv', 50),
}
"""Layout to its list, and to the number of a line that is appended."""
OF_NO_SPLIT = [
    case
    for case, (layout, *_) in BAD_LINES.items()
    if layout == 'cache' and 'range' not in case
]
"""Lines that are reported whatever split is read."""


def folder(file: str) -> Edit:
    """A folder in the place of a file."""

    def edit(root: Path) -> None:
        (root / file).unlink()
        (root / file).mkdir()

    return edit


def wrong(layout: str, error: str, edit: Edit, cause: str = '', **more) -> Bad:
    return Bad(
        edit, error, cause, **{'layouts': [layout], 'splits': TRAIN, **more}
    )


SECOND = dict(lost=[r'^train_set/images/2\.jpg'])
SECOND_OF_YOLO = dict(lost=['train/images/image0000002'])


class TestAffectNet(DatasetContract):
    kind = AffectNet
    classes = 'Neutral Happy Sad Surprise Fear Disgust Anger'.split()
    layouts = {
        '2021': Layout(
            WRITERS['2021'],
            '2021',
            named=True,
            relabel=('train_set/annotations/0_exp.npy', '0\0\0\0', '3\0\0\0'),
        ),
        'csv': Layout(
            WRITERS['csv'],
            'csv',
            lists=['training.csv', 'validation.csv'],
            relabel=('training.csv', ';22.0,0,0.25', ';22.0,3,0.25'),
        ),
        'lists': Layout(
            WRITERS['lists'],
            'lists',
            lists=[SEVEN, 'valid_set/valid_annotations_7class.txt'],
            relabel=(SEVEN, '0.jpg 0', '0.jpg 3'),
        ),
        'cache': Layout(
            WRITERS['cache'],
            'cache',
            lists=['affectnet.csv'],
            relabel=('affectnet.csv', '0.jpg,0', '0.jpg,3'),
        ),
        'folders': Layout(WRITERS['folders'], 'folders'),
        'numbered folders': Layout(
            WRITERS['numbered folders'],
            'folders',
            options=dict(folder_order='affectnet'),
        ),
        '96x96': Layout(WRITERS['96x96'], 'folders'),
        'yolo': Layout(
            WRITERS['yolo'],
            'yolo',
            named=True,
            relabel=(YOLO.replace('2.t', '0.t'), '5 0.5', '3 0.5'),
            below=['a'],
            splits=('train', 'val', 'test'),
            splits_off=False,
        ),
    }
    apart = ('a', 'b')
    options = (dict(num_classes=8), dict(val_ratio=0.4))
    arguments = {
        'num_classes': (
            dict(num_classes=6),
            'num_classes=6 is unknown; expected 7, or 8 with Contempt',
        ),
        'label_base': (
            dict(label_base=2),
            "label_base=2 is unknown; expected 'auto', 0 or 1",
        ),
        'layouts': (
            dict(layout='zip'),
            "expected 'auto', '2021', 'numbers', 'csv', 'lists', 'cache', "
            "'yolo', 'folders'",
        ),
        'folder_order of no folders': (
            dict(folder_order='affectnet'),
            "folder_order='affectnet' is for the layout 'folders'; here is ",
        ),
        'label_base of no list': (
            dict(label_base=0),
            "label_base=0 is for the layout 'lists' or 'cache' or 'folders'; ",
        ),
        'classes with contempt': (
            dict(num_classes=8, classes=sorted(CLASSES)),
            'are those of AffectNet in another order',
        ),
    }
    bad = {
        **{
            f'label file: {case}': wrong(
                '2021',
                f'{{root}}/{NPY}: ...{message}',
                text(NPY, data),
                'unreadable label',
                **SECOND,
            )
            for case, (data, message) in LABEL_FILES.items()
        },
        **{
            f'label {label}': wrong(
                '2021',
                f"{{root}}/{NPY}: label {label} of '2.jpg' is outside 0..10",
                text(NPY, npy(str(label))),
                'label out of range',
                **SECOND,
            )
            for label in (11, -1, 254)
        },
        'label that is a folder': wrong(
            '2021',
            f'{{root}}/{NPY}: cannot be read...Is a directory',
            folder(NPY),
            'unreadable label',
            **SECOND,
        ),
        'two images of a label': wrong(
            '2021',
            '{root}/train_set/images: ...belong to the same label',
            copy('train_set/images/2.jpg', 'train_set/images/2.png'),
        ),
        'no labels': wrong(
            '2021',
            '{root}/train_set/annotations: holds no <id>_exp.npy',
            remove('train_set/annotations/*_exp.npy'),
        ),
        'images not unpacked': wrong(
            '2021',
            '{root}/train_set/images: no such folder...train_set/images.zip: '
            'unpack',
            each(
                remove('train_set/images'),
                text('train_set/images.zip', b'PK'),
            ),
        ),
        'two folders of a split': wrong(
            '2021',
            "'val_set' and 'valid_set' are both the split 'val'",
            copy('val_set', 'valid_set'),
            splits=BOTH,
        ),
        **{
            case: wrong(
                layout,
                f'{{list}}, line {LISTS[layout][1]}: ...{message}',
                append(LISTS[layout][0], own),
                cause,
                splits=BOTH if case in OF_NO_SPLIT else TRAIN,
            )
            for case, (layout, own, message, cause) in BAD_LINES.items()
        },
        'open quote': wrong(
            'cache',
            '{list}, line 50: no CSV: ',
            append('affectnet.csv', '1,train,"train_set/images/2.jpg,2'),
            'bad quotes',
            splits=BOTH,
        ),
        'two caches': wrong(
            'cache',
            'affectnet.csv, old.csv all have the header',
            copy('affectnet.csv', 'old.csv'),
            splits=BOTH,
        ),
        'another list': wrong(
            'csv',
            "{list}, line 1: first row is 'image,label'...expected the header "
            "'subDirectory_filePath,face_x,face_y",
            text('training.csv', 'image,label\na.jpg,3\n'),
        ),
        'header without a column': wrong(
            'csv',
            '{list}, line 1: first row is ',
            replace('training.csv', 'expression,', 'label,', 1),
        ),
        'empty list': wrong(
            'csv', "first row is ''", text('training.csv', '')
        ),
        'header alone': wrong(
            'csv',
            'holds no rows of images',
            lambda root: text(
                'training.csv',
                (root / 'training.csv').read_text().split('\n')[0],
            )(root),
        ),
        'photographs not unpacked': wrong(
            'csv',
            '.csv are not here: none of...Manually_Annotated/Manually_'
            'Annotated.part1.rar',
            each(
                remove('Manually_Annotated/Manually_Annotated_Images'),
                text('Manually_Annotated/Manually_Annotated.part1.rar', b'x'),
            ),
            splits=BOTH,
        ),
        'list of 7 has no Contempt': wrong(
            'lists',
            '_annotations_7class.txt: has no Contempt; num_classes=8',
            remove('*_set/*_annotations_8class.txt'),
            options=dict(num_classes=8),
            splits=BOTH,
        ),
        'unknown class folder': wrong(
            'folders',
            'train/sadd: unknown class folder with 4 images; the classes are',
            move('train/sad', 'train/sadd'),
            'unknown class folder',
            count=4,
            lost=['train/sad/'],
            splits=BOTH,
        ),
        'class twice': wrong(
            '96x96',
            "'Anger' and 'angry' are both the class 'Anger'",
            copy('Test/Anger', 'Test/angry'),
            splits=BOTH,
        ),
        'numbered and named': wrong(
            'folders',
            'numbered and named class folders are mixed',
            move('train/sad', 'train/2'),
            splits=BOTH,
        ),
        'number in two classes': wrong(
            'folders',
            'the same image as',
            copy('train/sad/2.jpg', 'train/happy/2.jpg'),
            'duplicate entry',
            lost=['train/sad/2.jpg'],
        ),
        **{
            f'data.yaml: {case}': wrong(
                'yolo',
                f'{{root}}/{DATA}: ...{message.removeprefix("data.yaml: ")}',
                text(DATA, own),
                splits=('train', 'val', 'test'),
            )
            for case, (own, message) in YAML.items()
        },
        'data.yaml: no text': wrong(
            'yolo',
            f'{{root}}/{DATA}: not UTF-8 text...0xff',
            text(DATA, b'names: [\xff]'),
            splits=('train', 'val', 'test'),
        ),
        **{
            f'label file of YOLO: {case}': wrong(
                'yolo',
                f'{{root}}/{YOLO}: ...{message}',
                text(YOLO, own),
                'bad label file',
                **SECOND_OF_YOLO,
            )
            for case, (own, message) in LABELS.items()
        },
        'no label file': wrong(
            'yolo',
            f'{{root}}/{YOLO}: missing, so',
            remove(YOLO),
            'missing label',
            **SECOND_OF_YOLO,
        ),
        'two images of a label file': wrong(
            'yolo',
            'belong to the same label',
            copy(
                'YOLO_format/train/images/image0000002.jpg',
                'YOLO_format/train/images/image0000002.png',
            ),
        ),
        'no images': wrong(
            'yolo',
            '{root}/YOLO_format/train/images: no images here',
            remove('YOLO_format/train/images'),
        ),
    }


def refuse(message: str, root: Path, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DatasetError, match=re.escape(message)) as caught:
        AffectNet(root, *args, **kwargs)
    return str(caught.value)


def test_half_of_the_names_decide_nothing(tmp_path: Path, log: Log) -> None:
    write_lists(tmp_path, 2, 0)
    lines = []
    for number in range(14):
        label = number % 7
        named = CLASSES[(label + (number < 7)) % 7].lower()
        name = f'{named}_{number}.jpg'
        shutil.copy(
            tmp_path / f'train_set/images/{number}.jpg',
            tmp_path / f'train_set/images/{name}',
        )
        lines.append(f'{name} {label}\n')
    rewrite(tmp_path / SEVEN, ''.join(lines))
    assert len(AffectNet(tmp_path)) == 14
    assert any('7 of 14 images that are named' in t for t in log.warnings)


Found = list[tuple[str, str, int]]


def samples(data: AffectNet) -> list[tuple[str, int]]:
    """(Path below the root, label), sorted."""
    infos = [data.get_data_info(index) for index in range(len(data))]
    return sorted(
        (os.path.relpath(info['img_path'], data.data_root), info['gt_label'])
        for info in infos
    )


def of(split: str, found: Found) -> list[tuple[str, int]]:
    return sorted((path, label) for s, path, label in found if s == split)


def assert_all(root: Path, found: Found, **kwargs: Any) -> None:
    """Every split holds exactly what was written."""
    for split in {split for split, _, _ in found}:
        assert samples(AffectNet(root, split, **kwargs)) == of(split, found)


OPTIONS: dict[str, dict[str, Any]] = {
    'numbered folders': dict(folder_order='affectnet')
}


def test_annotations_outrank_the_lists_made_of_them(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 2, 0)
    for path in tmp_path.glob('*_set/annotations/*_exp.npy'):
        number = path.name.removesuffix('_exp.npy')
        label = (int(np.load(path)) + 1) % 7
        with open(tmp_path / 'affectnet.csv', 'a') as file:
            if file.tell() == 0:
                file.write('phase,img_path,label\n')
            phase = path.parts[-3].removesuffix('_set')
            file.write(f'{phase},{phase}_set/images/{number}.jpg,{label}\n')
    assert_all(tmp_path, found)
    other = samples(AffectNet(tmp_path, layout='cache'))
    assert [path for path, _ in other] != []
    assert other != of('train', found)


@pytest.mark.parametrize('layout', WRITERS)
def test_labels_after_contempt_do_not_shift(
    tmp_path: Path, layout: str
) -> None:
    """With 7 classes each image has the label that it has with 8."""
    WRITERS[layout](tmp_path, 3, 0)
    options = OPTIONS.get(layout, {})
    seven = samples(AffectNet(tmp_path, **options))
    eight = samples(AffectNet(tmp_path, num_classes=8, **options))
    assert seven == [(path, label) for path, label in eight if label != 7]
    assert len(seven) < len(eight)


def test_what_is_left_out_is_told(tmp_path: Path, log: Log) -> None:
    write_csv(tmp_path, 3, 0)
    AffectNet(tmp_path)
    text = (
        'training.csv: left out 3 Contempt, 3 None, 3 Uncertain, 3 No-Face '
        '(num_classes=7); the other labels keep their numbers'
    )
    assert any(text in note for note in log.notes)


def test_val_needs_a_ratio(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    text = "split='test' is AffectNet's validation set; for split='val' set "
    with pytest.raises(DatasetError, match=re.escape(text)):
        AffectNet(tmp_path, 'val')


def test_own_val_is_not_split(tmp_path: Path) -> None:
    write_yolo(tmp_path, 2, 0)
    text = "holds a validation split, split='val'; leave val_ratio=0.1 out"
    with pytest.raises(DatasetError, match=re.escape(text)):
        AffectNet(tmp_path, 'train', val_ratio=0.1)


@pytest.mark.parametrize('name', ['val_set', 'valid_set', 'val', 'validation'])
@pytest.mark.parametrize('layout', ['2021', 'lists'])
def test_names_of_the_split_folder(
    tmp_path: Path, layout: str, name: str
) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    old = 'val_set' if layout == '2021' else 'valid_set'
    (tmp_path / old).rename(tmp_path / name)
    assert_all(
        tmp_path,
        [(s, p.replace(f'{old}/', f'{name}/'), n) for s, p, n in found],
    )


def test_val_beside_test_is_somebodys_own_split(
    tmp_path: Path, log: Log
) -> None:
    found = write_folders(tmp_path, 2, 0)
    shutil.copytree(tmp_path / 'val', tmp_path / 'test')
    own = [(p.replace('val/', 'test/'), n) for p, n in of('test', found)]
    assert samples(AffectNet(tmp_path, 'test')) == own
    assert samples(AffectNet(tmp_path, 'val')) == of('test', found)
    text = "val and test are both here, so the split is not AffectNet's"
    assert any(text in warning for warning in log.warnings)


SAME_LABEL = {
    'text': lambda label: np.array(str(label)),
    'wide text': lambda label: np.array(str(label), 'U20'),
    'bytes': lambda label: np.array(str(label).encode()),
    'int64': lambda label: np.array(label),
    'big-endian': lambda label: np.array(label, '>i4'),
    'uint8': lambda label: np.array(label, np.uint8),
    'float': lambda label: np.array(float(label)),
    'one element': lambda label: np.array([label]),
}


@pytest.mark.parametrize('kind', SAME_LABEL)
def test_label_of_any_type(tmp_path: Path, kind: str) -> None:
    found = write_2021(tmp_path, 2, 0)
    for _, path, label in found:
        file = tmp_path / path.replace('images', 'annotations')
        np.save(
            file.with_name(f'{file.stem}_exp.npy'), SAME_LABEL[kind](label)
        )
    assert_all(tmp_path, found)


def test_version_2_of_the_format(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 1, 0)
    for path in tmp_path.glob('*/annotations/*_exp.npy'):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, np.load(path), version=(2, 0))
        path.write_bytes(stream.getvalue())
    assert_all(tmp_path, found)


def test_images_of_another_type(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 1, 0)
    for _, path, _ in found:
        image = tmp_path / path
        image.rename(image.with_suffix('.png'))
    assert_all(
        tmp_path, [(s, p.replace('.jpg', '.png'), n) for s, p, n in found]
    )


def boxes(data: AffectNet) -> dict[str, Any]:
    infos = [data.get_data_info(index) for index in range(len(data))]
    return {Path(info['img_path']).name: info.get('box') for info in infos}


def test_box_is_left_top_width_height_in_the_list(tmp_path: Path) -> None:
    """face_x 5, face_y 9, width 12, height 14."""
    write_csv(tmp_path, 2, 0)
    found = set(boxes(AffectNet(tmp_path)).values())
    assert found == {(5.0, 9.0, 17.0, 23.0), (-2.0, 9.0, 10.0, 23.0)}


def test_box_is_cropped_at_access(tmp_path: Path) -> None:
    """With the margin of a tenth on each side, cut to the image."""
    write_csv(tmp_path, 2, 0)
    data = AffectNet(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    shapes = {
        info['box'][0]: data[index]['img'].shape
        for index in range(len(data))
        if (info := data.get_data_info(index))
    }
    # -2 - 1.2 to 10 + 1.2 and 9 - 1.4 to 23 + 1.4, outwards
    assert shapes == {5.0: (18, 16, 3), -2.0: (18, 12, 3)}


def test_faces_that_are_cropped_already(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    assert_all(tmp_path, found, crop=False)
    assert set(boxes(AffectNet(tmp_path, crop=False)).values()) == {None}


def test_boxes_that_reach_beyond_are_told(tmp_path: Path, log: Log) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'training.csv'
    path.write_text(path.read_text().replace(',12,14,', ',40,40,'))
    assert_all(tmp_path, found)
    text = 'boxes looked at reach beyond their image (first: '
    assert [text in warning for warning in log.warnings].count(True) == 1
    assert any('set crop=False' in warning for warning in log.warnings)


@pytest.mark.parametrize('header', ['both', 'neither', 'swapped'])
def test_header_is_sniffed(tmp_path: Path, header: str) -> None:
    """The first row is neither lost nor read as an image."""
    found = write_csv(tmp_path, 2, 0, num_classes=8)
    train, val = tmp_path / 'training.csv', tmp_path / 'validation.csv'
    line, _, rest = train.read_text().partition('\n')
    if header != 'both':
        train.write_text(rest)
    if header != 'neither':
        val.write_text(f'{line}\n{val.read_text()}')
    assert_all(tmp_path, found, num_classes=8)


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'training.csv'
    rows = [line.split(',') for line in path.read_text().split()]
    path.write_text(
        ''.join(f'{r[6]},{r[4]},{r[3]},{r[2]},{r[1]},{r[0]}\n' for r in rows)
    )
    assert_all(tmp_path, found)
    found_boxes = set(boxes(AffectNet(tmp_path)).values())
    assert found_boxes == {(5.0, 9.0, 17.0, 23.0), (-2.0, 9.0, 10.0, 23.0)}


PLACES = {
    'lists': ('.', 'Manually_Annotated_file_lists'),
    'lists beside images': (
        '.',
        'Manually_Annotated/Manually_Annotated_file_lists',
    ),
    'images above': ('Manually_Annotated_Images', '.'),
    'images in Manually_Annotated': ('Manually_Annotated', '.'),
    'images in the root': ('.', '.'),
}


@pytest.mark.parametrize('place', PLACES)
def test_places_of_lists_and_images(tmp_path: Path, place: str) -> None:
    found = write_csv(tmp_path / 'x', 2, 0)
    images, lists = (tmp_path / 'y' / part for part in PLACES[place])
    old = 'Manually_Annotated/Manually_Annotated_Images'
    new = old if place.startswith('lists') else PLACES[place][0]
    if place.startswith('lists'):
        images = tmp_path / 'y' / old
    lists.mkdir(parents=True, exist_ok=True)
    images.mkdir(parents=True, exist_ok=True)
    for path in (tmp_path / 'x' / old).iterdir():
        path.rename(images / path.name)
    for name in ('training.csv', 'validation.csv'):
        (tmp_path / 'x' / name).rename(lists / name)
    assert_all(
        tmp_path / 'y',
        [(s, os.path.normpath(p.replace(old, new)), n) for s, p, n in found],
    )


def test_two_faces_of_a_photograph(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'training.csv'
    header, line = path.read_text().split('\n')[:2]
    other = line.replace(',5,9,12,14,', ',1,2,12,14,')
    path.write_text(f'{header}\n{line}\n{other}\n')
    data = AffectNet(tmp_path)
    infos = [data.get_data_info(index) for index in range(len(data))]
    assert [info['box'][0] for info in infos] == [5.0, 1.0]
    assert infos[0]['img_path'] == infos[1]['img_path']


def test_list_of_8_serves_7(tmp_path: Path) -> None:
    found = write_lists(tmp_path, 2, 0)
    for path in tmp_path.glob('*/*_7class.txt'):
        path.unlink()
    assert_all(tmp_path, found)


def test_list_of_7_is_preferred(tmp_path: Path) -> None:
    write_lists(tmp_path, 2, 0)
    path = tmp_path / 'train_set/train_annotations_7class.txt'
    path.write_text('3.jpg 0\n')
    assert samples(AffectNet(tmp_path)) == [('train_set/images/3.jpg', 0)]
    assert len(AffectNet(tmp_path, num_classes=8)) == 16


def test_list_that_counts_from_1(tmp_path: Path) -> None:
    found = write_lists(tmp_path, 2, 0)
    for path in tmp_path.glob('*/*_7class.txt'):
        lines = [line.split() for line in path.read_text().splitlines()]
        path.write_text(
            ''.join(f'{name} {int(label) + 1}\n' for name, label in lines)
        )
    assert_all(tmp_path, found)


def test_names_that_agree_with_labels(tmp_path: Path, log: Log) -> None:
    write_lists(tmp_path, 2, 0)
    images = tmp_path / 'train_set/images'
    lines = []
    for number in range(14):
        name = f'{CLASSES[number % 7].lower()}_ffhq_{number}.jpg'
        (images / f'{number + number // 7}.jpg').rename(images / name)
        lines.append(f'{name} {number % 7}\n')
    path = tmp_path / 'train_set/train_annotations_7class.txt'
    path.write_text(''.join(lines))
    assert len(AffectNet(tmp_path)) == 14
    assert not any('named after a class' in text for text in log.warnings)


PATHS = {
    'of another machine': '/data/train/AffectNet/{}',
    'below a folder named as a split': '/data/train_set/val_set/x/{}',
    'relative to the root': '{}',
    'relative to elsewhere': './datasets/AffectNet/{}',
}


@pytest.mark.parametrize('kind', PATHS)
@pytest.mark.parametrize('index', [True, False])
def test_cache(tmp_path: Path, kind: str, index: bool) -> None:
    found = write_cache(tmp_path, 2, 0)
    path = tmp_path / 'affectnet.csv'
    text = path.read_text().replace('/home/me/AffectNet/{}'[:-2], '')
    lines = [line.split(',') for line in text.splitlines()]
    rows = [lines[0]] + [
        [number, phase, PATHS[kind].format(own), label]
        for number, phase, own, label in lines[1:]
    ]
    path.write_text(
        ''.join(','.join(row if index else row[1:]) + '\n' for row in rows)
    )
    assert_all(tmp_path, found)


SMALL = {
    'train': (9, 10, 8, 7, 6, 5, 4, 3),
    'test': (2, 2, 2, 2, 2, 2, 2, 1),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AffectNet, 'PUBLISHED', SMALL)
    first = {'train': (9, 11, 8, 7, 6, 5, 4, 3)}
    monkeypatch.setattr(AffectNet, 'FIRST_RELEASE', first)


def write_numbers(root: Path, counts: dict[str, tuple[int, ...]]) -> None:
    for split, own in counts.items():
        for number, count in enumerate(own):
            folder = root / split / str(number)
            folder.mkdir(parents=True)
            for image in range(count):
                (folder / f'{split}{number}_{image}.jpg').write_bytes(b'x')


@pytest.mark.usefixtures('small')
@pytest.mark.parametrize('happy', [10, 11])
@pytest.mark.parametrize('classes', [7, 8])
def test_counts_of_train_prove_the_order(
    tmp_path: Path, classes: int, happy: int
) -> None:
    """Of either release, with and without Contempt."""
    train = (9, happy, *SMALL['train'][2:])[:classes]
    write_numbers(tmp_path, {'train': train, 'val': SMALL['test'][:classes]})
    data = AffectNet(tmp_path, num_classes=classes)
    assert data.class_counts == train
    assert AffectNet(tmp_path, 'test').class_counts[:7] == (2,) * 7


@pytest.mark.usefixtures('small')
def test_counts_may_prove_another_order(tmp_path: Path) -> None:
    """Folder 0 holds as many as Happy has: it is Happy."""
    write_numbers(tmp_path, {'train': SMALL['train'][::-1]})
    data = AffectNet(tmp_path, num_classes=8)
    assert data.class_counts == SMALL['train']
    numbers = {(Path(p).parent.name, label) for p, label in samples(data)}
    assert numbers == {(str(number), 7 - number) for number in range(8)}


def test_published_counts_are_those_of_the_releases() -> None:
    """287,651 and 3,999 images, and the first release's two differences."""
    assert AffectNet.PUBLISHED == {
        'train': (74874, 134415, 25459, 14090, 6378, 3803, 24882, 3750),
        'test': (500, 500, 500, 500, 500, 500, 500, 499),
    }
    assert AffectNet.FIRST_RELEASE == {
        'train': (74874, 134416, 25459, 14090, 6378, 3803, 24882, 3750),
        'test': (500, 500, 500, 500, 500, 500, 500, 500),
    }


@pytest.mark.usefixtures('small')
@pytest.mark.parametrize('layout', ['2021', 'csv'])
def test_counts_are_those_of_the_layouts_release(
    tmp_path: Path, layout: str, log: Log
) -> None:
    """Also where the index is kept from before."""
    WRITERS[layout](tmp_path, 1, 0)
    AffectNet(tmp_path)
    AffectNet(tmp_path)
    happy = 10 if layout == '2021' else 11
    text = f'published are {39 + happy} (9/{happy}/8/7/6/5/4)'
    assert [text in warning for warning in log.warnings].count(True) == 2


def test_folders_without_splits_are_train(tmp_path: Path) -> None:
    found = write_folders(tmp_path / 'x', 2, 0)
    (tmp_path / 'x' / 'train').rename(tmp_path / 'y')
    expected = [
        (path.removeprefix('train/'), label)
        for path, label in of('train', found)
    ]
    assert samples(AffectNet(tmp_path / 'y')) == expected


def test_sample_is_labelled(tmp_path: Path, log: Log) -> None:
    write_pack(tmp_path, 2, 0)
    AffectNet(tmp_path)
    text = 'a sample (24 images), not AffectNet: results on it are never '
    assert any(text in warning for warning in log.warnings)


def test_yolo_sample_is_labelled(tmp_path: Path, log: Log) -> None:
    write_yolo(tmp_path, 2, 0)
    for split in ('train', 'val', 'train', 'val'):
        AffectNet(tmp_path, split)
    text = 'YOLO_format/valid: a sample (7 images), not AffectNet: results'
    assert any(text in warning for warning in log.warnings)
    assert not any('published' in warning for warning in log.warnings)


def test_folder_outranks_the_guess(tmp_path: Path, log: Log) -> None:
    """Every fifth of 24 and of 16 guesses differs."""
    write_pack(tmp_path, 3, 0)
    AffectNet(tmp_path)
    text = (
        'labels.csv: 7 of 40 images lie in the folder of another class than '
        f'it says (first: {tmp_path}/Test/'
    )
    assert any(text in warning for warning in log.warnings)


def test_guesses_that_agree_are_not_told(tmp_path: Path, log: Log) -> None:
    write_pack(tmp_path, 1, 0)
    path = tmp_path / 'labels.csv'
    lines = [line.split(',') for line in path.read_text().splitlines()]
    for line in lines[1:]:
        line[2] = line[1].split('/')[0]
    path.write_text('\n'.join(map(','.join, lines)))
    AffectNet(tmp_path)
    assert not any('labels.csv' in warning for warning in log.warnings)


def test_yolo_ids_are_those_of_data_yaml(tmp_path: Path) -> None:
    """Written as a mapping, in AffectNet's order: other labels then."""
    found = write_yolo(tmp_path, 1, 0, num_classes=8)
    path = tmp_path / 'YOLO_format/data.yaml'
    path.write_text(
        'names:\n'
        + ''.join(f'  {n}: {name}\n' for n, name in enumerate(CLASSES))
    )
    order = sorted(CLASSES)
    expected = sorted(
        (p, order.index(CLASSES[label])) for p, label in of('train', found)
    )
    assert samples(AffectNet(tmp_path, num_classes=8)) == expected


def test_nearest_layout_is_shown(tmp_path: Path) -> None:
    images = tmp_path / 'Manually_Annotated' / 'Manually_Annotated_Images'
    images.mkdir(parents=True)
    text = refuse("the nearest known layout is 'csv': ", tmp_path)
    assert 'training.csv' in text


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


WHERE = {
    '2021': 'train_set/annotations/2_exp.npy',
    'csv': 'training.csv, line 4',
    'lists': 'train_set/train_annotations_7class.txt, line 3',
    'cache': 'affectnet.csv, line 4',
    'yolo': 'YOLO_format/train/labels/image0000002.txt',
}


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


def test_image_without_a_label(tmp_path: Path, log: Log) -> None:
    write_2021(tmp_path, 2, 0)
    (tmp_path / 'train_set/annotations/2_exp.npy').unlink()
    assert len(AffectNet(tmp_path)) == 13
    text = (
        'train_set/images: 1 images have no annotations/<id>_exp.npy '
        "(first: '2') and are left out"
    )
    assert any(text in warning for warning in log.warnings)


def put_line(layout: str, root: Path, line: str) -> Path:
    """Write a layout and a list of two lines: this one is the second."""
    WRITERS[layout](root, 2, 0)
    path = root / WHERE[layout].partition(',')[0]
    lines = path.read_text().splitlines()
    first = lines[:2] if layout != 'lists' else lines[:1]
    path.write_text('\n'.join([*first, line]))
    return path


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


def test_two_faces_of_one_class(tmp_path: Path) -> None:
    found = write_yolo(tmp_path, 1, 0)
    path = tmp_path / 'YOLO_format/train/labels/image0000002.txt'
    path.write_text(path.read_text() * 2)
    assert samples(AffectNet(tmp_path)) == of('train', found)
