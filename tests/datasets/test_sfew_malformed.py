"""SFEW: what is wrong is told, or counted and left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from csgresnet_mm.datasets import SFEW, DatasetError

from .test_sfew_layouts import (
    CLASSES,
    HEADER,
    csv_found,
    csv_rows,
    samples,
    write_csv,
    write_folders,
    write_image,
)

FACES = 'Train/Train_Aligned_Faces'


def refuse(text: str, *args, **kwargs) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        SFEW(*args, **kwargs)
    return str(caught.value)


def of(split: str, found: list) -> list[tuple[str, int]]:
    return sorted((p, n) for s, p, n in found if s == split)


# ---- arguments -------------------------------------------------------

ARGUMENTS = {
    'split': (dict(split='dev'), "split='dev' is unknown"),
    'alignment': (
        dict(alignment='cropped'),
        "alignment='cropped' is unknown; expected one of aligned, original",
    ),
    'label_base': (dict(label_base=2), 'label_base=2 is unknown'),
    'layout': (
        dict(layout='zip'),
        "layout='zip' is unknown; expected 'auto', 'official', 'csv', "
        "'folders'",
    ),
    'order': (
        dict(folder_order='sfew'),
        'folder_order=',
    ),
    'val': (
        dict(split='val'),
        "split='test' is SFEW's official validation folder; for split='val' "
        'set val_ratio (0.1, say)',
    ),
    'classes': (
        dict(classes=CLASSES[::-1]),
        'are those of SFEW in another order',
    ),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write_folders(tmp_path)
    kwargs, text = ARGUMENTS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        SFEW(tmp_path, **kwargs)


# ---- the root --------------------------------------------------------


def test_wrong_root_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / 'Train').mkdir()
    (tmp_path / 'Test').mkdir()
    text = refuse(f'{tmp_path}: no SFEW found here.', tmp_path)
    assert 'It holds Test/, Train/' in text
    assert 'Train/Train_Aligned_Faces/<Class>/*.png' in text


def test_archives_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / 'SFEW_2.0.zip').write_bytes(b'PK')
    text = refuse('no SFEW found here', tmp_path)
    assert f'{tmp_path}/SFEW_2.0.zip' in text


def test_val_not_unpacked(tmp_path: Path) -> None:
    write_folders(tmp_path, val='')
    packed = tmp_path / 'Val' / 'Val_Aligned_Faces_new.zip'
    packed.parent.mkdir()
    packed.write_bytes(b'PK')
    text = refuse(
        f'{tmp_path}: no folder of the official val split; expected '
        'Val/Val_Aligned_Faces/<Class>; found',
        tmp_path,
        'test',
    )
    assert f'not unpacked: {packed}' in text
    assert len(SFEW(tmp_path)) == 14


def test_no_train(tmp_path: Path) -> None:
    write_folders(tmp_path, train='')
    refuse('no folder of the official train split', tmp_path)


def test_images_of_the_list_not_unpacked(tmp_path: Path) -> None:
    write_csv(tmp_path, csv_rows(), HEADER)
    shutil.rmtree(tmp_path / 'sfew2.0_images')
    (tmp_path / 'sfew2.0_images.zip').write_bytes(b'PK')
    text = refuse(f'{tmp_path}/sfew2.0_images: no images', tmp_path)
    assert f'not unpacked: {tmp_path}/sfew2.0_images.zip' in text


def test_two_releases_of_val(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_folders(
        tmp_path, train='', val='Val/Val_Aligned_Faces_new/Val_Aligned_Faces'
    )
    text = refuse(f'{tmp_path}: several folders of the val faces', tmp_path)
    assert 'Val/Val_Aligned_Faces (7 images)' in text
    assert 'Val/Val_Aligned_Faces_new/Val_Aligned_Faces (7 images)' in text


ALIGNMENT = {
    'aligned': ('Train/imgs', 'Val/imgs', 'whole frames', 'original'),
    'original': (FACES, 'Val/Val_Aligned_Faces', 'aligned faces', 'aligned'),
}


@pytest.mark.parametrize('alignment', ALIGNMENT)
def test_the_other_alignment(tmp_path: Path, alignment: str) -> None:
    train, val, holds, other = ALIGNMENT[alignment]
    write_folders(tmp_path, train, val)
    refuse(
        f'nothing of alignment={alignment!r}; it holds {holds}: set '
        f'alignment={other!r}',
        tmp_path,
        alignment=alignment,
    )


def test_a_labelled_test_beside_val(tmp_path: Path) -> None:
    """Somebody's own division into three."""
    write_folders(tmp_path, 'train', 'val')
    write_folders(tmp_path, 'train', 'test')
    refuse(
        'val and test both hold class folders; the labels of SFEW',
        tmp_path,
    )


