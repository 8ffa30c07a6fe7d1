"""FER2013: what is wrong on disk is told, or left out and counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from csgresnet_mm.datasets.errors import UnreadableImageError
from csgresnet_mm.datasets.fer2013 import FER2013
from csgresnet_mm.datasets.layouts._images import encode, put
from csgresnet_mm.datasets.layouts.fer2013 import (
    WRITERS,
    write_csv,
    write_folders,
    write_split_csvs,
)
from csgresnet_mm.datasets.reading.report import ReadReport

from .fer_helpers import edit, edit_line, expect, face, refuse, samples

PIXELS = ' '.join(['5'] * 2304)
LINES = {
    'two fields': ('1,2', 'wrong number of fields', "2 fields '1,2'; expect"),
    'four fields': (f'1,{PIXELS},Training,x', 'wrong number', '4 fields'),
    'no field': ('Training', 'wrong number of fields', '1 fields'),
    'empty label': (f',{PIXELS},Training', 'label not', "emotion '' is not"),
    'word as label': (f'sad,{PIXELS},Training', 'label not', "'sad' is not"),
    'float as label': (f'1.5,{PIXELS},Training', 'label not', "'1.5' is"),
    'negative label': (f'-1,{PIXELS},Training', 'label not', "'-1' is not"),
    'label 7': (
        f'7,{PIXELS},Training',
        'label out of range',
        'emotion 7 is outside 0..6 (7 is Contempt in ckextended.csv',
    ),
    'label 12': (f'12,{PIXELS},Training', 'label out', '12 is outside 0..6'),
    'no pixels': ('1,,Training', 'wrong number of pixels', '0 pixels'),
    'a pixel less': (
        f'1,{PIXELS[2:]},Training',
        'wrong number of pixels',
        '2303 pixels; expected 2304 (48x48)',
    ),
    'a pixel more': (f'1,{PIXELS} 5,Training', 'wrong', '2305 pixels'),
    'three channels': (
        f'1,{PIXELS} {PIXELS} {PIXELS},Training',
        'wrong number of pixels',
        '6912 pixels',
    ),
    'pixel 256': (
        f'1,256{PIXELS[1:]},Training',
        'bad pixel',
        "pixel 1 is '256'; expected an integer in 0..255",
    ),
    'pixel 1000': (f'1,{PIXELS}000,Training', 'bad', "pixel 2304 is '5000'"),
    'float pixel': (f'1,5 5.5{PIXELS[3:]},Training', 'bad', "2 is '5.5'"),
    'negative pixel': (f'1,{PIXELS[:-1]}-5,Training', 'bad', "is '-5'"),
    'word as pixel': (f'1,{PIXELS[:-1]}x,Training', 'bad pixel', "is 'x'"),
    'hexadecimal': (f'1,{PIXELS[:-1]}a5,Training', 'bad pixel', "is 'a5'"),
    'full-width digit': (f'1,{PIXELS[:-1]}\uff15,Training', 'bad', "'\uff15'"),
    'unknown Usage': (
        f'1,{PIXELS},Tester',
        'unknown Usage',
        "Usage 'Tester' is unknown; expected one of Training, PublicTest, "
        'PrivateTest',
    ),
    'usage of two': (f'1,{PIXELS},trainval', 'unknown', "'trainval'"),
    'no usage': (f'1,{PIXELS},', 'unknown Usage', "Usage '' is unknown"),
    'open quote': (f'1,"{PIXELS},Training', 'bad line', 'not a line of CSV'),
    'columns moved': (f'{PIXELS},1,Training', 'label not', 'is not an int'),
}


@pytest.mark.parametrize('where', ['first', 'middle', 'last'])
@pytest.mark.parametrize('case', LINES)
def test_malformed_line(tmp_path: Path, case: str, where: str, log) -> None:
    text, cause, message = LINES[case]
    found = write_csv(tmp_path, 6, 0)
    path = tmp_path / 'fer2013.csv'
    row = {'first': 0, 'middle': 36, 'last': 41}[where]
    edit_line(path, row + 2, lambda _: text)
    said = refuse(message, FER2013, tmp_path)
    assert said.startswith(f'{path}, line {row + 2}: ')
    kept = expect(tmp_path, found, 'train')
    data = FER2013(tmp_path, on_error='skip')
    assert samples(data) == kept[:row] + kept[row + 1 :]
    assert any(
        f'skipped 1 entries: 1 {cause}' in text for text in log.warnings
    )
    last = data.get_data_info(len(data) - 1)
    assert (last['img'] == face(last['row'])).all()


def test_other_bytes(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'fer2013.csv'
    path.write_bytes(path.read_bytes().replace(b'Training', b'Tr\xe4ning', 1))
    refuse(f'{path}, line 2: byte ', FER2013, tmp_path)
    assert len(FER2013(tmp_path, on_error='skip')) == 6


@pytest.mark.parametrize('layout', ['csv', 'icml'])
def test_something_between_cr_and_lf(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, 6, 0)
    [path] = tmp_path.glob('*.csv')
    lines = path.read_text().split('\n')
    lines[2] += '\r0'
    path.write_bytes('\r\n'.join(lines).replace('\r0\r', '\r0').encode())
    refuse(f'{path}, line 3: not a line of CSV', FER2013, tmp_path)
    assert len(FER2013(tmp_path, on_error='skip')) == 41


def test_a_malformed_line_of_test_is_not_of_train(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    edit_line(tmp_path / 'fer2013.csv', 29, lambda s: 'x' + s)
    assert len(FER2013(tmp_path)) == 14
    assert len(FER2013(tmp_path, 'val')) == 7
    refuse('line 29: emotion', FER2013, tmp_path, 'test')
    refuse('line 29: emotion', FER2013, tmp_path, 'paper_train')


def test_an_unknown_usage_may_be_of_any_split(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    edit(tmp_path / 'fer2013.csv', 'PrivateTest', 'Other')
    for split in ('train', 'val', 'test'):
        refuse("Usage 'Other' is unknown", FER2013, tmp_path, split)


@pytest.mark.parametrize('layout', ['csv', 'icml', 'split csv'])
def test_what_changes_no_label(tmp_path: Path, layout: str, log) -> None:
    """CR LF, a byte-order mark, blank lines, quotes, no last line end."""
    found = WRITERS[layout](tmp_path, 2, 0)
    for path in tmp_path.glob('*.csv'):
        lines = path.read_text().split('\n')[:-1]
        first = lines[1].split(',')
        first[lines[0].split(',').index('emotion')] = f' "{first[0]}"'.strip()
        lines[1] = ','.join(first)
        lines.insert(2, '')
        lines.insert(4, '  ')
        text = '\r\n'.join(lines)
        path.write_bytes(b'\xef\xbb\xbf' + text.encode())
    for split in ('train', 'val', 'test'):
        assert samples(FER2013(tmp_path, split)) == expect(
            tmp_path, found, split
        )
    assert any('passed over 2 blank lines' in text for text in log.notes)


def test_spaces_after_commas(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013.csv'
    path.write_text(path.read_text().replace(',', ', '))
    data = FER2013(tmp_path)
    assert samples(data) == expect(tmp_path, found, 'train')
    assert (data.get_data_info(13)['img'] == face(13)).all()


# ---- files -----------------------------------------------------------

HEADERS = {
    'none': ('', "is '0,"),
    'other names': ('label,image,split\n', "is 'label,image,split'; exp"),
    'a column more': ('emotion,pixels,Usage,name\n', "Usage,name'; expected"),
    'a column twice': ('emotion,pixels,pixels\n', "'emotion,pixels,pixels'"),
}


@pytest.mark.parametrize('case', HEADERS)
def test_wrong_header(tmp_path: Path, case: str) -> None:
    """Without a header, the first row must not be lost."""
    header, found = HEADERS[case]
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'fer2013.csv'
    edit(path, 'emotion,pixels,Usage\n', header)
    said = refuse(found, FER2013, tmp_path)
    assert said.startswith(f'{path}, line 1: header ')
    assert "expected 'emotion,pixels,Usage' or 'emotion, Usage," in said


@pytest.mark.parametrize(
    'header, missing',
    [('emotion,pixels', 'usage'), ('pixels', 'emotion and usage')],
)
def test_missing_columns(tmp_path: Path, header: str, missing: str) -> None:
    write_csv(tmp_path, 1, 0, header=header)
    refuse(
        f"line 1: header is '{header}', without {missing}", FER2013, tmp_path
    )


@pytest.mark.parametrize('text', ['emotion,pixels,Usage', '', '\n\n'])
def test_no_rows(tmp_path: Path, text: str) -> None:
    path = put(tmp_path / 'fer2013.csv', text)
    expected = 'holds no row after the header' if text[:1] == 'e' else 'line 1'
    refuse(f'{path}', FER2013, tmp_path)
    refuse(expected, FER2013, tmp_path)


def test_a_split_without_rows(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'fer2013.csv'
    path.write_text(path.read_text().replace('PublicTest', 'Training'))
    refuse("the split 'val' is empty", FER2013, tmp_path, 'val')


def test_challenge_has_no_test(tmp_path: Path) -> None:
    write_split_csvs(tmp_path, 1, 0, labelled=False)
    for split in ('test', 'paper_train'):
        refuse('.csv', FER2013, tmp_path, split)
    refuse(
        "test.csv, line 1: header is 'pixels', without emotion (the labels "
        "of the challenge's test.csv are in fer2013.csv and in "
        'icml_face_data.csv)',
        FER2013,
        tmp_path,
        'test',
    )
    refuse(
        'no val.csv with pixels; found test.csv, train.csv; set val_ratio',
        FER2013,
        tmp_path,
        'val',
    )


def test_two_files_of_one_split(tmp_path: Path) -> None:
    write_split_csvs(tmp_path, 1, 0)
    shutil.copy(tmp_path / 'val.csv', tmp_path / 'valid.csv')
    refuse("val.csv and valid.csv are both the split 'val'", FER2013, tmp_path)


def test_rows_of_another_split(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    (tmp_path / 'fer2013.csv').rename(tmp_path / 'train.csv')
    refuse(
        "train.csv, line 16: Usage is PublicTest, in the file of 'train'; "
        'expected Training (14 such rows)',
        FER2013,
        tmp_path,
    )
    assert len(FER2013(tmp_path, on_error='skip')) == 14


def test_a_list_of_files_is_no_pixels(tmp_path: Path) -> None:
    put(tmp_path / 'train.csv', 'image,label\na.jpg,1\n')
    refuse('no FER2013 found here', FER2013, tmp_path)


@pytest.mark.parametrize(
    'name, kind',
    [('fer2013.csv', 'csv'), ('train/angry/im0.png', 'folders')],
)
def test_wrong_root(tmp_path: Path, name: str, kind: str) -> None:
    put(tmp_path / 'a' / 'b' / 'c' / name, 'x')
    said = refuse('no FER2013 found here. It holds a/', FER2013, tmp_path)
    assert 'the nearest known layout is' in said


def test_zip_not_unpacked(tmp_path: Path) -> None:
    put(tmp_path / 'fer2013.tar.gz', 'x')
    refuse(
        f'archives not unpacked: {tmp_path}/fer2013.tar.gz', FER2013, tmp_path
    )
    refuse('is an archive', FER2013, tmp_path / 'fer2013.tar.gz')


def test_several_roots(tmp_path: Path) -> None:
    write_csv(tmp_path / 'a', 1, 0)
    write_csv(tmp_path / 'b', 1, 0)
    refuse(
        "2 folders look like FER2013 in the layout 'csv'", FER2013, tmp_path
    )


# ---- options ---------------------------------------------------------


@pytest.mark.parametrize(
    'options, text',
    [
        (dict(split='private'), "'test', 'paper_train', 'paper_test'"),
        (dict(layout='zip'), "'auto', 'csv', 'split-csv', 'folders'"),
        (dict(split='paper_train', val_ratio=0.1), 'not paper_train'),
        (dict(classes=['Sad', 'Happy']), 'in another order'),
    ],
)
def test_bad_options(tmp_path: Path, options, text: str) -> None:
    write_csv(tmp_path, 1, 0)
    with pytest.raises(ValueError) as caught:
        FER2013(tmp_path, **options)
    assert text in str(caught.value)


@pytest.mark.parametrize('layout', ['csv', 'split csv', 'folders'])
@pytest.mark.parametrize('split', ['train', 'val'])
def test_an_official_val_is_not_carved(tmp_path, layout, split) -> None:
    WRITERS[layout](tmp_path, 4, 0)
    refuse('leave val_ratio=0.1 out', FER2013, tmp_path, split, val_ratio=0.1)


@pytest.mark.parametrize('layout', ['split csv', 'folders'])
def test_options_of_another_layout(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, 1, 0)
    refuse('drop_bad=True needs fer2013.csv', FER2013, tmp_path, drop_bad=True)


def test_order_is_for_folders(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    refuse('folder_order= is for num', FER2013, tmp_path, folder_order='rafdb')


def test_layout_that_is_not_there(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    refuse('no FER2013 found here', FER2013, tmp_path, layout='folders')


# ---- class folders ---------------------------------------------------


def test_halves_that_cannot_be_told(tmp_path: Path) -> None:
    WRITERS['folders without halves'](tmp_path, 2, 0)
    refuse(
        'the names do not tell PublicTest from PrivateTest, so there is no '
        'official validation split; set val_ratio',
        FER2013,
        tmp_path,
        'val',
    )


def test_validation_is_not_the_test(tmp_path: Path) -> None:
    WRITERS['train and validation'](tmp_path, 2, 0)
    refuse(
        f'{tmp_path}/images/validation: not the official split and no test; '
        "evaluate on split='val'",
        FER2013,
        tmp_path,
        'test',
    )


def test_paper_split_needs_all(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0)
    shutil.rmtree(tmp_path / 'test')
    refuse('holds train only', FER2013, tmp_path, 'paper_test')


def test_paper_split_needs_two_of_a_class(tmp_path: Path) -> None:
    WRITERS['folders'](tmp_path, 2, 0)
    for path in (tmp_path / 'test' / 'happy').iterdir():
        path.unlink()
    first, *_ = (tmp_path / 'train' / 'happy').iterdir()
    first.unlink()
    refuse('class 3 has one image only', FER2013, tmp_path, 'paper_test')


def test_no_split_and_no_prefix(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0, folders=('.', '.', '.'), stem='{number}')
    refuse('neither folders nor names tell train from test', FER2013, tmp_path)


def test_a_name_without_usage_among_others(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0)
    bad = put(tmp_path / 'test' / 'sad' / 'im0.jpg', encode(0))
    refuse(f'{bad}: starts with none of Training_', FER2013, tmp_path, 'test')
    data = FER2013(tmp_path, 'test', on_error='skip')
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'test'))


def test_altered_copy_of_test_inside_train(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0)
    bad = put(tmp_path / 'train/sad/PrivateTest_21_flip.jpg', encode(0))
    refuse(
        f"{bad}: an altered copy of a 'test' image inside the 'train' folder",
        FER2013,
        tmp_path,
    )
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split, on_error='skip')
        assert sorted(samples(data)) == sorted(expect(tmp_path, found, split))


def test_altered_copies_are_told(tmp_path: Path, log) -> None:
    write_folders(tmp_path, 2, 0)
    put(tmp_path / 'train/sad/Training_1_flip.jpg', encode(0))
    assert len(FER2013(tmp_path)) == 15
    assert (
        f'{tmp_path}: 1 names are more than a usage and a number (first: '
        f'{tmp_path}/train/sad/Training_1_flip.jpg): an altered copy?'
    ) in log.warnings


def test_one_name_in_two_folders_with_other_faces(tmp_path: Path, log) -> None:
    """As the copy that most people have: names are no identity."""
    found = write_folders(tmp_path, 2, 0)
    bad = put(tmp_path / 'train/sad/Training_0.jpg', encode(99))
    data = FER2013(tmp_path)
    paths = [path for path, _ in samples(data)]
    assert len(paths) == 15
    assert len(expect(tmp_path, found, 'train')) == 14
    assert str(bad) in paths
    assert str(tmp_path / 'train/angry/Training_0.jpg') in paths
    told = [text for text in log.warnings if 'names occur' in text]
    assert told == [
        '1 names occur in another folder again, with another face: other '
        f'samples (first: {tmp_path}/train/angry/Training_0.jpg and {bad})'
    ]
    FER2013(tmp_path, 'test')  # it has none
    assert [text for text in log.warnings if 'names occur' in text] == told


def test_one_face_under_two_labels(tmp_path: Path, log) -> None:
    write_folders(tmp_path, 2, 0)
    first = tmp_path / 'train/angry/Training_0.jpg'
    second = put(tmp_path / 'train/sad/Training_0.jpg', first.read_bytes())
    labels = dict(samples(FER2013(tmp_path)))
    assert labels[str(first)] == 0
    assert labels[str(second)] == 4
    told = [text for text in log.warnings if 'names occur' in text]
    assert told == [
        '1 names occur in another folder again, with the same bytes: kept '
        f'under both labels (first: {first} and {second})'
    ]


@pytest.mark.parametrize('again', ['test/angry/Training_0.jpg', 'suffix'])
def test_one_face_twice_under_one_label(tmp_path: Path, again: str) -> None:
    write_folders(tmp_path, 2, 0)
    first = tmp_path / 'train/angry/Training_0.jpg'
    if again == 'suffix':  # the same name, encoded anew
        put(tmp_path / 'train/angry/Training_0.png', encode(3, suffix='.png'))
    else:
        put(tmp_path / again, first.read_bytes())
    refuse('the same image as', FER2013, tmp_path)
    assert len(FER2013(tmp_path, on_error='skip')) == 14


def test_a_name_that_occurs_again_keeps_keys_unique(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0)
    put(tmp_path / 'train/sad/Training_0.jpg', encode(99))
    data = FER2013(tmp_path, lazy_init=True)
    found = data.read_samples('train', ReadReport('raise', ''))
    keys = [sample.key for sample in found]
    assert len(keys) == len(set(keys)) == 15
    assert {'train/0/Training_0', 'train/4/Training_0'} <= set(keys)
    assert 'Training_1' in keys


def test_empty_image(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0)
    image = put(tmp_path / 'train/angry/Training_0.jpg', b'')
    refuse(f'{image}: empty image (0 bytes)', FER2013, tmp_path)
    assert len(FER2013(tmp_path, on_error='skip')) == 13


def test_truncated_image(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0)
    path = tmp_path / 'train/angry/Training_0.jpg'
    path.write_bytes(path.read_bytes()[:-200])
    pipeline = [dict(type='LoadImageFromFile')]
    with pytest.raises(UnreadableImageError, match='Training_0.jpg: trunc'):
        FER2013(tmp_path, pipeline=pipeline)[0]
    data = FER2013(tmp_path, pipeline=pipeline, on_error='skip')
    assert data[0]['img_path'] != str(path)


def test_M2_a_skipped_row_moves_no_other_to_another_split(
    tmp_path: Path,
) -> None:
    """A row's key counts the rows before it, good or not."""
    for name in ('whole', 'hurt'):
        write_csv(tmp_path / name, 20, 0)
    hurt = samples(FER2013(tmp_path / 'whole'))[0]
    edit_line(
        tmp_path / 'hurt/fer2013.csv',
        2 + int(hurt[0].rpartition('#')[2]),
        lambda line: line.replace(f'{hurt[1]},', 'x,', 1),
    )
    drawn = [
        [
            (path.rpartition('#')[2], label)
            for path, label in samples(
                FER2013(tmp_path / name, 'paper_test', on_error='skip')
            )
            if label != hurt[1]  # of its class one fewer may be drawn
        ]
        for name in ('whole', 'hurt')
    ]
    assert drawn[0] == drawn[1] != []


