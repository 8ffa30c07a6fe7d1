"""Files as they lie: other words, folders in folders, litter, overwriting.

Each layout is written by its writer, moved about as archives and people do,
and must give the same images with the same labels.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.datasets import (
    FER2013,
    JAFFE,
    RAFDB,
    SFEW,
    AffectNet,
    CKPlus,
    DatasetError,
    ExpW,
    FERDataset,
    FERPlus,
)
from csgresnet_mm.datasets.layouts import (
    affectnet,
    ckplus,
    fer2013,
    ferplus,
    jaffe,
    rafdb,
    sfew,
)
from csgresnet_mm.datasets.layouts._images import encode, pixels, put
from csgresnet_mm.datasets.loading import LoadFace
from csgresnet_mm.file_names import IMAGE_SUFFIXES, is_hidden

from .conftest import Log
from .contract.suite import LITTER, LITTER_FILES

Seen = list[tuple[str, int]]


def samples(data: FERDataset) -> Seen:
    """(Name of the image, label), sorted."""
    infos = map(data.get_data_info, range(len(data)))
    return sorted(
        (os.path.basename(info['img_path']), info['gt_label'])
        for info in infos
    )


def both(kind: Any, root: Path, **options: Any) -> dict[str, Seen]:
    return {
        split: samples(kind(root, split, cache=False, **options))
        for split in ('train', 'test')
    }


def move(root: Path, old: str, new: str) -> None:
    """Rename a folder or file, also into itself."""
    aside = root / '.aside'
    (root / old).rename(aside)
    (root / new).parent.mkdir(parents=True, exist_ok=True)
    aside.rename(root / new)


# ---- F1: one vocabulary ----------------------------------------------

WORDS = {
    'FER2013 usages': (
        FER2013,
        lambda root: fer2013.write_folders(
            root, 2, 0, folders=('Training', 'PublicTest', 'PrivateTest')
        ),
        {},
    ),
    'FER2013 of pictures without usage': (
        FER2013,
        lambda root: fer2013.write_folders(
            root,
            2,
            0,
            folders=('train_images', 'Public_Test', 'Private-Test'),
            stem='im{index}',
        ),
        {},
    ),
    'FER2013 lists': (
        FER2013,
        lambda root: fer2013.write_split_csvs(
            root, 2, 0, names=('training', 'publictest', 'privatetest')
        ),
        {},
    ),
    'RAF-DB sets': (
        RAFDB,
        lambda root: rafdb.write_folders(
            root, 2, 0, folders=('Training Set', 'testset')
        ),
        {},
    ),
    'AffectNet sets': (
        AffectNet,
        lambda root: (
            affectnet.write_folders(root, 2, 0),
            move(root, 'train', 'TrainSet'),
            move(root, 'val', 'Validation-Images'),
        ),
        {},
    ),
    'SFEW sets': (
        SFEW,
        lambda root: sfew.write_folders(
            root, 2, 0, train='training_set', val='valid', test=''
        ),
        {},
    ),
    'FER+ sets': (
        FERPlus,
        lambda root: (
            ferplus.write_folders(root, 2, 0),
            move(root, 'train', 'training'),
            move(root, 'test', 'test_set'),
        ),
        {},
    ),
}


@pytest.mark.parametrize('name', WORDS)
def test_F1_split_words_of_folders_and_lists(
    tmp_path: Path, name: str
) -> None:
    kind, write, options = WORDS[name]
    write(tmp_path)
    found = both(kind, tmp_path, **options)
    assert {label for _, label in found['train']} >= set(range(7))
    assert len(found['train']) > len(found['test']) > 0


@pytest.mark.parametrize(
    'words', [('train', 'val', 'test'), ('TRAINING', 'valid', 'Private_Test')]
)
def test_F1_split_words_in_columns(tmp_path: Path, words: Any) -> None:
    fer2013.write_csv(tmp_path, 2, 0)
    found = both(FER2013, tmp_path)
    path = tmp_path / 'fer2013.csv'
    text = path.read_text()
    for usage, word in zip(fer2013.USAGES.values(), words, strict=True):
        text = text.replace(f',{usage}\n', f',{word}\n')
    path.write_text(text)
    assert both(FER2013, tmp_path) == found


@pytest.mark.parametrize('word', ['training', 'Train_Set', 'train'])
def test_F1_a_list_beside_the_folders_is_compared(
    tmp_path: Path, word: str
) -> None:
    """It is not passed over where its name has another word."""
    rafdb.write_folders(tmp_path, 2, 0, csv='')
    path = tmp_path / 'train_labels.csv'
    text = path.read_text().replace('00001_aligned.jpg,1', '00001_aligned,2')
    path.unlink()
    (tmp_path / f'{word}_labels.csv').write_text(text)
    with pytest.raises(DatasetError, match="'train_00001_aligned' is Fear"):
        RAFDB(tmp_path)


@pytest.mark.parametrize(
    'form', ['{n}_{c}', '{c} ({n})', '{n:02d}-{C}', '{C} images', '{n}{c}']
)
def test_F1_class_words_with_numbers_and_ends(
    tmp_path: Path, form: str
) -> None:
    names = [
        form.format(n=n, c=c.lower(), C=c) for n, c in enumerate(rafdb.CLASSES)
    ]
    rafdb.write_folders(tmp_path, 2, 0, names=rafdb.CLASSES)
    found = both(RAFDB, tmp_path)
    shutil.rmtree(tmp_path / 'train')
    shutil.rmtree(tmp_path / 'test')
    rafdb.write_folders(tmp_path, 2, 0, names=names)
    assert both(RAFDB, tmp_path) == found


# ---- F2, F4: folders in folders --------------------------------------

NESTED: dict[str, tuple[Any, Callable[..., Any], tuple[Any, ...], dict]] = {
    'F2 AffectNet 2021': (
        AffectNet,
        affectnet.write_2021,
        (
            ('train_set', 'train_set/train_set'),
            ('val_set', 'val_set/val_set'),
        ),
        {},
    ),
    'F2 one of both': (
        AffectNet,
        affectnet.write_2021,
        (('train_set', 'train_set/train_set'),),
        {},
    ),
    'F2 lists': (
        AffectNet,
        affectnet.write_lists,
        (
            ('train_set', 'train_set/train'),
            ('valid_set', 'valid_set/valid_set'),
        ),
        {},
    ),
    'F2 YOLO': (
        AffectNet,
        affectnet.write_yolo,
        (('YOLO_format/train', 'YOLO_format/train/train'),),
        {},
    ),
    'F2 class folders': (
        FER2013,
        fer2013.write_folders,
        (('train', 'train/train'), ('test', 'test/images')),
        {},
    ),
    'F2 whole copy': (
        RAFDB,
        rafdb.write_official,
        (('EmoLabel', 'a/a/EmoLabel'), ('Image', 'a/a/Image')),
        {},
    ),
    'F2 zip by zip': (
        RAFDB,
        rafdb.write_official,
        (
            ('EmoLabel', 'EmoLabel/EmoLabel'),
            ('Image/aligned', 'Image/aligned/aligned'),
        ),
        {},
    ),
    'F2 zip by zip, boxes': (
        RAFDB,
        rafdb.WRITERS['original'],
        (
            ('Image', 'Image/Image'),
            ('Annotation', 'Annotation/Annotation'),
        ),
        dict(alignment='original'),
    ),
    'F4 as its zips come': (
        CKPlus,
        ckplus.write_official,
        (
            (
                'cohn-kanade-images',
                'extended-cohn-kanade-images/cohn-kanade-images',
            ),
            ('Emotion', 'Emotion_labels/Emotion'),
        ),
        {},
    ),
    'F4 into themselves': (
        CKPlus,
        ckplus.write_official,
        (
            ('cohn-kanade-images', 'cohn-kanade-images/cohn-kanade-images'),
            ('Emotion', 'Emotion/Emotion'),
        ),
        {},
    ),
    'F4 labels alone': (
        CKPlus,
        ckplus.write_official,
        (('Emotion', 'emotion_labels'),),
        {},
    ),
    'F4 images alone': (
        CKPlus,
        ckplus.write_official,
        (('cohn-kanade-images', 'Extended_Cohn-Kanade_Images'),),
        {},
    ),
    'F4 one folder above': (
        CKPlus,
        ckplus.write_official,
        (
            ('cohn-kanade-images', 'CK+/extended-cohn-kanade-images'),
            ('Emotion', 'CK+/Emotion_labels/Emotion'),
        ),
        {},
    ),
    'F3 compressed, lists above': (
        AffectNet,
        affectnet.write_csv,
        (
            (
                'Manually_Annotated',
                'Manually_Annotated_compressed',
            ),
        ),
        {},
    ),
    'F3 compressed, all of it': (
        AffectNet,
        affectnet.write_csv,
        (
            (
                'Manually_Annotated',
                'Manually_Annotated_compressed/Manually_Annotated',
            ),
            (
                'training.csv',
                'Manually_Annotated_compressed/Manually_Annotated_file_lists'
                '/training.csv',
            ),
            (
                'validation.csv',
                'Manually_Annotated_compressed/Manually_Annotated_file_lists'
                '/validation.csv',
            ),
        ),
        {},
    ),
    'F3 lists beside the numbers': (
        AffectNet,
        affectnet.write_csv,
        (
            (
                'training.csv',
                'Manually_Annotated/Manually_Annotated_Images/training.csv',
            ),
            (
                'validation.csv',
                'Manually_Annotated/Manually_Annotated_Images/validation.csv',
            ),
        ),
        {},
    ),
    'F3 lists of other words': (
        AffectNet,
        affectnet.write_csv,
        (('training.csv', 'train.csv'), ('validation.csv', 'val.csv')),
        {},
    ),
    'F3 images into themselves': (
        AffectNet,
        affectnet.write_csv,
        (
            (
                'Manually_Annotated/Manually_Annotated_Images',
                'Manually_Annotated_Images/Manually_Annotated_Images',
            ),
        ),
        {},
    ),
}


@pytest.mark.parametrize('name', NESTED)
def test_F2_F3_F4_folders_as_archives_make_them(
    tmp_path: Path, name: str
) -> None:
    kind, write, moves, options = NESTED[name]
    write(tmp_path, 3, 0)
    found = both(kind, tmp_path, **options)
    for old, new in moves:
        move(tmp_path, old, new)
    assert both(kind, tmp_path, **options) == found
    assert found['train'] and found['test']


def test_F2_the_advice_is_followed(tmp_path: Path) -> None:
    """Nothing says that two folders are parts of one copy."""
    affectnet.write_2021(tmp_path, 2, 0)
    found = both(AffectNet, tmp_path)
    move(tmp_path, 'train_set', 'one/train_set')
    move(tmp_path, 'val_set', 'two/val_set')
    with pytest.raises(DatasetError) as caught:
        AffectNet(tmp_path)
    assert '2 folders look like AffectNet' in str(caught.value)
    assert 'move all that they hold into one folder' in str(caught.value)
    for path in sorted(tmp_path.glob('*/*_set')):
        path.rename(tmp_path / 'one' / path.name)
    (tmp_path / 'two').rmdir()
    assert both(AffectNet, tmp_path) == found


def test_F2_two_copies_of_a_split_are_refused(tmp_path: Path) -> None:
    affectnet.write_2021(tmp_path, 2, 0)
    found = both(AffectNet, tmp_path)
    shutil.copytree(tmp_path / 'val_set', tmp_path / 'valid' / 'val')
    with pytest.raises(DatasetError, match="both the split 'val'; keep one"):
        AffectNet(tmp_path)
    shutil.rmtree(tmp_path / 'valid')
    assert both(AffectNet, tmp_path) == found


@pytest.mark.parametrize('names', [('train', 'test'), ('Training', 'val')])
def test_F2_ckplus_already_split_is_one_set(
    tmp_path: Path, names: tuple[str, str], log: Log
) -> None:
    """The names of its frames say the subjects: folds are as ever."""
    ckplus.WRITERS['class-folders'](tmp_path, 6, 0)
    found = both(CKPlus, tmp_path)
    for path in sorted(tmp_path.glob('*/*.png')):
        name = names[int(path.name[1:4]) % 3 == 0]
        put(tmp_path / name / path.parent.name / path.name, path.read_bytes())
        path.unlink()
    for folder in ckplus.CLASSES:
        (tmp_path / folder).rmdir()
    assert both(CKPlus, tmp_path) == found
    assert any('are read as one' in text for text in log.notes)


def test_F2_jaffe_already_split_is_one_set(tmp_path: Path) -> None:
    jaffe.WRITERS['class-folders'](tmp_path, 3, 0)
    found = both(JAFFE, tmp_path)
    for number, path in enumerate(sorted(tmp_path.glob('*/*.jpg'))):
        name = ('train', 'test')[number % 3 == 0]
        put(tmp_path / name / path.parent.name / path.name, path.read_bytes())
        path.unlink()
    assert both(JAFFE, tmp_path) == found


# ---- F3: numbers -----------------------------------------------------


def write_numbers(root: Path, place: str = '.') -> None:
    """``train_set_annotation_without_lnd.csv`` beside the images."""
    for split, count in (('train', 22), ('val', 11)):
        lines = ['number,exp,valence,arousal']
        for number in range(count):
            put(
                root / f'{split}_set/images/{number}.jpg',
                encode(number),
            )
            lines.append(f'{number},{number % 11},0.25,-0.5')
        name = f'{split}_set_annotation_without_lnd.csv'
        put(
            root / place.format(split=split) / name,
            '\n'.join([*lines, '']),
        )


@pytest.mark.parametrize('place', ['.', '{split}_set'])
@pytest.mark.parametrize('num_classes', [7, 8])
def test_F3_annotations_without_landmarks(
    tmp_path: Path, place: str, num_classes: int, log: Log
) -> None:
    write_numbers(tmp_path, place)
    found = both(AffectNet, tmp_path, num_classes=num_classes)
    for split, count in (('train', 22), ('test', 11)):
        assert found[split] == sorted(
            (f'{number}.jpg', number % 11)
            for number in range(count)
            if number % 11 < num_classes
        )
    assert any('None, 2 Uncertain, 2 No-Face' in text for text in log.notes)


BAD_NUMBERS = {
    'few fields': ('3,1', "2 fields '3,1'; expected 4: 'number,exp,"),
    'word': ('3,happy,0,0', "exp 'happy' of '3' is not an integer"),
    'no number': ('x,1,0,0', "'x' is not the number of an image"),
    'escape': ('../3,1,0,0', "'../3' is not the number of an image"),
    'missing': ('999,1,0,0', "image '999.jpg' is missing"),
    'again': ('4,2,0,0', "'4.jpg' is already in "),
}


@pytest.mark.parametrize('case', BAD_NUMBERS)
def test_F3_bad_rows_without_landmarks(tmp_path: Path, case: str) -> None:
    row, text = BAD_NUMBERS[case]
    write_numbers(tmp_path)
    path = tmp_path / 'train_set_annotation_without_lnd.csv'
    path.write_text(path.read_text() + row + '\n')
    with pytest.raises(DatasetError) as caught:
        AffectNet(tmp_path)
    assert f'{path}, line 24: ' in str(caught.value)
    assert text in str(caught.value)
    assert len(AffectNet(tmp_path, on_error='skip')) in (13, 14)


@pytest.mark.parametrize('text', ['', '\n', '3,1,0.25,-0.5\n', 'exp,x\n'])
def test_F3_needs_a_header(tmp_path: Path, text: str) -> None:
    """By whose names alone the columns are found."""
    write_numbers(tmp_path)
    path = tmp_path / 'train_set_annotation_without_lnd.csv'
    path.write_text(text)
    message = (
        f'{path}, line 1: header is {text.strip()!r}; expected '
        "'number,exp,valence,arousal'"
    )
    for on_error in ('raise', 'skip'):
        with pytest.raises(DatasetError) as caught:
            AffectNet(tmp_path, on_error=on_error)
        assert str(caught.value) == message


# ---- F6: overwritten in place ----------------------------------------


def write_npy(path: Path, label: int) -> None:
    path.write_bytes(affectnet._npy(str(label)))


def keep_time(path: Path, change: Callable[[], None]) -> None:
    """Change a file, and give it back its time."""
    status = os.stat(path)
    change()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace_by_another(path: Path, data: bytes) -> None:
    """As ``rsync -t`` and ``cp -p`` do: same name, size and time."""

    def change() -> None:
        other = path.with_name('other')
        other.write_bytes(data)
        other.replace(path)

    keep_time(path, change)


def overwritten_npy(root: Path) -> tuple[Any, dict[str, Any]]:
    affectnet.write_2021(root, 2, 0)
    AffectNet(root)
    write_npy(root / 'train_set/annotations/0_exp.npy', 3)
    return AffectNet, {}


def replaced_npy(root: Path) -> tuple[Any, dict[str, Any]]:
    affectnet.write_2021(root, 2, 0)
    AffectNet(root)
    path = root / 'train_set/annotations/0_exp.npy'
    data = affectnet._npy('3')
    assert len(data) == len(path.read_bytes())
    keep_time(path.parent, lambda: replace_by_another(path, data))
    return AffectNet, {}


def overwritten_yolo(root: Path) -> tuple[Any, dict[str, Any]]:
    affectnet.write_yolo(root, 2, 0)
    AffectNet(root)
    path = root / 'YOLO_format/train/labels/image0000000.txt'
    path.write_text('3 0.5 0.5 0.9 0.9\n')
    return AffectNet, {}


def overwritten_box(root: Path) -> tuple[Any, dict[str, Any]]:
    rafdb.WRITERS['original'](root, 2, 0)
    RAFDB(root, alignment='original')
    path = root / 'Annotation/boundingbox/train_00001_boundingbox.txt'
    path.write_text('1 2 9 9\n')
    return RAFDB, dict(alignment='original')


def overwritten_emotion(root: Path) -> tuple[Any, dict[str, Any]]:
    ckplus.write_official(root, 6, 0)
    CKPlus(root)
    for path in sorted(root.rglob('*_emotion.txt')):
        path.write_text('   6.0000000e+00\n')
    return CKPlus, {}


def list_of_another_size(root: Path) -> tuple[Any, dict[str, Any]]:
    """M6: the time alone shows nothing."""
    rafdb.write_official(root, 2, 0)
    RAFDB(root)
    path = root / 'EmoLabel/list_patition_label.txt'
    text = path.read_text().replace('train_00001.jpg 1', 'train_00001.jpg  2')
    keep_time(path, lambda: None if path.write_text(text) else None)
    return RAFDB, {}


def table_put_in_place(root: Path) -> tuple[Any, dict[str, Any]]:
    fer2013.write_csv(root, 2, 0)
    FER2013(root)
    path = root / 'fer2013.csv'
    data = path.read_bytes().replace(b'\n0,', b'\n3,', 1)
    replace_by_another(path, data)
    return FER2013, {}


@pytest.mark.parametrize(
    'change',
    [
        overwritten_npy,
        replaced_npy,
        overwritten_yolo,
        overwritten_box,
        overwritten_emotion,
        list_of_another_size,
        table_put_in_place,
    ],
)
def test_F6_a_label_overwritten_in_place_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))
    root = tmp_path / 'data'
    kind, options = change(root)

    def entries(**more: Any) -> list[dict[str, Any]]:
        data = kind(root, **options, **more)
        infos = [data.get_data_info(i) for i in range(len(data))]
        return [{k: str(v) for k, v in info.items()} for info in infos]

    assert entries() == entries(cache=False)


# ---- F8: suffixes and litter -----------------------------------------


def write_as(path: Path, image: np.ndarray) -> None:
    """By OpenCV, or where it does not write the suffix by Pillow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.lower()
    if kind in ('.pbm', '.pgm'):
        image = image[..., 0]
    try:
        done, data = cv2.imencode(kind, image)
    except cv2.error:
        done = False
    if done:
        path.write_bytes(data.tobytes())
        return
    names = {'.avifs': 'AVIF', '.jfif': 'JPEG', '.mpo': 'JPEG'}
    Image.fromarray(image[..., ::-1]).save(path, names.get(kind, 'JPEG2000'))


