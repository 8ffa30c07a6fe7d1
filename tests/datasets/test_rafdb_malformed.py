"""RAF-DB: what is wrong is told, or counted and left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from csgresnet_mm.datasets import RAFDB, DatasetError

from .raf_layouts import (
    CLASSES,
    Face,
    faces,
    write_boxes,
    write_counts,
    write_csv,
    write_folders,
    write_image,
    write_official,
)
from .test_rafdb_layouts import of, samples

LIST = 'EmoLabel/list_patition_label.txt'


def refuse(text: str, *args, **kwargs) -> str:
    with pytest.raises(DatasetError, match=re.escape(text)) as caught:
        RAFDB(*args, **kwargs)
    return str(caught.value)


# ---- arguments -------------------------------------------------------

ARGUMENTS = {
    'split': (dict(split='dev'), "split='dev' is unknown; expected 'train'"),
    'alignment': (
        dict(alignment='cropped'),
        "alignment='cropped' is unknown; expected one of aligned, original",
    ),
    'label_base': (
        dict(label_base=2),
        "label_base=2 is unknown; expected 'auto', 0 or 1",
    ),
    'on_error': (
        dict(on_error='ignore'),
        "on_error='ignore' is unknown; expected one of raise, skip",
    ),
    'val_ratio': (dict(val_ratio=1), 'val_ratio=1 is not in [0, 1)'),
    'negative': (dict(val_ratio=-0.1), 'val_ratio=-0.1 is not in [0, 1)'),
    'order': (
        dict(folder_order='ferplus'),
        "folder_order='ferplus' is unknown; known orders: rafdb, affectnet, "
        'neutral-first, happy-first, or a list of class names',
    ),
    'order list': (
        dict(folder_order=['sad'] * 7),
        'does not name each of',
    ),
    'order with contempt': (
        dict(folder_order=[*CLASSES[:6], 'contempt']),
        'does not name each of',
    ),
    'classes': (
        dict(classes=sorted(CLASSES)),
        'are those of RAFDB in another order; names do not move labels',
    ),
    'classes spelled otherwise': (
        dict(
            metainfo=dict(
                classes=(
                    'angry',
                    'disgust',
                    'fear',
                    'happy',
                    'neutral',
                    'sad',
                    'surprise',
                )
            )
        ),
        'in another order',
    ),
}


@pytest.mark.parametrize('case', ARGUMENTS)
def test_bad_argument(tmp_path: Path, case: str) -> None:
    write_folders(tmp_path, faces(), name=str)
    kwargs, text = ARGUMENTS[case]
    with pytest.raises(ValueError, match=re.escape(text)):
        RAFDB(tmp_path, **kwargs)


# ---- the root --------------------------------------------------------


def test_missing_root(tmp_path: Path) -> None:
    refuse(f"RAFDB: data_root='{tmp_path}/no' does not exist", tmp_path / 'no')


def test_root_is_an_archive(tmp_path: Path) -> None:
    (tmp_path / 'basic.zip').write_bytes(b'PK')
    refuse('is an archive: unpack it', tmp_path / 'basic.zip')


def test_root_is_a_file(tmp_path: Path) -> None:
    (tmp_path / 'x').write_bytes(b'')
    refuse('is a file; a folder is expected', tmp_path / 'x')


def test_root_is_a_url() -> None:
    text = "data_root='s3://faces' is a URL; a local folder is expected"
    with pytest.raises(ValueError, match=text):
        RAFDB('s3://faces')


def test_wrong_root_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'notes.txt').write_text('')
    text = refuse(f'{tmp_path}: no RAFDB found here.', tmp_path)
    assert 'It holds notes.txt, photos/; the nearest known layout is' in text
    assert (
        "'official': EmoLabel/list_patition_label.txt, Image/aligned/"
        '*_aligned.jpg; other layouts: folders'
    ) in text
    assert 'archive' not in text


def test_empty_root(tmp_path: Path) -> None:
    refuse('It holds nothing; the nearest known layout is', tmp_path)


def test_archive_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / 'basic.zip').write_bytes(b'PK')
    refuse(f'not unpacked: {tmp_path}/basic.zip: unpack them', tmp_path)


def test_images_not_unpacked(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    shutil.rmtree(tmp_path / 'Image' / 'aligned')
    (tmp_path / 'Image' / 'aligned.zip').write_bytes(b'PK')
    text = refuse(f'{tmp_path}/Image/aligned: no such folder', tmp_path)
    assert f'not unpacked: {tmp_path}/Image/aligned.zip' in text


def test_several_folders_of_aligned_images(tmp_path: Path) -> None:
    for folder in ('aligned_112', 'aligned_224'):
        write_official(tmp_path, faces(), folder=folder)
    refuse('several folders of aligned images: aligned_112, al', tmp_path)


def test_M3_aligned_images_are_no_original_ones(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), folder='aligned_224', stored='{key}.jpg')
    write_boxes(tmp_path, faces(), '1 1 5 5')
    refuse(
        f'{tmp_path}/Image/original: no such folder; Image holds aligned_224',
        tmp_path,
        alignment='original',
    )


def test_two_roots_below(tmp_path: Path) -> None:
    write_official(tmp_path / 'basic', faces())
    write_official(tmp_path / 'raf-basic', faces())
    refuse(
        "2 folders look like RAFDB in the layout 'official': basic, "
        'raf-basic; give the one you mean',
        tmp_path,
    )


@pytest.mark.parametrize('name', ['.', 'compound'])
def test_compound_is_another_set(tmp_path: Path, name: str) -> None:
    write_official(tmp_path / 'compound', faces())
    root = tmp_path / name
    refuse('compound is another set, of 11 classes', root)


def test_compound_under_another_name(tmp_path: Path) -> None:
    write_official(
        tmp_path, [f._replace(label=i % 11) for i, f in enumerate(faces(4))]
    )
    for on_error in ('raise', 'skip'):
        text = refuse(
            'labels [8, 9, 10, 11] are outside 1..7',
            tmp_path,
            on_error=on_error,
        )
        assert '(labels 8..11 are those of RAF-DB compound' in text


def test_raf_ce_is_another_set(tmp_path: Path) -> None:
    write_official(
        tmp_path,
        [f._replace(label=i % 14) for i, f in enumerate(faces(4))],
        base=0,
    )
    refuse('labels 0 (line 1) and 7 (line 8) both occur', tmp_path)


def test_no_label_list(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), lists=('labels.txt',))
    text = refuse(
        "no label list with lines of the split 'train'; expected "
        'EmoLabel/list_patition_label.txt, EmoLabel/train.txt or label_file=',
        tmp_path,
    )
    assert text.endswith('EmoLabel holds labels.txt')


def test_no_emolabel(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    shutil.rmtree(tmp_path / 'EmoLabel')
    refuse('EmoLabel holds nothing: it does not exist', tmp_path)


def test_missing_label_file(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    text = refuse(
        "label_file='n.txt' does not exist", tmp_path, label_file='n.txt'
    )
    assert f'{tmp_path}/EmoLabel' in text


def test_empty_split(tmp_path: Path) -> None:
    write_official(tmp_path, [f for f in faces() if f.split == 'train'])
    refuse("no label list with lines of the split 'test'", tmp_path, 'test')


def test_empty_split_of_folders(tmp_path: Path) -> None:
    write_folders(tmp_path, [f for f in faces() if f.split == 'train'])
    (tmp_path / 'test.zip').write_bytes(b'PK')
    text = refuse("the split 'test' is empty (class fol", tmp_path, 'test')
    assert f'archives not unpacked: {tmp_path}/test.zip' in text


@pytest.mark.parametrize('write', [write_official, write_folders])
def test_no_validation_split(tmp_path: Path, write) -> None:
    write(tmp_path, faces())
    refuse(
        'RAF-DB has no validation split; set val_ratio (0.1, say)',
        tmp_path,
        'val',
    )


# ---- lines of the list -----------------------------------------------

LINES = {
    'too few fields': ('train_00015.jpg', "line 22: 1 fields 'train_00015"),
    'too many fields': (
        'train_00015.jpg 1 2',
        "line 22: 3 fields 'train_00015.jpg 1 2'; expected 2: 'name label'",
    ),
    'label out of range': (
        'train_00015.jpg 9',
        "line 22: label 9 of 'train_00015.jpg' is outside 1..7 (labels 8..11",
    ),
    'label no integer': (
        'train_00015.jpg Happy',
        "line 22: label 'Happy' is not an integer",
    ),
    'missing image': (
        'train_00015.jpg 1',
        "line 22: image 'train_00015.jpg' is missing; looked for",
    ),
    'no prefix': (
        'face_15.jpg 1',
        "line 22: 'face_15.jpg' starts with neither train_ nor test_",
    ),
    'path escape': (
        '../aligned/train_00001_aligned.jpg 1',
        "line 22: '../aligned/train_00001_aligned.jpg' leaves the folder",
    ),
    'path escape inside': (
        'Image/../../train_00001.jpg 1',
        'leaves the folder of the data set',
    ),
    'path escape with backslashes': (
        '..\\train_00001.jpg 1',
        "line 22: '..\\\\train_00001.jpg' starts with neither",
    ),
    'absolute path to nothing': (
        '/nowhere/train_00001.jpg 1',
        "line 22: image '/nowhere/train_00001.jpg' (an absolute path) is "
        'missing',
    ),
    'duplicate': (
        'train_00003.jpg 3',
        "line 22: 'train_00003.jpg' is already in line 3, with the same",
    ),
    'duplicate under another name': (
        'train_00003_aligned.jpg 3',
        "line 22: 'train_00003_aligned.jpg' is already in line 3, with the",
    ),
}


@pytest.mark.parametrize('case', LINES)
def test_malformed_line(tmp_path: Path, log, case: str) -> None:
    found = write_official(tmp_path, faces())
    line, text = LINES[case]
    path = tmp_path / LIST
    path.write_text(path.read_text() + '\n' + line)
    assert text in refuse(f'{path}, line 22: ', tmp_path)
    data = RAFDB(tmp_path, on_error='skip')
    assert samples(data) == of('train', found)
    [warning] = [w for w in log.warnings if 'skipped' in w]
    assert 'skipped 1 entries: 1 ' in warning
    assert text in warning


def test_duplicate_with_another_label_drops_both(tmp_path, log) -> None:
    found = write_official(tmp_path, faces())
    path = tmp_path / LIST
    path.write_text(path.read_text() + '\ntrain_00003.jpg 4')
    refuse('is already in line 3, with another label', tmp_path)
    data = RAFDB(tmp_path, on_error='skip')
    kept = of('train', found)
    del kept[2]
    assert samples(data) == kept


def test_duplicate_in_two_folders(tmp_path: Path) -> None:
    """An image of the set is one image, wherever its copies lie."""
    write_official(tmp_path, faces())
    copies = [
        write_image(tmp_path / 'a' / 'train_00001.jpg'),
        write_image(tmp_path / 'b' / 'train_00001_aligned.jpg'),
    ]
    path = tmp_path / 'mine.txt'
    path.write_text('\n'.join(f'{copy} 0' for copy in copies))
    refuse(f"{copies[1]}' is already in line 1", tmp_path, label_file=path)


def test_empty_image(tmp_path: Path) -> None:
    found = write_official(tmp_path, faces())
    image = tmp_path / 'Image' / 'aligned' / 'train_00002_aligned.jpg'
    image.write_bytes(b'')
    refuse(f'line 2: image {image} is empty (0 bytes)', tmp_path)
    assert len(RAFDB(tmp_path, 'test')) == 7
    kept = of('train', found)
    del kept[1]
    assert samples(RAFDB(tmp_path, on_error='skip')) == kept


def test_broken_link_is_a_missing_image(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    image = tmp_path / 'Image' / 'aligned' / 'train_00002_aligned.jpg'
    image.unlink()
    image.symlink_to(tmp_path / 'gone.jpg')
    refuse("line 2: image 'train_00002.jpg' is missing", tmp_path)


def test_skips_are_counted_by_cause(tmp_path: Path, log) -> None:
    write_official(tmp_path, faces())
    path = tmp_path / LIST
    path.write_text(
        path.read_text() + '\ntrain_00015.jpg 1\ntrain_00016.jpg 1\nx'
    )
    RAFDB(tmp_path, on_error='skip')
    [warning] = [w for w in log.warnings if 'skipped' in w]
    assert warning.startswith(f'RAFDB {tmp_path}: skipped 3 entries: ')
    assert '1 wrong number of fields (first: ' in warning
    assert '2 missing image (first: ' in warning


def test_nothing_left(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    shutil.rmtree(tmp_path / 'Image' / 'aligned')
    (tmp_path / 'Image' / 'aligned').mkdir()
    refuse("the split 'train' is empty", tmp_path, on_error='skip')


@pytest.mark.parametrize('labels', [[1, 2, 3], [1, 6]])
def test_ambiguous_base(tmp_path: Path, labels: list[int]) -> None:
    write_official(
        tmp_path, [f for f in faces() if f.label + 1 in labels], base=1
    )
    refuse('neither label 0 nor 7 occurs, so whether it counts', tmp_path)


def test_image_of_the_other_split_in_a_list(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), lists=('train.txt', 'test.txt'))
    path = tmp_path / 'EmoLabel' / 'train.txt'
    path.write_text('test_0001.jpg 1\n' + path.read_text())
    refuse(
        f"{path}, line 1: 'test_0001.jpg' is of 'test' by its prefix, the "
        "list is of 'train'",
        tmp_path,
    )
    assert len(RAFDB(tmp_path, on_error='skip')) == 14


def test_two_files_for_one_line(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), listed='{key}')
    write_image(tmp_path / 'Image' / 'aligned' / 'train_00001.jpg')
    refuse(
        "train_00001.jpg, train_00001_aligned.jpg are all 'train_00001'",
        tmp_path,
    )


def test_folder_order_is_not_for_lists(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    refuse('the labels here are in EmoLabel', tmp_path, folder_order='rafdb')


# ---- boxes -----------------------------------------------------------

BOXES = {
    'three numbers': '1 2 3',
    'five numbers': '1 2 3 4 5',
    'words': '1 2 3 x',
    'not finite': '1 2 3 nan',
    'width and height': '50 60 30 30',
    'empty': '',
}


@pytest.mark.parametrize('case', BOXES)
def test_bad_box(tmp_path: Path, case: str) -> None:
    found = write_official(
        tmp_path, faces(), folder='original', stored='{key}.jpg'
    )
    write_boxes(tmp_path, faces(), '1 2 5 6')
    write_boxes(tmp_path, [Face('train', 4, 3)], BOXES[case])
    refuse(
        f'train_00004_boundingbox.txt: found {BOXES[case]!r}; expected four '
        'numbers "left top right bottom"',
        tmp_path,
        alignment='original',
    )
    data = RAFDB(tmp_path, alignment='original', on_error='skip')
    kept = of('train', found)
    del kept[3]
    assert samples(data) == kept


def test_missing_box(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), folder='original', stored='{key}.jpg')
    write_boxes(tmp_path, faces()[1:], '1 2 5 6')
    refuse(
        'train_00001_boundingbox.txt: missing, so',
        tmp_path,
        alignment='original',
    )


def test_no_boxes(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), folder='original', stored='{key}.jpg')
    refuse("alignment='original' needs it", tmp_path, alignment='original')


def test_no_originals(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    refuse(
        'Image/original: no such folder; Image holds aligned/',
        tmp_path,
        alignment='original',
    )


# ---- class folders ---------------------------------------------------


def test_unknown_class_folder(tmp_path: Path, log) -> None:
    found = write_folders(tmp_path, faces(), name=lambda n: CLASSES[n])
    write_image(tmp_path / 'train' / 'Contempt' / 'train_00020.jpg')
    refuse(
        f'{tmp_path}/train/Contempt: unknown class folder with 1 images; the '
        'classes are Surprise, Fear',
        tmp_path,
    )
    data = RAFDB(tmp_path, on_error='skip')
    assert sorted(samples(data)) == sorted(of('train', found))
    assert '1 unknown class folder' in log.warnings[0]


@pytest.mark.parametrize('name', ['10', '8'])
def test_number_beyond_the_classes(tmp_path: Path, name: str) -> None:
    """'10' sorts before '2' as text: it must not shift anything."""
    found = write_folders(tmp_path, faces())
    write_image(tmp_path / 'train' / name / 'train_00020.jpg')
    refuse(f'train/{name}: unknown class folder with 1 images', tmp_path)
    data = RAFDB(tmp_path, on_error='skip')
    assert sorted(samples(data)) == sorted(of('train', found))


def test_folders_from_both_zero_and_one(tmp_path: Path) -> None:
    write_folders(tmp_path, faces())
    write_image(tmp_path / 'test' / '0' / 'test_0009.jpg')
    refuse('class folders 0 and 7 both exist', tmp_path)


def test_folders_with_neither_zero_nor_seven(tmp_path: Path) -> None:
    some = [f for f in faces() if f.label < 6]
    found = write_folders(tmp_path, some)
    refuse('class folders [1, 2, 3, 4, 5, 6]: neither 0 nor 7', tmp_path)
    data = RAFDB(tmp_path, label_base=1)
    assert sorted(samples(data)) == sorted(of('train', found))


def test_numbers_and_names_mixed(tmp_path: Path) -> None:
    write_folders(tmp_path, faces())
    write_image(tmp_path / 'test' / 'happy' / 'test_0009.jpg')
    refuse('numbered and named class folders are mixed: 1, 2, 3', tmp_path)


@pytest.mark.parametrize('name', [str, '{:02d}'.format])
def test_zero_based_folders_need_an_order(tmp_path: Path, name) -> None:
    write_folders(tmp_path, faces(), name=name)
    text = refuse('what the numbered class folders mean is not', tmp_path)
    assert 'test: 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1' in text


def test_numbers_from_one_of_another_set(tmp_path: Path) -> None:
    write_folders(tmp_path, faces(), stored='img{key}.png')
    refuse("21 of 21 images do not carry RAF-DB's names (first:", tmp_path)


@pytest.mark.parametrize('stem', ['train_{}', 'train_{}_aligned', 'test_{}0'])
def test_a_prefix_alone_is_no_name_of_the_set(tmp_path: Path, stem) -> None:
    for number in range(1, 8):
        name = f'{stem.format(number)}.jpg'
        write_image(tmp_path / 'train' / str(number) / name)
    refuse("7 of 7 images do not carry RAF-DB's names (first:", tmp_path)


def test_splits_that_prove_different_orders(tmp_path: Path) -> None:
    class Small(RAFDB):
        PUBLISHED = {'train': (1, 2, 3, 4, 5, 6, 7)}

    write_counts(tmp_path / 'train', (1, 2, 3, 4, 5, 6, 7), str, 'train_a')
    write_counts(tmp_path / 'test', (7, 6, 5, 4, 3, 2, 1), str, 'test_a')
    with pytest.raises(DatasetError, match='number their class folders diff'):
        Small(tmp_path)


def test_two_folders_for_one_class(tmp_path: Path) -> None:
    write_folders(tmp_path, faces(), name=lambda n: CLASSES[n])
    write_image(tmp_path / 'train' / 'happy' / 'train_00020.jpg')
    refuse("'Happiness' and 'happy' are both the class 'Happiness'", tmp_path)


def test_two_folders_for_one_split(tmp_path: Path) -> None:
    write_folders(tmp_path, faces(), folders=dict(train='train', test='val'))
    write_folders(tmp_path, faces(), folders=dict(train='train', test='valid'))
    refuse("'val' and 'valid' are both the split 'val'", tmp_path)


def test_order_is_not_for_named_folders(tmp_path: Path) -> None:
    write_folders(tmp_path, faces(), name=lambda n: CLASSES[n])
    refuse('these are named', tmp_path, folder_order='rafdb')


def test_folder_inside_a_class_folder(tmp_path: Path) -> None:
    write_folders(tmp_path, faces())
    write_image(tmp_path / 'train' / '3' / 'more' / 'train_00020.jpg')
    refuse('train/3: holds the folders more; images are expected', tmp_path)
    assert len(RAFDB(tmp_path, on_error='skip')) == 14


def test_empty_image_in_a_folder(tmp_path: Path) -> None:
    found = write_folders(tmp_path, faces())
    image = tmp_path / 'train' / '2' / 'train_00002_aligned.jpg'
    image.write_bytes(b'')
    refuse(f'{image}: empty image (0 bytes)', tmp_path)
    kept = sorted(of('train', found))
    kept.remove((str(image), 1))
    assert sorted(samples(RAFDB(tmp_path, on_error='skip'))) == kept


@pytest.mark.parametrize(
    'where, left',
    [('2/train_00002.jpg', 14), ('3/train_00002_aligned.jpg', 13)],
)
def test_image_twice_in_folders(tmp_path: Path, where: str, left: int) -> None:
    write_folders(tmp_path, faces())
    write_image(tmp_path / 'train' / where)
    refuse('the same image as', tmp_path)
    assert len(RAFDB(tmp_path, on_error='skip')) == left


@pytest.mark.parametrize(
    'kwargs', [dict(label_file='x.txt'), dict(alignment='original')]
)
def test_options_of_the_official_layout(tmp_path: Path, kwargs) -> None:
    write_folders(tmp_path, faces())
    refuse(
        'needs the layout as distributed; here are class', tmp_path, **kwargs
    )


# ---- names outrank folders -------------------------------------------


def test_test_image_in_the_train_folder_is_test(tmp_path: Path, log) -> None:
    write_folders(tmp_path, faces())
    moved = write_image(tmp_path / 'train' / '4' / 'test_0011_aligned.jpg')
    assert (str(moved), 3) not in samples(RAFDB(tmp_path))
    log.clear()
    assert (str(moved), 3) in samples(RAFDB(tmp_path, 'test'))
    assert log.warnings[0] == (
        f"{tmp_path}: image names outrank folder names: 1 from 'train' to "
        "'test'"
    )


def test_train_image_in_the_test_folder_is_train(tmp_path: Path) -> None:
    write_folders(tmp_path, faces())
    moved = write_image(tmp_path / 'test' / '4' / 'train_00099.jpg')
    assert (str(moved), 3) in samples(RAFDB(tmp_path))
    assert (str(moved), 3) not in samples(RAFDB(tmp_path, 'test'))


def test_altered_test_image_inside_train(tmp_path: Path) -> None:
    found = write_folders(tmp_path, faces())
    bad = write_image(tmp_path / 'train' / '1' / 'test_0001_aligned_flip.jpg')
    refuse(
        f"{bad}: an altered copy of a 'test' image inside the 'train' folder",
        tmp_path,
    )
    for split in ('train', 'test'):
        data = RAFDB(tmp_path, split, on_error='skip')
        assert sorted(samples(data)) == sorted(of(split, found))


def test_no_split_at_all(tmp_path: Path) -> None:
    folders = dict(train='.', test='.')
    write_folders(
        tmp_path, faces(), folders=folders, name=lambda n: CLASSES[n]
    )
    bad = write_image(tmp_path / 'Fear' / 'face1.jpg')
    refuse(f'{bad}: starts with neither train_ nor test_', tmp_path)


# ---- the CSV beside the folders --------------------------------------


def kaggle(root: Path) -> list[tuple[str, int]]:
    write_csv(root, faces())
    return write_folders(root / 'DATASET', faces())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_csv_and_folder_disagree(tmp_path: Path) -> None:
    found = kaggle(tmp_path)
    path = tmp_path / 'train_labels.csv'
    edit(path, 'train_00003_aligned.jpg,3', 'train_00003_aligned.jpg,6')
    refuse(
        f"{path}, line 4: 'train_00003_aligned.jpg' is Anger, its folder "
        f'{tmp_path}/DATASET/train/3 is Disgust',
        tmp_path,
    )
    data = RAFDB(tmp_path, on_error='skip')
    kept = [s for s in of('train', found) if 'train_00003' not in s[0]]
    assert sorted(samples(data)) == sorted(kept)
    assert sorted(samples(RAFDB(tmp_path, 'test'))) == of('test', found)


def test_csv_counts_from_zero(tmp_path: Path) -> None:
    write_csv(tmp_path, faces(), base=0)
    write_folders(tmp_path / 'DATASET', faces())
    refuse(
        "line 2: label 0 of 'train_00001_aligned.jpg' is outside 1..7",
        tmp_path,
    )


def test_csv_names_a_missing_image(tmp_path: Path) -> None:
    kaggle(tmp_path)
    (tmp_path / 'DATASET/train/3/train_00003_aligned.jpg').unlink()
    refuse(
        "train_labels.csv, line 4: image 'train_00003_aligned.jpg' is missing",
        tmp_path,
    )
    assert len(RAFDB(tmp_path, on_error='skip')) == 13


def test_csv_does_not_list_an_image(tmp_path: Path, log) -> None:
    kaggle(tmp_path)
    write_image(tmp_path / 'DATASET/train/3/train_00003_aligned_flip.jpg')
    assert len(RAFDB(tmp_path)) == 15
    path = tmp_path / 'train_labels.csv'
    assert f"{path}: does not list 1 images of 'train'" in log.warnings


def test_csv_lists_an_image_twice(tmp_path: Path) -> None:
    kaggle(tmp_path)
    path = tmp_path / 'train_labels.csv'
    path.write_text(path.read_text() + 'train_00003_aligned.jpg,3\n')
    refuse("line 16: 'train_00003_aligned.jpg' is already in line 4", tmp_path)


def test_csv_with_a_path(tmp_path: Path) -> None:
    kaggle(tmp_path)
    path = tmp_path / 'train_labels.csv'
    path.write_text(path.read_text() + '../../etc/x.jpg,3\n')
    refuse("line 16: '../../etc/x.jpg' is a path; a file name", tmp_path)


def test_csv_with_another_header(tmp_path: Path) -> None:
    kaggle(tmp_path)
    edit(tmp_path / 'train_labels.csv', 'image,label', 'what,image')
    refuse("line 1: header is 'what,image'; expected 'image,label'", tmp_path)


# ---- warnings --------------------------------------------------------


def test_unexpected_counts_are_a_warning(tmp_path: Path, log) -> None:
    write_official(tmp_path, faces())
    RAFDB(tmp_path)
    assert log.warnings == [
        f'RAFDB {tmp_path}: train has 14 images (2/2/2/2/2/2/2), published '
        'are 12271 (1290/281/717/4772/1982/705/2524); order Surprise, Fear, '
        'Disgust, Happiness, Sadness, Anger, Neutral'
    ]


def test_expected_counts_are_no_warning(tmp_path: Path, log) -> None:
    class Small(RAFDB):
        PUBLISHED = {'train': (2,) * 7}

    write_official(tmp_path, faces())
    Small(tmp_path)
    assert log.warnings == []


def test_the_class_order_is_logged(tmp_path: Path, log) -> None:
    write_official(tmp_path, faces())
    RAFDB(tmp_path, classes=[*'abcdefg'])
    assert len(log.notes) == 1
    assert log.notes[0].startswith(f'RAFDB train: 14 images in {tmp_path} (')
    assert '), classes in order: a, b, c, d, e, f, g; finger' in log.notes[0]


@pytest.mark.parametrize('name', ['train_12272', 'train_00001_aligned_flip'])
@pytest.mark.parametrize('layout', ['official', 'folders'])
def test_altered_copies_are_a_warning(tmp_path, log, name, layout) -> None:
    if layout == 'official':
        write_official(tmp_path, faces())
        write_image(tmp_path / 'Image' / 'aligned' / f'{name}.jpg')
        path = tmp_path / LIST
        path.write_text(path.read_text() + f'\n{name}.jpg 1')
    else:
        write_folders(tmp_path, faces())
        write_image(tmp_path / 'train' / '1' / f'{name}.jpg')
    assert len(RAFDB(tmp_path)) == 15
    assert log.warnings[0].startswith(
        f'RAFDB {tmp_path}: 1 of 15 images are not named train_00001..12271 '
        f'or test_0001..3068 (first: {name!r}): an altered copy?'
    )