@pytest.mark.parametrize('name', ['contempt', 'happy_dogs', 'Unknown'])
def test_unknown_class_folder(tmp_path: Path, name: str) -> None:
    found = write_folders(tmp_path, 2, 0)
    put(tmp_path / 'train' / name / 'Training_900.jpg', encode(0))
    refuse(
        f'{tmp_path}/train/{name}: unknown class folder with 1 images; the '
        'classes are Angry',
        FER2013,
        tmp_path,
    )
    data = FER2013(tmp_path, on_error='skip')
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))


def test_folders_of_two_splits_may_differ_in_case(tmp_path: Path) -> None:
    """'Sad' sorts before 'angry': one map for both would be wrong."""
    found = write_folders(tmp_path, 2, 0)
    (tmp_path / 'test/sad').rename(tmp_path / 'test/Sad')
    wanted = [
        (path.replace('/sad/', '/Sad/'), label)
        for path, label in expect(tmp_path, found, 'test')
    ]
    assert sorted(samples(FER2013(tmp_path, 'test'))) == sorted(wanted)


def test_two_folders_of_one_class(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0)
    put(tmp_path / 'train/happiness/Training_900.jpg', encode(0))
    refuse("'happiness' and 'happy' are both the class", FER2013, tmp_path)


@pytest.mark.parametrize('base', [0, 1])
def test_numbered_folders(tmp_path: Path, base: int) -> None:
    names = [str(base + label) for label in range(7)]
    write_folders(tmp_path, 2, 0, names=names)
    said = refuse('what the numbered class folders mean', FER2013, tmp_path)
    assert f'numbered from {base}' in said
    assert "'affectnet' = " in said
    assert f'{base}: 2' in said


def test_near_counts_prove_nothing(tmp_path: Path) -> None:
    """One image less, and two classes could be exchanged."""

    class Small(FER2013):
        PUBLISHED = dict(FER2013.PUBLISHED, val=(7, 1, 6, 5, 4, 3, 2))

    for label, count in enumerate((6, 1, 6, 5, 4, 3, 2)):
        for number in range(count):
            put(tmp_path / 'val' / str(label) / f'{number}.jpg', 'x')
    refuse('are not exactly the published ones', Small, tmp_path, 'val')


def test_ten_is_after_two(tmp_path: Path) -> None:
    names = ['4', '5', '6', '7', '8', '9', '10']
    write_folders(tmp_path, 2, 0, names=names)
    refuse('/10: unknown class folder with 2', FER2013, tmp_path)


# ---- another set -----------------------------------------------------


def test_rafdb_by_its_names(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0, stem='train_{number:05d}_aligned')
    (tmp_path / 'train/angry/train_00000_aligned.jpg').unlink()
    refuse(
        "this is not FER2013 but RAF-DB: 27 of 27 images carry RAF-DB's names",
        FER2013,
        tmp_path,
    )
