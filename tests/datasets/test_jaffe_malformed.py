"""JAFFE: what is wrong is told, or counted and left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets.errors import DatasetError, UnreadableImageError
from csgresnet_mm.datasets.jaffe import JAFFE

from .test_jaffe_layouts import (
    CLASSES,
    CODE,
    SUBJECTS,
    all_folds,
    names,
    samples,
    write,
    write_image,
)


def refuse(text: str, *args, **kwargs) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        JAFFE(*args, **kwargs)
    return str(caught.value)


def skipped(log) -> str:
    [report] = {text for text in log.warnings if ': skipped ' in text}
    return report


ARGUMENTS = {
    'fold': (dict(fold=10), 'fold=10 is not in 0..9 (num_folds=10)'),
    'no fold': (dict(fold=None), 'fold=None is not in 0..9'),
    'folds': (dict(num_folds=0), 'num_folds=0 is not a whole number of 2'),
    'split': (dict(split='dev'), "split='dev' is unknown; expected 'train'"),
    'layout': (
        dict(layout='x'),
        "layout='x' is unknown; expected 'auto', 'official'",
    ),
    'classes': (
        dict(classes=[*CLASSES[1:], CLASSES[0]]),
        'are those of JAFFE in another order',
    ),
    'order': (
        dict(class_order='raf'),
        "class_order='raf' is unknown; expected one of rafdb, ",
    ),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write(tmp_path)
    kwargs, text = ARGUMENTS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        JAFFE(tmp_path, **kwargs)


# ---- the root --------------------------------------------------------


def test_missing_root(tmp_path: Path) -> None:
    refuse(f"JAFFE: data_root='{tmp_path}/no' does not", tmp_path / 'no')


def test_wrong_root(tmp_path: Path) -> None:
    write_image(tmp_path / 'happy' / 'im0.png')
    (tmp_path / 'jaffe.zip').write_bytes(b'PK')
    text = refuse(f'{tmp_path}: no JAFFE found here. It holds hap', tmp_path)
    assert "the nearest known layout is 'official': KA.AN1.39.tiff" in text
    assert f'not unpacked: {tmp_path}/jaffe.zip: unpack them' in text


def test_two_roots_below(tmp_path: Path) -> None:
    write(tmp_path / 'a' / 'tiff')
    write(tmp_path / 'b' / 'tiff')
    refuse("2 folders look like JAFFE in the layout 'offic", tmp_path)


def test_copies_in_two_folders(tmp_path: Path, log) -> None:
    """A converted copy beside the original is the same image."""
    write(tmp_path / 'jaffe')
    found = write(tmp_path / 'converted', '.jpg')
    first = f'{tmp_path}/converted/KA.AN1.39.jpg'
    refuse(f'{tmp_path}/jaffe/KA.AN1.39.tiff: the same image as', tmp_path)
    assert all_folds(tmp_path, on_error='skip') == found
    assert 'skipped 18 entries: 18 duplicate entry (first: ' in skipped(log)
    assert f'/jaffe/KA.AN1.39.tiff: the same image as {first})' in skipped(log)


# ---- names -----------------------------------------------------------

NAMES = {
    'no name of the set': 'face.png',
    'no take': 'KA.AN.39.tiff',
    'no number': 'KA.AN1.tiff',
    'an altered copy': 'KA.AN1.39_flip.tiff',
    'two suffixes': 'KA.AN1.39.tiff.jpg',
    'lower case': 'ka.an1.39.tiff',
    'three letters': 'KAA.AN1.39.tiff',
}


@pytest.mark.parametrize('case', NAMES)
def test_bad_name(tmp_path: Path, log, case: str) -> None:
    found = write(tmp_path)
    path = write_image(tmp_path / NAMES[case])
    text = (
        f'{path}: the name does not say whose face it is; expected '
        'KA.AN1.39: subject, expression and take, number'
    )
    refuse(text, tmp_path)
    assert all_folds(tmp_path, on_error='skip') == found
    assert f'skipped 1 entries: 1 bad name (first: {text})' in skipped(log)


def test_unknown_code(tmp_path: Path, log) -> None:
    found = write(tmp_path)
    path = write_image(tmp_path / 'KA.CO1.300.tiff')
    text = (
        f"{path}: expression 'CO' is unknown; expected one of AN, DI, FE, "
        'HA, NE, SA, SU'
    )
    refuse(text, tmp_path)
    assert all_folds(tmp_path, on_error='skip') == found
    assert f'skipped 1 entries: 1 unknown class (first: {text})' in (
        skipped(log)
    )


def test_two_files_of_an_image(tmp_path: Path, log) -> None:
    write(tmp_path)
    first = write_image(tmp_path / 'KA.AN1.39.jpg')
    text = f'{tmp_path}/KA.AN1.39.tiff: the same image as {first}'
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, on_error='skip')
    assert len(kept) == 18
    assert ('KA.AN1.39.jpg', 0) in kept
    assert f'1 duplicate entry (first: {text})' in skipped(log)


def test_folder_of_another_class(tmp_path: Path, log) -> None:
    for name in names():
        write_image(tmp_path / CLASSES[CODE[name[3:5]]] / name)
    path = write_image(tmp_path / 'Happy' / 'KA.SA3.300.tiff')
    text = f"{path}: Sad by its name, but its folder is 'Happy'"
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, on_error='skip')
    assert kept == sorted((name, CODE[name[3:5]]) for name in names())
    assert f'1 labels disagree (first: {text})' in skipped(log)


# ---- images ----------------------------------------------------------


def test_empty_image(tmp_path: Path, log) -> None:
    found = write(tmp_path)
    path = tmp_path / names()[4]
    path.write_bytes(b'')
    text = f'{path}: empty image (0 bytes)'
    refuse(text, tmp_path)
    found.remove((path.name, 4))
    assert all_folds(tmp_path, on_error='skip') == found
    assert f'1 empty image (first: {text})' in skipped(log)


def test_truncated_image(tmp_path: Path) -> None:
    write(tmp_path, '.png')
    data = JAFFE(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    path = Path(data.get_data_info(0)['img_path'])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableImageError, match=f'{path}: truncated'):
        data[0]
    skips = JAFFE(
        tmp_path,
        on_error='skip',
        pipeline=[dict(type='LoadImageFromFile')],
    )
    assert skips[0]['img_path'] == data.get_data_info(1)['img_path']
    assert dict(skips.skipped) == {'truncated': 1}


def test_damaged_tiff(tmp_path: Path) -> None:
    write(tmp_path)
    data = JAFFE(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    path = Path(data.get_data_info(0)['img_path'])
    path.write_bytes(b'no image')
    with pytest.raises(UnreadableImageError, match='cannot be decoded'):
        data[0]


# ---- subjects and folds ----------------------------------------------


@pytest.mark.parametrize('count', [9, 11])
def test_another_number_of_subjects(tmp_path: Path, log, count: int) -> None:
    write(tmp_path)
    own = list(SUBJECTS)
    if count == 11:
        write_image(tmp_path / 'ZZ.AN1.300.tiff')
        own.append('ZZ')
    else:
        for path in tmp_path.glob('NA.*'):
            path.unlink()
        own.remove('NA')
    len(JAFFE(tmp_path, num_folds=count))
    assert (
        f'{tmp_path}: {count} subjects ({", ".join(own)}); JAFFE has 10'
        in log.warnings
    )


def test_fewer_subjects_than_folds(tmp_path: Path) -> None:
    write(tmp_path)
    for path in tmp_path.glob('NA.*'):
        path.unlink()
    refuse('num_folds=10 is not in 2..9, the number of subjects', tmp_path)


def test_no_validation_split(tmp_path: Path) -> None:
    write(tmp_path)
    refuse('folds have no validation split; set val_ratio', tmp_path, 'val')


# ---- any name --------------------------------------------------------


@settings(derandomize=True, max_examples=1000, deadline=None)
@given(st.text('KANSUE.019_a٣', max_size=12) | st.text(max_size=12))
def test_any_name(stem: str) -> None:
    digits = set('0123456789')
    parts = stem.split('.')
    right = (
        len(parts) == 3
        and len(parts[0]) == 2
        and all('A' <= c <= 'Z' for c in parts[0] + parts[1][:2])
        and len(parts[1]) > 2
        and set(parts[1][2:] + parts[2]) <= digits
        and parts[2] != ''
    )
    found = JAFFE.NAMES.parse(stem)
    if right:
        assert found == dict(group=parts[0], code=parts[1][:2])
    else:
        assert found is None


def test_names_of_the_set() -> None:
    parse = JAFFE.NAMES.parse
    assert parse('KA.AN1.39') == dict(group='KA', code='AN')
    assert parse('YM.SU3.60') == dict(group='YM', code='SU')


def test_samples_are_in_a_fixed_order(tmp_path: Path) -> None:
    write(tmp_path)
    found = samples(JAFFE(tmp_path))
    assert found == sorted(found)
