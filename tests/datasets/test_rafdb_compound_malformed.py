"""RAF-DB compound: what is wrong is told, or counted and left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from csgresnet_mm.datasets import DatasetError, RAFDBCompound

from .test_rafdb_compound_layouts import (
    CLASSES,
    LIST,
    of,
    samples,
    write,
    write_image,
)


def refuse(text: str, *args, **kwargs) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        RAFDBCompound(*args, **kwargs)
    return str(caught.value)


# ---- another set -----------------------------------------------------


@pytest.mark.parametrize('root', ['.', 'basic'])
def test_basic_is_another_set(tmp_path: Path, root: str) -> None:
    write(tmp_path / 'basic', classes=7, digits=5)
    refuse('; basic is another set, of 7 classes', tmp_path / root)


@pytest.mark.parametrize('on_error', ['raise', 'skip'])
def test_basic_under_another_name(tmp_path: Path, on_error: str) -> None:
    write(tmp_path, classes=7, digits=5)
    refuse(
        'neither label 0 nor 11 occurs, so whether it counts from 0 or from '
        '1 is ambiguous',
        tmp_path,
        on_error=on_error,
    )


def test_basic_with_a_declared_base_is_told(tmp_path: Path, log) -> None:
    write(tmp_path, classes=7, digits=5)
    RAFDBCompound(tmp_path, label_base=1)
    assert any(
        'no label of train is above 7: those of RAF-DB basic' in warning
        for warning in log.warnings
    )


RAF_CE = {
    'auto': ('auto', 'labels 0 (line 1) and 11 (line 12) both occur'),
    'from 1': (1, 'labels [0, 12, 13] are outside 1..11'),
    'from 0': (0, 'labels [11, 12, 13] are outside 0..10'),
}


@pytest.mark.parametrize('case', RAF_CE)
@pytest.mark.parametrize('on_error', ['raise', 'skip'])
def test_raf_ce_is_another_set(tmp_path, case: str, on_error: str) -> None:
    write(tmp_path, classes=14, base=0)
    base, text = RAF_CE[case]
    text = refuse(text, tmp_path, label_base=base, on_error=on_error)
    if base != 'auto':
        assert '0..13 those of RAF-CE' in text


def test_folder_of_raf_ce(tmp_path: Path) -> None:
    (tmp_path / 'RAFCE_emolabel.txt').write_text('0001.jpg 3\n')
    (tmp_path / 'aligned').mkdir()
    text = refuse('; RAF-CE is another set, of 14 classes', tmp_path)
    assert 'It holds RAFCE_emolabel.txt, aligned/' in text


def test_list_of_raf_ce(tmp_path: Path) -> None:
    """As it is named there, given as the list."""
    write(tmp_path)
    path = tmp_path / 'RAFCE_emolabel.txt'
    path.write_text(''.join(f'{n:04d}.jpg {n % 14}\n' for n in range(28)))
    refuse(
        'labels 0 (line 1) and 11 (line 12) both occur',
        tmp_path,
        label_file=path.name,
    )


# ---- the root --------------------------------------------------------


def test_missing_root(tmp_path: Path) -> None:
    refuse('does not exist', tmp_path / 'no')


def test_wrong_root_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / 'compound.zip').write_bytes(b'PK')
    text = refuse(f'{tmp_path}: no RAFDBCompound found here.', tmp_path)
    assert 'It holds compound.zip' in text
    assert 'compound/EmoLabel/list_patition_label.txt' in text
    assert f'not unpacked: {tmp_path}/compound.zip' in text


def test_class_folders_are_not_read(tmp_path: Path) -> None:
    """Nobody is known to have them: the label list is the authority."""
    for name in ('1', '10', '11', '2'):
        write_image(tmp_path / 'train' / name / 'train_0001_aligned.jpg')
    refuse('no RAFDBCompound found here. It holds train/', tmp_path)


def test_images_not_unpacked(tmp_path: Path) -> None:
    write(tmp_path)
    shutil.rmtree(tmp_path / 'Image' / 'aligned')
    (tmp_path / 'Image' / 'aligned.zip').write_bytes(b'PK')
    text = refuse(f'{tmp_path}/Image/aligned: no such folder', tmp_path)
    assert f'not unpacked: {tmp_path}/Image/aligned.zip' in text


def test_no_validation_split(tmp_path: Path) -> None:
    write(tmp_path)
    refuse('RAF-DB has no validation split', tmp_path, 'val')


def test_no_list(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / LIST).unlink()
    refuse("no label list with lines of the split 'train'", tmp_path)


ARGUMENTS = {
    'alignment': dict(alignment='cropped'),
    'label_base': dict(label_base=2),
    'layout': dict(layout='folders'),
    'classes': dict(classes=CLASSES[::-1]),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write(tmp_path)
    with pytest.raises(ValueError, match=case):
        RAFDBCompound(tmp_path, **ARGUMENTS[case])


# ---- lines -----------------------------------------------------------

LINES = {
    'too few fields': ('train_0023.jpg', "1 fields 'train_0023.jpg'"),
    'too many fields': ('train_0023.jpg 1 2', '3 fields'),
    'label out of range': (
        'train_0023.jpg 12',
        "label 12 of 'train_0023.jpg' is outside 1..11 (labels 1..7 are",
    ),
    'label is a name': (
        'train_0023.jpg Sadly-Angry',
        "label 'Sadly-Angry' is not an integer",
    ),
    'missing image': (
        'train_0023.jpg 1',
        "image 'train_0023.jpg' is missing; looked for",
    ),
    'no split': ('0023.jpg 1', "'0023.jpg' starts with neither train_ nor"),
    'path escape': (
        '../Image/aligned/train_0001_aligned.jpg 1',
        'leaves the folder of the data set',
    ),
    'absolute path to nothing': (
        '/nowhere/train_0023.jpg 1',
        "'/nowhere/train_0023.jpg' (an absolute path) is missing",
    ),
    'duplicate': (
        'train_0003.jpg 3',
        "'train_0003.jpg' is already in line 3, with the same label",
    ),
}


@pytest.mark.parametrize('case', LINES)
def test_malformed_line(tmp_path: Path, log, case: str) -> None:
    found = write(tmp_path)
    line, text = LINES[case]
    path = tmp_path / LIST
    path.write_text(f'{path.read_text()}\n{line}')
    assert text in refuse(f'{path}, line 34: ', tmp_path)
    data = RAFDBCompound(tmp_path, on_error='skip')
    assert samples(data) == of('train', found)
    [warning] = [w for w in log.warnings if 'skipped' in w]
    assert 'skipped 1 entries: 1 ' in warning
    assert text in warning


def test_duplicate_with_another_label_drops_both(tmp_path: Path) -> None:
    found = write(tmp_path)
    path = tmp_path / LIST
    path.write_text(f'{path.read_text()}\ntrain_0003.jpg 4')
    refuse('is already in line 3, with another label', tmp_path)
    kept = of('train', found)
    del kept[2]
    assert samples(RAFDBCompound(tmp_path, on_error='skip')) == kept


def test_empty_image(tmp_path: Path) -> None:
    found = write(tmp_path)
    image = Path(of('train', found)[1][0])
    image.write_bytes(b'')
    refuse(f'line 2: image {image} is empty (0 bytes)', tmp_path)
    kept = of('train', found)
    del kept[1]
    assert samples(RAFDBCompound(tmp_path, on_error='skip')) == kept


def test_empty_split(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / LIST
    lines = path.read_text().split('\n')
    path.write_text('\n'.join(lines[:22]))
    refuse("no label list with lines of the split 'test'", tmp_path, 'test')


BOXES = ['1 2 3', '1 2 3 4 5', '1 2 3 x', '1 2 3 nan', '50 60 30 30', '']


@pytest.mark.parametrize('box', BOXES)
def test_bad_box(tmp_path: Path, box: str) -> None:
    found = write(tmp_path, folder='original', stored='{}.jpg')
    folder = tmp_path / 'Annotation' / 'boundingbox'
    folder.mkdir(parents=True)
    for _, path, _ in found:
        text = box if path.endswith('train_0002.jpg') else '1 2 5 6'
        (folder / f'{Path(path).stem}_boundingbox.txt').write_text(text)
    refuse(
        f'train_0002_boundingbox.txt: found {box!r}; expected four numbers',
        tmp_path,
        alignment='original',
    )
    data = RAFDBCompound(tmp_path, alignment='original', on_error='skip')
    kept = of('train', found)
    del kept[1]
    assert samples(data) == kept
    (folder / 'train_0002_boundingbox.txt').unlink()
    refuse(
        'train_0002_boundingbox.txt: missing, so',
        tmp_path,
        alignment='original',
    )
