"""CK+: what is wrong is told, or counted and left out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from csgresnet_mm.datasets.ckplus import CKPlus
from csgresnet_mm.datasets.errors import DatasetError

from .ckplus_trees import (
    FOLDERS,
    SEQUENCES,
    all_folds,
    image_path,
    label_path,
    shown,
    write_folders,
    write_image,
    write_official,
)
from .test_ckplus_layouts import write_rows


def refuse(text: str, *args, **kwargs) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        CKPlus(*args, **kwargs)
    return str(caught.value)


def skipped(log) -> str:
    """The report of what was left out, which both splits give alike."""
    reports = {text for text in log.warnings if ': skipped ' in text}
    [report] = reports
    return report


# ---- arguments -------------------------------------------------------

ARGUMENTS = {
    'negative fold': (dict(fold=-1), 'fold=-1 is not in 0..9 (num_folds=10)'),
    'fold beyond': (dict(fold=10), 'fold=10 is not in 0..9 (num_folds=10)'),
    'fold of fewer': (dict(fold=3, num_folds=3), 'fold=3 is not in 0..2'),
    'fold as text': (dict(fold='1'), "fold='1' is not in 0..9"),
    'fold as a truth': (dict(fold=True), 'fold=True is not in 0..9'),
    'one fold': (
        dict(num_folds=1),
        'num_folds=1 is not a whole number of 2 or more',
    ),
    'no frame': (
        dict(frames=0),
        'frames=0 is not a whole number of 1 or more',
    ),
    'frames as text': (dict(frames='3'), "frames='3' is not a whole number"),
    'frames as a truth': (dict(frames=True), 'frames=True is not a whole'),
    'split': (dict(split='dev'), "split='dev' is unknown; expected 'train'"),
    'layout': (
        dict(layout='avi'),
        "layout='avi' is unknown; expected 'auto', 'official', 'folders', "
        "'csv'",
    ),
    'classes in another order': (
        dict(classes=['contempt', 'anger', *'abcde']),
        'are those of CKPlus in another order',
    ),
    'eight classes in folder order': (
        dict(
            neutral=True,
            classes=[*FOLDERS[:5], 'neutral', *FOLDERS[5:]],
        ),
        'are those of CKPlus in another order',
    ),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write_official(tmp_path)
    kwargs, text = ARGUMENTS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        CKPlus(tmp_path, **kwargs)


# ---- the root --------------------------------------------------------


def test_missing_root(tmp_path: Path) -> None:
    refuse(f"CKPlus: data_root='{tmp_path}/no' does not", tmp_path / 'no')


def test_root_is_an_archive(tmp_path: Path) -> None:
    (tmp_path / 'CK+48.zip').write_bytes(b'PK')
    refuse('is an archive: unpack it', tmp_path / 'CK+48.zip')


def test_wrong_root(tmp_path: Path) -> None:
    (tmp_path / 'photos').mkdir()
    text = refuse(f'{tmp_path}: no CKPlus found here. It holds p', tmp_path)
    assert 'other layouts: ' in text


def test_labels_not_unpacked(tmp_path: Path) -> None:
    write_official(tmp_path)
    shutil.rmtree(tmp_path / 'Emotion')
    (tmp_path / 'Emotion_labels.zip').write_bytes(b'PK')
    text = refuse("the nearest known layout is 'official': cohn-k", tmp_path)
    assert 'Emotion/S005/001/*_emotion.txt' in text
    assert f'not unpacked: {tmp_path}/Emotion_labels.zip: unpack' in text


def test_nearest_is_the_csv(tmp_path: Path) -> None:
    (tmp_path / 'a' / 'b' / 'c').mkdir(parents=True)
    (tmp_path / 'a' / 'b' / 'c' / 'ckextended.csv').write_text('')
    refuse(f'{tmp_path}: no CKPlus found here', tmp_path)


def test_two_roots_below(tmp_path: Path) -> None:
    write_folders(tmp_path / 'one')
    write_folders(tmp_path / 'two')
    refuse('2 folders look like CKPlus', tmp_path)


def test_a_frame_in_both_folders_of_a_division(tmp_path: Path) -> None:
    write_folders(tmp_path / 'train')
    write_folders(tmp_path / 'test')
    refuse('S005_003_00000002.png: the same frame as', tmp_path)


def test_forced_layout_is_not_there(tmp_path: Path) -> None:
    write_folders(tmp_path)
    refuse("nearest known layout is 'official'", tmp_path, layout='official')


def test_no_labelled_sequence(tmp_path: Path) -> None:
    write_official(tmp_path, {})
    (tmp_path / 'Emotion').mkdir()
    (tmp_path / 'cohn-kanade-images').mkdir()
    refuse("the split 'train' is empty", tmp_path)


# ---- folds -----------------------------------------------------------


@pytest.mark.parametrize('write', [write_official, write_folders])
def test_fewer_subjects_than_folds(tmp_path: Path, write) -> None:
    write(tmp_path)
    refuse(
        'num_folds=11 is not in 2..10, the number of subjects',
        tmp_path,
        num_folds=11,
    )


@pytest.mark.parametrize('write', [write_official, write_folders])
def test_no_validation_split(tmp_path: Path, write) -> None:
    write(tmp_path)
    refuse('folds have no validation split; set val_ratio', tmp_path, 'val')


@pytest.mark.parametrize('write', [write_official, write_folders])
def test_no_split_without_folds(tmp_path: Path, write) -> None:
    write(tmp_path)
    refuse('fold=None is for ckextended.csv; here', tmp_path, fold=None)


# ---- labels of the release -------------------------------------------

LABELS = {
    'empty': (b'', "0 fields ''; one number is expected, such as 3.0000000"),
    'two numbers': (b'  3.0  4.0\n', "2 fields '3.0 4.0'"),
    'two lines': (b'3.0\n3.0\n', "2 fields '3.0 3.0'"),
    'a word': (b'happy', "label 'happy' is not a whole number"),
    'a fraction': (b'   3.5000000e+00\n', "label '3.5000000e+00' is not a w"),
    'not a number': (b'nan', "label 'nan' is not a whole number"),
    'infinity': (b'inf', "label 'inf' is not a whole number"),
    'underscore': (b'0_3', "label '0_3' is not a whole number"),
    'hexadecimal': (b'0x3', "label '0x3' is not a whole number"),
    'other digits': ('٣'.encode(), 'is not a whole number'),
    'comma': (b'3,0', "label '3,0' is not a whole number"),
    'neutral': (
        b'   0.0000000e+00\n',
        "label '0.0000000e+00' is outside 1..7 (0, neutral, is no",
    ),
    'eight': (b'   8.0000000e+00\n', 'is outside 1..7'),
    'negative': (b'  -3.0000000e+00\n', "'-3.0000000e+00' is outside 1..7"),
    'huge': (b'3e99', "label '3e99' is outside 1..7"),
    'not text': (b'\xff\xfe3', 'not UTF-8 text (byte 0 is 0xff)'),
}


@pytest.mark.parametrize('case', LABELS)
def test_bad_label(tmp_path: Path, log, case: str) -> None:
    write_official(tmp_path)
    data, text = LABELS[case]
    path = label_path(tmp_path, 'S014_001')
    path.write_bytes(data)
    assert text in refuse(f'{path}: ', tmp_path)
    kept = all_folds(tmp_path, num_folds=9, on_error='skip')
    assert kept == sorted(shown(without=['S014_001']))
    assert 'skipped 1 entries: 1 ' in skipped(log)
    assert text in skipped(log)


def two_labels(root: Path) -> str:
    path = label_path(root, 'S014_001', 8)
    path.write_text('   2.0000000e+00\n')
    return (
        f'{path.parent}: 2 labels: S014_001_00000008_emotion.txt, '
        'S014_001_00000009_emotion.txt; one is expected'
    )


def label_of_another_sequence(root: Path) -> str:
    path = label_path(root, 'S014_001')
    wrong = path.with_name('S022_001_00000004_emotion.txt')
    path.rename(wrong)
    return f'{wrong}: expected a name S014_001_<frame>_emotion.txt in this'


def label_without_frame(root: Path) -> str:
    path = label_path(root, 'S014_001')
    wrong = path.with_name('S014_001_emotion.txt')
    path.rename(wrong)
    return f'{wrong}: expected a name S014_001_<frame>_emotion.txt in this'


def no_images(root: Path) -> str:
    folder = image_path(root, 'S014_001', 1).parent
    shutil.rmtree(folder)
    return (
        f'{label_path(root, "S014_001")}: its frame S014_001_00000009.png is '
        f'missing; {folder} holds 0 frames'
    )


def labelled_frame_missing(root: Path) -> str:
    image_path(root, 'S014_001', 9).unlink()
    return 'its frame S014_001_00000009.png is missing; '


SEQUENCE = {
    'two labels': two_labels,
    'label of another sequence': label_of_another_sequence,
    'label that names no frame': label_without_frame,
    'no images': no_images,
    'labelled frame missing': labelled_frame_missing,
}


@pytest.mark.parametrize('case', SEQUENCE)
def test_bad_sequence(tmp_path: Path, log, case: str) -> None:
    write_official(tmp_path)
    text = SEQUENCE[case](tmp_path)
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, num_folds=9, on_error='skip')
    assert kept == sorted(shown(without=['S014_001']))
    assert 'skipped 1 entries: 1 ' in skipped(log)
    assert text in skipped(log)


# ---- frames of the release -------------------------------------------


def empty_frame(root: Path) -> str:
    path = image_path(root, 'S014_001', 8)
    path.write_bytes(b'')
    return f'{path}: empty image (0 bytes)'


@pytest.mark.parametrize('which', ['official', 'folders'])
def test_empty_image(tmp_path: Path, log, which: str) -> None:
    if which == 'official':
        write_official(tmp_path)
        text = empty_frame(tmp_path)
    else:
        write_folders(tmp_path)
        path = tmp_path / 'disgust' / 'S014_001_00000008.png'
        path.write_bytes(b'')
        text = f'{path}: empty image (0 bytes)'
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, on_error='skip')
    assert kept == sorted(shown(without=['S014_001_00000008']))
    assert f'skipped 1 entries: 1 empty image (first: {text})' in skipped(log)


def test_empty_image_that_is_not_used(tmp_path: Path) -> None:
    write_official(tmp_path)
    image_path(tmp_path, 'S014_001', 3).write_bytes(b'')
    assert all_folds(tmp_path) == sorted(shown())


@pytest.mark.parametrize(
    'name',
    [
        'S014_002_00000003.png',
        'S022_001_00000009.png',
        'S014_001_9.png',
        'face.png',
        'S014_001_00000009_flip.png',
        'S014_001_00000009 (1).png',
    ],
)
def test_image_of_another_name(tmp_path: Path, log, name: str) -> None:
    write_official(tmp_path)
    path = image_path(tmp_path, 'S014_001', 1).with_name(name)
    write_image(path)
    text = (
        f'{path}: the name does not say whose frame it is; expected '
        'S014_001_<frame>.png in this folder'
    )
    refuse(text, tmp_path)
    assert all_folds(tmp_path, on_error='skip') == sorted(shown())
    assert f'skipped 1 entries: 1 bad name (first: {text})' in skipped(log)


def test_two_files_of_a_frame(tmp_path: Path, log) -> None:
    write_official(tmp_path)
    first = image_path(tmp_path, 'S014_001', 9).with_suffix('.jpg')
    write_image(first)
    text = f'{first.with_suffix(".png")}: the same frame as {first}'
    refuse(text, tmp_path)
    assert all_folds(tmp_path, on_error='skip') == sorted(shown())
    assert f'1 duplicate entry (first: {text})' in skipped(log)


@pytest.mark.parametrize('which', ['official', 'folders'])
def test_too_few_frames(tmp_path: Path, log, which: str) -> None:
    """As many as there are: those before the expression show another."""
    if which == 'official':
        write_official(tmp_path)
        for frame in range(1, 8):
            image_path(tmp_path, 'S014_001', frame).unlink()
    else:
        write_folders(tmp_path)
        (tmp_path / 'disgust' / 'S014_001_00000007.png').unlink()
    text = (
        'S014_001_00000008.png: the sequence S014_001 has 2 frames of its '
        'expression, frames=3 are expected'
    )
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, on_error='skip')
    assert kept == sorted(shown(without=['S014_001_00000007']))
    assert 'skipped 1 entries: 1 missing image' in skipped(log)
    assert all_folds(tmp_path, frames=2) == sorted(shown(2))


def test_no_frame_left_for_neutral(tmp_path: Path, log) -> None:
    names = {**SEQUENCES, 'S014_001': (3, 3)}
    write_official(tmp_path, names)
    text = (
        f'{image_path(tmp_path, "S014_001", 1)}: the first frame of S014_001 '
        'is one of its last 3, so none is neutral'
    )
    refuse(text, tmp_path, neutral=True)
    kept = all_folds(tmp_path, neutral=True, on_error='skip')
    assert [pair for pair in kept if pair[0].startswith('S014')] == [
        (f'S014_001_{n:08d}', 3) for n in (1, 2, 3)
    ]
    assert 'skipped 1 entries: 1 missing image' in skipped(log)


def late_start(root: Path) -> None:
    image_path(root, 'S014_001', 1).unlink()


def gap(root: Path) -> None:
    image_path(root, 'S014_001', 8).unlink()


def longer(root: Path) -> None:
    write_image(image_path(root, 'S014_001', 10))


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    'late start': (late_start, 'the first frame is not number 1'),
    'gap': (gap, 'frame numbers are left out'),
    'longer': (longer, 'the labelled frame is not the last'),
}


@pytest.mark.parametrize('case', ODD)
def test_odd_sequences_are_counted(tmp_path: Path, log, case: str) -> None:
    """The release may have such: a warning, and the last frames."""
    write_official(tmp_path)
    change, text = ODD[case]
    change(tmp_path)
    assert len(all_folds(tmp_path)) == 36
    assert f'{tmp_path}: {text} in 1 sequences (first: S014_001)' in (
        log.warnings
    )


def test_no_odd_sequences_no_warning(tmp_path: Path, log) -> None:
    write_official(tmp_path)
    all_folds(tmp_path)
    assert not [text for text in log.warnings if 'sequences (' in text]


# ---- class folders ---------------------------------------------------


def test_unknown_class_folder(tmp_path: Path, log) -> None:
    write_folders(tmp_path)
    write_image(tmp_path / 'boredom' / 'S014_001_00000001.png')
    text = f'{tmp_path}/boredom: unknown class folder with 1 images; the clas'
    refuse(text, tmp_path)
    assert all_folds(tmp_path, on_error='skip') == sorted(shown())
    assert 'skipped 1 entries: 1 unknown class folder' in skipped(log)


@pytest.mark.parametrize(
    'name', ['im0.png', 'PublicTest_1.jpg', 'S14_1_8.png', 'S014_001.png']
)
def test_name_without_a_subject(tmp_path: Path, log, name: str) -> None:
    write_folders(tmp_path)
    path = write_image(tmp_path / 'happy' / name)
    text = (
        f'{path}: the name does not say whose frame it is; expected '
        'S005_001_00000011: subject, sequence, frame'
    )
    refuse(text, tmp_path)
    assert all_folds(tmp_path, on_error='skip') == sorted(shown())
    assert f'skipped 1 entries: 1 bad name (first: {text})' in skipped(log)


def test_no_name_with_a_subject(tmp_path: Path) -> None:
    for label, name in enumerate(('angry', 'happy', 'sad')):
        write_image(tmp_path / 'train' / name / f'im{label}.png')
    refuse('the name does not say whose frame it is', tmp_path)
    refuse("the split 'train' is empty", tmp_path, on_error='skip')


def test_a_frame_in_two_classes(tmp_path: Path, log) -> None:
    write_folders(tmp_path)
    name = 'S014_001_00000009.png'
    second = write_image(tmp_path / 'happy' / name)
    text = f'{second}: the same frame as {tmp_path}/disgust/{name}'
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, on_error='skip', frames=2)
    expected = [(f'S014_001_{n:08d}', 2) for n in (7, 8)]
    assert kept == sorted(shown(2, without=['S014_001']) + expected)
    assert f'1 labels disagree (first: {text})' in skipped(log)


def test_a_sequence_in_two_classes(tmp_path: Path, log) -> None:
    write_folders(tmp_path)
    second = write_image(tmp_path / 'happy' / 'S014_001_00000010.png')
    text = (
        f'{second}: the same sequence as {tmp_path}/disgust/'
        'S014_001_00000007.png, in the folder of another class'
    )
    refuse(text, tmp_path)
    kept = all_folds(tmp_path, num_folds=9, on_error='skip')
    assert kept == sorted(shown(without=['S014_001']))
    assert 'skipped 4 entries: 4 labels disagree' in skipped(log)


def test_two_folders_for_one_class(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_image(tmp_path / 'joy' / 'S014_001_00000001.png')
    refuse("'happy' and 'joy' are both the class 'Happy'", tmp_path)


def test_numbers_and_names_mixed(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_image(tmp_path / '3' / 'S014_001_00000001.png')
    refuse('numbered and named class folders are mixed', tmp_path)


def test_numbered_folders(tmp_path: Path) -> None:
    for label in range(7):
        write_image(tmp_path / str(label) / 'S014_001_00000001.png')
    refuse(f'{tmp_path}: no CKPlus found here. It holds 0/, 1/', tmp_path)


def test_neutral_without_a_folder(tmp_path: Path) -> None:
    write_folders(tmp_path)
    refuse(
        f'{tmp_path}: neutral=True, but no class folder is neutral',
        tmp_path,
        neutral=True,
    )


def test_four_frames_of_three(tmp_path: Path) -> None:
    write_folders(tmp_path)
    refuse('has 3 frames of its expression, frames=4', tmp_path, frames=4)


def test_folders_that_differ_in_case(tmp_path: Path) -> None:
    """'Surprise' sorts before 'anger': order moves no label."""
    write_folders(tmp_path)
    for name in ('surprise', 'sadness'):
        (tmp_path / name).rename(tmp_path / name.capitalize())
    assert all_folds(tmp_path) == sorted(shown())


# ---- ckextended.csv --------------------------------------------------


@pytest.mark.parametrize('kwargs', [dict(), dict(fold=3), dict(num_folds=5)])
def test_subject_folds_of_the_csv(tmp_path: Path, kwargs: dict) -> None:
    path = write_rows(tmp_path, ['0,@,Training'])
    refuse(
        f'{path}: names no subjects, so folds of subjects cannot be made '
        f'(fold={kwargs.get("fold", 0)}); fold=None takes the split of its '
        'Usage column, which is not subject-disjoint',
        tmp_path,
        **kwargs,
    )


CSV_OPTIONS = {
    'val_ratio': (
        dict(val_ratio=0.1),
        'its PublicTest is a validation split; leave val_ratio=0.1 out',
    ),
    'frames': (dict(frames=1), 'frames=1 is for sequences; here is one frame'),
}


@pytest.mark.parametrize('case', CSV_OPTIONS)
def test_options_of_sequences(tmp_path: Path, case: str) -> None:
    path = write_rows(tmp_path, ['0,@,Training'])
    kwargs, text = CSV_OPTIONS[case]
    refuse(f'{path}: {text}', tmp_path, fold=None, **kwargs)


ROWS = {
    'label out of range': ('8,@,Training', 'emotion 8 is outside 0..7'),
    'label no integer': ('1.5,@,Training', "emotion '1.5' is not an integer"),
    'too few fields': ('1,@', '2 fields'),
    'too many fields': ('1,@,Training,x', '4 fields'),
    'pixel missing': ('1,1 2 3,Training', '3 pixels; expected 2304 (48x48)'),
    'pixel no integer': ('1,@x,Training', 'expected an integer in 0..255'),
    'unknown Usage': (
        '1,@,Tester',
        "Usage 'Tester' is unknown; expected one of",
    ),
}


@pytest.mark.parametrize('case', ROWS)
def test_bad_row(tmp_path: Path, log, case: str) -> None:
    row, text = ROWS[case]
    path = write_rows(tmp_path, ['7,@,Training', row, '0,@,Training'])
    assert text in refuse(f'{path}, line 3: ', tmp_path, fold=None)
    data = CKPlus(tmp_path, fold=None, on_error='skip')
    infos = [data.get_data_info(index) for index in range(len(data))]
    assert [(i['row'], i['gt_label']) for i in infos] == [(0, 1), (2, 0)]
    assert all(info['img'].any() for info in infos)
    assert 'skipped 1 entries: 1 ' in skipped(log)
    assert text in skipped(log)


@pytest.mark.parametrize(
    'header, missing',
    [('emotion,pixels', 'usage'), ('pixels,Usage', 'emotion')],
)
def test_missing_column(tmp_path: Path, header: str, missing: str) -> None:
    path = write_rows(tmp_path, ['1,@'])
    text = path.read_text().replace('emotion,pixels,Usage', header)
    path.write_text(text)
    refuse(f'{path}, line 1: {missing} is missing; exp', tmp_path, fold=None)


def test_no_header(tmp_path: Path) -> None:
    path = write_rows(tmp_path, ['1,@,Training'])
    path.write_text(path.read_text().split('\n', 1)[1])
    refuse(f"{path}, line 1: header is '1,0 1 2 3", tmp_path, fold=None)


def test_empty_split_of_the_csv(tmp_path: Path) -> None:
    write_rows(tmp_path, ['1,@,Training'])
    refuse("the split 'test' is empty", tmp_path, 'test', fold=None)


@pytest.mark.parametrize('end', ['\r\n', '\n\n', '\n'])
def test_crlf_bom_and_blank_lines(tmp_path: Path, end: str) -> None:
    path = write_rows(tmp_path, ['7,@,Training', '0,@,Training'])
    data = path.read_text().replace('\n', end).encode()
    path.write_bytes(b'\xef\xbb\xbf' + data)
    found = CKPlus(tmp_path, fold=None)
    assert [found.get_data_info(n)['gt_label'] for n in range(2)] == [1, 0]