def test_two_folders_for_one_split(tmp_path: Path) -> None:
    write_folders(tmp_path, 'train', 'val')
    write_folders(tmp_path, 'train', 'valid')
    refuse("'val' and 'valid' are both the split 'val'", tmp_path)


# ---- class folders ---------------------------------------------------


@pytest.mark.parametrize('split', ['train', 'test'])
def test_unknown_class_folder(tmp_path: Path, log, split: str) -> None:
    found = write_folders(tmp_path)
    folder = tmp_path / FACES / 'Contempt'
    write_image(folder / 'a.png')
    text = f'{folder}: unknown class folder with 1 images; the classes are'
    refuse(text, tmp_path, split)
    data = SFEW(tmp_path, split, on_error='skip')
    assert sorted(samples(data)) == of(split, found)
    assert any('1 unknown class folder' in w for w in log.warnings)


def test_two_folders_for_one_class(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_image(tmp_path / FACES / 'sadness' / 'a.png')
    refuse("'Sad' and 'sadness' are both the class 'Sad'", tmp_path)


def test_folder_inside_a_class_folder(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_image(tmp_path / FACES / 'Sad' / 'more' / 'a.png')
    refuse(f'{FACES}/Sad: holds the folders more; images are', tmp_path)
    assert len(SFEW(tmp_path, on_error='skip')) == 14


def test_numbered_and_named_folders(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_image(tmp_path / FACES / '3' / 'a.png')
    refuse('numbered and named class folders are mixed', tmp_path)


@pytest.mark.parametrize('base', [0, 1])
@pytest.mark.parametrize('val', ['Val/Val_Aligned_Faces', ''])
def test_numbers_that_nothing_proves(tmp_path, base: int, val: str) -> None:
    """1..7 are nobody's numbers here: SFEW has none of its own."""
    write_folders(tmp_path, val=val, name=lambda label: str(label + base))
    text = refuse('what the numbered class folders mean is not kn', tmp_path)
    assert f'they are numbered from {base}' in text
    assert f'train: {base}: 2, {base + 1}: 2' in text
    assert '178/66/98/198/150/172/96' in text
    assert 'Set folder_order= to one of the known orders' in text


def test_near_counts_prove_nothing(tmp_path: Path) -> None:
    for label, count in enumerate((178, 66, 98, 198, 150, 172, 95)):
        folder = tmp_path / FACES / str(label)
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f'{label}_{number}.png').write_bytes(b'x')
    text = refuse('their counts are not exactly the published', tmp_path)
    assert '5: 172, 6: 95' in text


def test_ambiguous_numbers(tmp_path: Path) -> None:
    write_folders(tmp_path, name=str, labels=[1, 2, 3])
    refuse('neither 0 nor 7 exists', tmp_path, folder_order='rafdb')


def test_both_ends_of_the_numbers(tmp_path: Path) -> None:
    write_folders(tmp_path, name=str)
    write_image(tmp_path / FACES / '7' / 'a.png')
    refuse('class folders 0 and 7 both exist', tmp_path)


def test_order_is_not_for_named_folders(tmp_path: Path) -> None:
    write_folders(tmp_path)
    refuse('these are named', tmp_path, folder_order='rafdb')


def test_empty_image(tmp_path: Path) -> None:
    found = write_folders(tmp_path)
    image = Path(of('train', found)[3][0])
    image.write_bytes(b'')
    refuse(f'{image}: empty image (0 bytes)', tmp_path)
    kept = [s for s in of('train', found) if s[0] != str(image)]
    assert sorted(samples(SFEW(tmp_path, on_error='skip'))) == kept
    assert len(SFEW(tmp_path, 'test')) == 7


@pytest.mark.parametrize('label, left', [(5, 14), (3, 13)])
def test_name_twice(tmp_path: Path, label: int, left: int) -> None:
    """Equal labels keep one of two, different ones none."""
    found = write_folders(tmp_path)
    name = Path(of('train', found)[-4][0]).with_suffix('.jpg').name
    copy = tmp_path / FACES / CLASSES[label] / name
    copy.write_bytes(b'x')
    refuse('the same name as', tmp_path)
    assert of('train', found)[-4][1] == 5
    assert len(SFEW(tmp_path, on_error='skip')) == left


def test_name_in_both_splits(tmp_path: Path, log) -> None:
    found = write_folders(tmp_path)
    path = Path(of('test', found)[0][0])
    copy = write_image(tmp_path / FACES / 'Angry' / path.name)
    assert len(SFEW(tmp_path)) == 15
    assert (
        f"1 images of 'train' are also in the other split (first: {copy})"
    ) in log.warnings


def test_empty_split(tmp_path: Path) -> None:
    found = write_folders(tmp_path)
    for path, _ in of('test', found):
        Path(path).unlink()
    refuse("the split 'test' is empty", tmp_path, 'test')


# ---- the list --------------------------------------------------------

ROWS = {
    'too few fields': (
        'image_000001.png,1,Disgust',
        "3 fields 'image_000001.png,1,Disgust'; expected 4",
    ),
    'too many fields': (
        'image_000001.png,1,Disgust,Train,x',
        '5 fields',
    ),
    'unknown emotion': (
        'a.png,1,Contempt,Train_Aligned_Faces',
        "emotion 'Contempt' of 'a.png' is unknown; the classes are Angry, ",
    ),
    'no emotion': (
        'a.png,1,,Train_Aligned_Faces',
        "emotion '' of 'a.png' is unknown",
    ),
    'unknown split': (
        'a.png,1,Disgust,Dev_Aligned_Faces',
        "original_split 'Dev_Aligned_Faces' of 'a.png' is unknown",
    ),
    'no split': ('a.png,1,Disgust,', "original_split '' of 'a.png'"),
    'label out of range': (
        'a.png,8,Disgust,Train',
        "label '8' of 'a.png' is not one of 0..6 (or 1..7)",
    ),
    'negative label': ('a.png,-1,Disgust,Train', "label '-1' of 'a.png'"),
    'label is no number': ('a.png,one,Disgust,Train', "label 'one' of 'a.pn"),
    'label is a fraction': ('a.png,1.5,Disgust,Train', "label '1.5' of 'a."),
    'no label': ('a.png,,Disgust,Train', "label '' of 'a.png' is not one"),
    'no name': (',1,Disgust,Train', "'' is no file name"),
    'control character': (
        'a\x07.png,1,Disgust,Train',
        "'a\\x07.png' is no file name",
    ),
    'path': ('Train/a.png,1,Disgust,Train', "'Train/a.png' is a path; a file"),
    'path escape': ('../../a.png,1,Disgust,Train', "'../../a.png' is a path"),
    'absolute path': ('/etc/a.png,1,Disgust,Train', "'/etc/a.png' is a path"),
    'backslashes': ('..\\a.png,1,Disgust,Train', "'..\\\\a.png' is a path"),
    'folder': ('..,1,Disgust,Train', "'..' is a path"),
    'quotes': ('"a.png,1,Disgust,Train', 'unexpected end of data'),
    'labels disagree': (
        'a.png,1,Fear,Train',
        "'a.png' has the emotion Fear, but its label 1 means Disgust in the",
    ),
    'duplicate': (
        'image_000001.png,1,Disgust,Train',
        "'image_000001.png' is already in line 3, with the same label and",
    ),
}


@pytest.mark.parametrize('case', ROWS)
def test_malformed_row(tmp_path: Path, log, case: str) -> None:
    row, text = ROWS[case]
    path = write_csv(tmp_path, [*csv_rows(), row], HEADER)
    assert text in refuse(f'{path}, line 23: ', tmp_path)
    for split in ('train', 'test'):
        data = SFEW(tmp_path, split, on_error='skip')
        assert samples(data) == of(split, csv_found(tmp_path))
    skipped = [w for w in log.warnings if 'skipped' in w]
    assert len(skipped) == 2
    assert 'skipped 1 entries: 1 ' in skipped[0]
    assert text in skipped[0]


DOUBLES = {
    'another label': ('image_000001.png,3,Happy,Train', 'train', 1),
    'another split': ('image_000001.png,1,Disgust,Val', 'train', 1),
    'another split of val': ('image_000014.png,0,Angry,Train', 'test', 14),
}


@pytest.mark.parametrize('case', DOUBLES)
def test_contradicting_rows_drop_both(tmp_path: Path, case: str) -> None:
    row, split, lost = DOUBLES[case]
    write_csv(tmp_path, [*csv_rows(), row], HEADER)
    refuse(f'is already in line {lost + 2}, with another label', tmp_path)
    kept = csv_found(tmp_path)
    del kept[lost]
    for own in ('train', 'test'):
        data = SFEW(tmp_path, own, on_error='skip')
        assert samples(data) == of(own, kept)


def test_missing_and_empty_image(tmp_path: Path, log) -> None:
    path = write_csv(tmp_path, csv_rows(), HEADER)
    folder = tmp_path / 'sfew2.0_images'
    (folder / 'image_000001.png').unlink()
    refuse(
        f"{path}, line 3: image 'image_000001.png' is missing; looked",
        tmp_path,
    )
    (folder / 'image_000000.png').write_bytes(b'')
    refuse(f'{path}, line 2: image {folder}/image_000000.png is e', tmp_path)
    assert len(SFEW(tmp_path, 'test')) == 7
    data = SFEW(tmp_path, on_error='skip')
    assert samples(data) == of('train', csv_found(tmp_path))[2:]
    [warning] = [w for w in log.warnings if 'skipped' in w]
    assert '1 missing image' in warning
    assert '1 empty image' in warning


HEADERS = {
    'another': 'image,label,emotion,split',
    'a column missing': 'image_name,label,emotion',
    'a column twice': 'image_name,label,label,emotion,original_split',
}


@pytest.mark.parametrize('case', HEADERS)
@pytest.mark.parametrize('on_error', ['raise', 'skip'])
def test_other_header(tmp_path: Path, case: str, on_error: str) -> None:
    path = write_csv(tmp_path, csv_rows(), HEADERS[case])
    refuse(
        f'{path}, line 1: header is {HEADERS[case]!r}; expected {HEADER!r}',
        tmp_path,
        on_error=on_error,
    )


def test_empty_list(tmp_path: Path) -> None:
    path = write_csv(tmp_path, [], '\n')
    refuse(f'{path}: empty; expected the header {HEADER!r}', tmp_path)


def test_list_of_test_only(tmp_path: Path) -> None:
    rows = [f'a{n}.png,,,Test_Aligned_Faces' for n in range(7)]
    path = write_csv(tmp_path, rows, HEADER)
    refuse(f'{path}: holds no row {HEADER} of train or val', tmp_path)


def test_not_utf8(tmp_path: Path) -> None:
    path = write_csv(tmp_path, csv_rows(), HEADER)
    path.write_bytes(path.read_bytes() + b'\xe9')
    refuse(f'{path}: not UTF-8 text', tmp_path)


def test_two_numbers_for_one_emotion(tmp_path: Path) -> None:
    rows = [row.replace('Sad', 'Neutral') for row in csv_rows()]
    path = write_csv(tmp_path, rows, HEADER)
    text = refuse(f'{path}: two numbers in the column label mean', tmp_path)
    assert '4 = Neutral, 5 = Neutral' in text


def test_a_number_without_one_meaning(tmp_path: Path) -> None:
    """Half of the rows of 5 say Sad, half Neutral: none of them is used."""
    rows = csv_rows()
    rows.append('image_000021.png,5,Fear,Train_Aligned_Faces')
    rows += [f'image_0000{n}.png,5,Fear,Val_Aligned_Faces' for n in (22, 23)]
    write_csv(tmp_path, rows, HEADER)
    refuse('has the emotion Sad, but its label 5 means no one class', tmp_path)
    for split in ('train', 'test'):
        data = SFEW(tmp_path, split, on_error='skip')
        kept = [s for s in of(split, csv_found(tmp_path)) if s[1] != 5]
        assert samples(data) == kept


def test_options_of_other_layouts(tmp_path: Path) -> None:
    write_csv(tmp_path, csv_rows(), HEADER)
    text = 'are for numbered class folders; the labels are in a list'
    refuse(text, tmp_path, folder_order='rafdb')
    refuse(text, tmp_path, label_base=0)
    refuse(
        "alignment='original' needs Train/imgs; here are sfew_2.0_labels.csv",
        tmp_path,
        alignment='original',
    )
