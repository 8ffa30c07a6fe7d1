"""FER+: what is wrong on disk is told, or left out and counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from csgresnet_mm.datasets.ferplus import FERPlus
from csgresnet_mm.datasets.layouts._images import encode, put
from csgresnet_mm.datasets.layouts.fer2013 import (
    write_folders as write_fer_folders,
)
from csgresnet_mm.datasets.layouts.ferplus import (
    WRITERS,
    make_plus_rows,
    write_csv,
    write_images,
)
from csgresnet_mm.datasets.layouts.rafdb import WRITERS as RAF_WRITERS

from .fer_helpers import edit, edit_line, expect, refuse, samples

NEW = 'fer2013new.csv'
TRAIN = 'data/FER2013Train/label.csv'
GOOD = '6,3,0,0,0,0,0,0,1,0'

NEW_LINES = {
    'a vote less': ('Training,x.png,6,3,0,0,0,0,0,0,1', '11 fields'),
    'a vote more': (f'Training,x.png,{GOOD},0', '13 fields'),
    'no line of it': ('Training', "1 fields 'Training'; expected 12"),
    'word as votes': (f'Training,x.png,x{GOOD[1:]}', "'x' for neutral; exp"),
    'float votes': (f'Training,x.png,6.5{GOOD[1:]}', "'6.5' for neutral"),
    'negative votes': (f'Training,x.png,{GOOD[:-1]}-1', "'-1' for NF"),
    'no votes': (f'Training,x.png,{GOOD[1:]}', "'' for neutral"),
    'unknown Usage': (
        f'Tester,x.png,{GOOD}',
        "Usage 'Tester' is unknown; exp",
    ),
    'path': (f'Training,../x.png,{GOOD}', "'../x.png' is a path"),
    'absolute path': (f'Training,/etc/x.png,{GOOD}', "'/etc/x.png' is a pa"),
    'open quote': (f'Training,"x.png,{GOOD}', '1 fields'),
}
LABEL_LINES = {
    'no box': (f'fer0000003.png,{GOOD}', '11 fields'),
    'a vote less': (f'fer0000003.png,"(0, 0, 48, 48)",{GOOD[2:]}', '11 field'),
    'bare box': (f'fer0000003.png,(0, 0, 48, 48),{GOOD}', '15 fields'),
    'another box': (
        f'fer0000003.png,"(4, 4, 40, 40)",{GOOD}',
        "box '(4, 4, 40, 40)'; expected '(0, 0, 48, 48)', the whole image",
    ),
    'word as votes': (
        f'fer0000003.png,"(0, 0, 48, 48)",{GOOD[:-1]}x',
        "votes 'x' for NF; expected an integer, 0 or more",
    ),
    'no name': (f',"(0, 0, 48, 48)",{GOOD}', 'no image name'),
    'path': (f'../x.png,"(0, 0, 48, 48)",{GOOD}', "'../x.png' is a path"),
    'missing image': (
        f'fer9999999.png,"(0, 0, 48, 48)",{GOOD}',
        'FER2013Train/fer9999999.png is missing',
    ),
}


def without(wanted: list[tuple[str, int]], place: int):
    return wanted[:place] + wanted[place + 1 :]


@pytest.mark.parametrize('case', NEW_LINES)
def test_malformed_line_of_new_votes(tmp_path: Path, case: str, log) -> None:
    """Line 6 is row 4, the third image with a label."""
    text, message = NEW_LINES[case]
    found = write_csv(tmp_path, 3, 0)
    edit_line(tmp_path / NEW, 6, lambda _: text)
    said = refuse(message, FERPlus, tmp_path)
    assert said.startswith(f'{tmp_path}/{NEW}, line 6: ')
    data = FERPlus(tmp_path, on_error='skip')
    assert samples(data) == without(expect(tmp_path, found, 'train'), 2)
    assert any('skipped 1 entries' in text for text in log.warnings)


@pytest.mark.parametrize('case', LABEL_LINES)
def test_malformed_line_of_label_csv(tmp_path: Path, case: str, log) -> None:
    """Line 4 is row 4: its name is fer0000003.png."""
    text, message = LABEL_LINES[case]
    found = write_images(tmp_path, 3, 0)
    edit_line(tmp_path / TRAIN, 4, lambda _: text)
    options = dict(label_source='label_csv')
    said = refuse(message, FERPlus, tmp_path, **options)
    assert said.startswith(f'{tmp_path}/{TRAIN}, line 4: ')
    data = FERPlus(tmp_path, on_error='skip', **options)
    wanted = expect(tmp_path, found, 'train')
    paths = [path for path, _ in without(wanted, 2)]
    assert [path for path, _ in samples(data)] == paths
    assert any('skipped 1 entries' in text for text in log.warnings)


def test_label_csv_with_a_header(tmp_path: Path) -> None:
    write_images(tmp_path, 2, 0)
    path = tmp_path / TRAIN
    path.write_text('name,box,' + 'n,' * 9 + 'n\n' + path.read_text())
    options = dict(label_source='label_csv')
    refuse("line 1: votes 'n' for neutral", FERPlus, tmp_path, **options)
    assert len(FERPlus(tmp_path, on_error='skip', **options)) == 16


def test_new_votes_without_a_header(tmp_path: Path) -> None:
    """Read with one, its first row would be lost and all rows moved."""
    write_csv(tmp_path, 2, 0)
    path = tmp_path / NEW
    path.write_text(path.read_text().split('\n', 1)[1])
    refuse(
        f"{path}, line 1: header is 'Training,fer0000000.png,6,3,",
        FERPlus,
        tmp_path,
    )


def test_new_votes_for_something_else(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    edit(tmp_path / NEW, 'neutral,happiness', 'neutral,calm')
    refuse("expected 'Usage,Image name,neutral,happi", FERPlus, tmp_path)


def test_not_text(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    path = tmp_path / NEW
    path.write_bytes(path.read_bytes().replace(b'fer', b'f\xe9r', 1))
    refuse(f'{path}: not UTF-8 text', FERPlus, tmp_path)


# ---- the join --------------------------------------------------------


def test_a_row_less(tmp_path: Path) -> None:
    """Joined all the same, every later image had another's votes."""
    write_csv(tmp_path, 2, 0)
    path = tmp_path / NEW
    lines = path.read_text().split('\n')
    del lines[2]
    path.write_text('\n'.join(lines))
    refuse(
        f'{path}: 37 rows, but {tmp_path}/fer2013.csv has 38; they are '
        'joined by the number of the row',
        FERPlus,
        tmp_path,
    )