@pytest.mark.parametrize('suffix', IMAGE_SUFFIXES)
def test_F8_every_suffix_is_found_and_read(
    tmp_path: Path, suffix: str
) -> None:
    """By its data set, in either case, and by LoadFace."""
    fer2013.write_folders(tmp_path, 1, 0)
    image = cv2.resize(pixels(7, 4), (48, 48))
    for name in (f'Training_900{suffix}', f'Training_901{suffix.upper()}'):
        write_as(tmp_path / 'train' / 'happy' / name, image)
    found = [path for path, _ in samples(FER2013(tmp_path, cache=False))]
    for name in (f'Training_900{suffix}', f'Training_901{suffix.upper()}'):
        assert name in found
        path = tmp_path / 'train' / 'happy' / name
        read = LoadFace().transform(dict(img_path=str(path)))['img']
        assert read.shape == (48, 48, 3)
        if suffix not in ('.pbm', '.gif'):
            grey = read.mean(axis=2), image.mean(axis=2)
            if suffix == '.pgm':
                grey = read.mean(axis=2), image[..., 0].astype(float)
            assert np.abs(grey[0] - grey[1]).mean() < 8


def test_F8_what_is_not_read_is_told(tmp_path: Path, log: Log) -> None:
    fer2013.write_folders(tmp_path, 1, 0)
    for name in ('a.heic', 'b.HEIC', 'c.psd', 'readme.txt', 'list'):
        put(tmp_path / 'train' / 'happy' / name, b'x')
    FER2013(tmp_path, cache=False)
    text = '5 files in class folders are no images that are read'
    [message] = [warning for warning in log.warnings if text in warning]
    assert '1 .HEIC, 1 .heic, 1 .psd, 1 .txt, 1 list' in message


@pytest.mark.parametrize('name', [*LITTER, *LITTER_FILES])
def test_F8_litter_is_hidden(name: str) -> None:
    assert is_hidden(name)
    assert is_hidden(name.upper()) or name.startswith('.')


def test_F8_litter_is_not_shown(tmp_path: Path) -> None:
    put(tmp_path / '.DS_Store', b'')
    put(tmp_path / 'Thumbs.db', b'')
    put(tmp_path / '._a.zip', b'')
    with pytest.raises(DatasetError) as caught:
        ExpW(tmp_path)
    assert 'It holds nothing' in str(caught.value)
    assert 'unpack' not in str(caught.value)


@pytest.mark.parametrize('kind', [FER2013, FERPlus, RAFDB, AffectNet])
def test_F2_another_sets_folders_are_not_descended_into(
    tmp_path: Path, kind: Any
) -> None:
    """SFEW's ``Train/Train_Aligned_Faces`` is no ``train/train``."""
    sfew.write_folders(tmp_path, 2, 0)
    with pytest.raises(DatasetError, match=f'(no|look like) {kind.__name__}'):
        kind(tmp_path)