def test_rows_in_another_order(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013.csv'
    lines = path.read_text().split('\n')
    lines[1], lines[25] = lines[25], lines[1]
    path.write_text('\n'.join(lines))
    refuse(
        f"{path}, line 2: row 0 is of 'val', its votes are of 'train': the "
        'two files are not in the same order',
        FERPlus,
        tmp_path,
    )
    assert len(FERPlus(tmp_path, on_error='skip')) == 15


def test_malformed_row_of_the_images(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013.csv'
    edit_line(path, 6, lambda s: s.replace(' ', ' x', 1))
    refuse(f'{path}, line 6: pixel 2 is ', FERPlus, tmp_path)
    data = FERPlus(tmp_path, on_error='skip')
    assert samples(data) == without(expect(tmp_path, found, 'train'), 2)
    assert len(FERPlus(tmp_path, 'val')) == 8


def test_images_without_usage(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0, header='emotion,pixels')
    refuse("is 'emotion,pixels', without usage", FERPlus, tmp_path)


def test_no_images(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    (tmp_path / 'fer2013.csv').unlink()
    put(tmp_path / 'fer2013.zip', 'x')
    said = refuse('holds fer2013new.csv but no images', FERPlus, tmp_path)
    assert 'put fer2013.csv or icml_face_data.csv beside it' in said
    assert f'archives not unpacked: {tmp_path}/fer2013.zip' in said


def test_image_csv_is_missing(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    path = tmp_path / 'x.csv'
    refuse(f'{path}: no such file', FERPlus, tmp_path, image_csv=path)


def test_a_name_of_label_csv_that_is_unknown(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    edit(tmp_path / TRAIN, 'fer0000003.png', 'fer0000099.png')
    options = dict(label_source='label_csv')
    refuse(
        f"{tmp_path}/{TRAIN}, line 4: 'fer0000099.png' is not in "
        f'{tmp_path}/{NEW} for this split',
        FERPlus,
        tmp_path,
        **options,
    )
    assert len(FERPlus(tmp_path, on_error='skip', **options)) == 15


@pytest.mark.parametrize('votes, left', [('same', 16), ('other', 15)])
@pytest.mark.parametrize('layout', ['csv', 'png'])
def test_a_name_of_label_csv_twice(tmp_path, layout, votes, left) -> None:
    WRITERS[layout](tmp_path, 2, 0)
    path = tmp_path / TRAIN
    lines = path.read_text().split('\n')
    line = lines[3]
    if votes == 'other':
        line = line.replace(',0,0,6,3', ',0,6,0,3')
    path.write_text('\n'.join([line, *lines]))
    options = dict(label_source='label_csv')
    refuse(
        f"{path}, line 1: 'fer0000003.png' is again in line 5",
        FERPlus,
        tmp_path,
        **options,
    )
    data = FERPlus(tmp_path, on_error='skip', **options)
    assert len(data) == left


def test_no_label_csv(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    shutil.rmtree(tmp_path / 'data')
    options = dict(label_source='label_csv')
    refuse('no FER2013Train/label.csv, which', FERPlus, tmp_path, **options)


def test_a_label_csv_is_missing(tmp_path: Path) -> None:
    write_images(tmp_path, 2, 0)
    (tmp_path / TRAIN).unlink()
    options = dict(label_source='label_csv')
    refuse(f'{tmp_path}/{TRAIN}: no such file', FERPlus, tmp_path, **options)


def test_no_new_votes(tmp_path: Path) -> None:
    write_images(tmp_path, 2, 0)
    (tmp_path / NEW).unlink()
    refuse(
        "no fer2013new.csv, which label_source='fer2013new' reads",
        FERPlus,
        tmp_path,
    )
    assert len(FERPlus(tmp_path, label_source='label_csv')) == 16


# ---- images ----------------------------------------------------------


@pytest.mark.parametrize('source', ['fer2013new', 'label_csv'])
def test_missing_and_empty_images(tmp_path: Path, source: str) -> None:
    write_images(tmp_path, 2, 0)
    folder = tmp_path / 'data' / 'FER2013Train'
    (folder / 'fer0000000.png').unlink()
    options = dict(label_source=source)
    refuse('fer0000000.png is missing', FERPlus, tmp_path, **options)
    put(folder / 'fer0000000.png', b'')
    refuse('is empty (0 bytes)', FERPlus, tmp_path, **options)
    assert len(FERPlus(tmp_path, on_error='skip', **options)) == 15


def test_images_that_are_not_listed(tmp_path: Path, log) -> None:
    write_images(tmp_path, 2, 0)
    folder = tmp_path / 'data' / 'FER2013Train'
    put(folder / 'fer0000003_flip.png', encode(0, suffix='.png'))
    assert len(FERPlus(tmp_path)) == 16
    assert (
        f'{tmp_path}/{NEW}: does not list 1 images of {folder} (first: '
        'fer0000003_flip.png)'
    ) in log.warnings


def test_a_face_without_a_name(tmp_path: Path) -> None:
    """Rows without a name hold no face; their file is not written."""
    write_images(tmp_path, 2, 0)
    edit(tmp_path / NEW, 'fer0000003.png', '')
    (tmp_path / 'data/FER2013Train/fer0000003.png').unlink()
    refuse('line 6: no image name, though the votes', FERPlus, tmp_path)
    assert len(FERPlus(tmp_path, on_error='skip')) == 15


# ---- options ---------------------------------------------------------


@pytest.mark.parametrize(
    'options, text',
    [
        (dict(label_source='ferplus'), "label_source='ferplus' is unknown"),
        (dict(rule='multi_target'), 'majority, argmax, probability, cross'),
        (dict(num_classes=10), 'num_classes=10 is unknown; expected one of 8'),
        (dict(split='paper_test'), "'train', 'val' or 'test', 'trainval'"),
    ],
)
def test_bad_options(tmp_path: Path, options, text: str) -> None:
    write_csv(tmp_path, 1, 0)
    with pytest.raises(ValueError) as caught:
        FERPlus(tmp_path, **options)
    assert text in str(caught.value)


@pytest.mark.parametrize('layout', ['csv', 'png', 'folders'])
def test_an_official_val_is_not_carved(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, 4, 0)
    refuse('leave val_ratio=0.1 out', FERPlus, tmp_path, val_ratio=0.1)


@pytest.mark.parametrize(
    'layout, options, text',
    [
        ('csv', dict(folder_order='ferplus'), "is for the layout 'folders'"),
        ('png', dict(image_csv='x.csv'), "image_csv= is for the layout 'csv'"),
        ('folders', dict(rule='crossentropy'), 'needs votes'),
        ('folders', dict(label_source='label_csv'), 'needs votes'),
        ('folders', dict(folder_order='ferplus'), 'these are named'),
    ],
)
def test_options_of_another_layout(tmp_path, layout, options, text) -> None:
    WRITERS[layout](tmp_path, 1, 0)
    refuse(text, FERPlus, tmp_path, **options)


# ---- folders, other sets ---------------------------------------------


@pytest.mark.parametrize('base', [0, 1])
def test_numbered_folders_need_an_order(tmp_path: Path, base: int) -> None:
    write_fer_folders(
        tmp_path,
        2,
        0,
        folders=('train', 'validation', 'test'),
        names=[str(base + label) for label in range(7)],
        stem='fer{number:07d}',
    )
    said = refuse('what the numbered class folders mean', FERPlus, tmp_path)
    assert "'ferplus' = neutral, happiness, surprise" in said
    assert "'affectnet' = neutral, happiness, sadness" in said
    assert f'train/{base}: 2' in said


def test_unknown_class_folder(tmp_path: Path) -> None:
    found = WRITERS['folders'](tmp_path, 2, 0)
    put(tmp_path / 'train/unknown/fer0000900.png', encode(0, suffix='.png'))
    refuse('train/unknown: unknown class folder with 1', FERPlus, tmp_path)
    data = FERPlus(tmp_path, on_error='skip')
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))


def test_missing_split(tmp_path: Path) -> None:
    WRITERS['folders'](tmp_path, 2, 0)
    shutil.rmtree(tmp_path / 'validation')
    refuse("no split 'val'; found", FERPlus, tmp_path, 'val')
    refuse("no split 'val'; found", FERPlus, tmp_path, 'trainval')


def test_class_folders_without_splits(tmp_path: Path) -> None:
    WRITERS['folders'](tmp_path, 2, 0)
    refuse('without train and test', FERPlus, tmp_path / 'train')


def test_one_name_in_two_folders_with_other_faces(tmp_path: Path) -> None:
    """Four names of the set stand twice, with another face each."""
    WRITERS['folders'](tmp_path, 2, 0)
    name = next((tmp_path / 'train' / 'anger').iterdir()).name
    put(tmp_path / 'train' / 'fear' / name, encode(99, suffix='.png'))
    assert len(FERPlus(tmp_path)) == 17


@pytest.mark.parametrize('layout', ['train and valid', 'named'])
def test_rafdb_in_its_place(tmp_path: Path, layout: str) -> None:
    """A pack that goes round as FER+ is RAF-DB."""
    RAF_WRITERS[layout](tmp_path, 2, 0)
    said = refuse('this is not FER+ but RAF-DB', FERPlus, tmp_path)
    assert "carry RAF-DB's names (first: " in said
    assert "use type='RAFDB'" in said


def test_rafdb_by_its_numbers(tmp_path: Path, monkeypatch) -> None:
    from csgresnet_mm.datasets import fer_names

    monkeypatch.setattr(fer_names, '_RAF_COUNTS', {14, 7})
    write_fer_folders(
        tmp_path, 2, 0, folders=('train', 'test', 'x'), stem='{number}'
    )
    refuse("its numbers of images are {'test': 7,", FERPlus, tmp_path)


def test_rows_of_the_writers() -> None:
    """What the line numbers above count on."""
    rows = make_plus_rows(2, 0)
    assert [row.name for row in rows[:5]] == [
        'fer0000000.png',
        '',
        'fer0000001.png',
        'fer0000002.png',
        'fer0000003.png',
    ]
    assert [row.label for row in rows[:5]] == [0, -1, -1, 1, 2]
    assert len(rows) == 16 + 8 + 8 + 6
