"""SFEW: every layout gives the right images with the right labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import SFEW
from csgresnet_mm.datasets.layouts.sfew import WRITERS

CLASSES = ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')
TRAIN = (178, 66, 98, 198, 150, 172, 96)
VAL = (77, 23, 47, 73, 86, 73, 57)
Found = list[tuple[str, str, int]]
"""(split, path, label) of every image."""


def write_image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode('.png', np.full((9, 7, 3), 90, np.uint8))[1]
    path.write_bytes(data.tobytes())
    return path


def write_folders(
    root: Path,
    train: str = 'Train/Train_Aligned_Faces',
    val: str = 'Val/Val_Aligned_Faces',
    name: Callable[[int], str] = lambda label: CLASSES[label],
    labels: Sequence[int] = range(7),
) -> Found:
    """Two images a class of train, one of val."""
    found = []
    for split, folder, each in (('train', train, 2), ('test', val, 1)):
        for label in labels if folder else ():
            for number in range(each):
                file = f'Film{split}_{label:09d}_{number:08d}.png'
                path = write_image(root / folder / name(label) / file)
                found.append((split, str(path), label))
    return found


def write_csv(root: Path, rows: Sequence[str], header: str | None) -> Path:
    """The list, and an image for each name that ends in .png."""
    for row in rows:
        for field in row.split(','):
            if field.endswith('.png') and '/' not in field:
                write_image(root / 'sfew2.0_images' / field)
    path = root / 'sfew_2.0_labels.csv'
    path.write_text(''.join(f'{r}\n' for r in [header, *rows] if r))
    return path


HEADER = 'image_name,label,emotion,original_split'


def csv_rows(number: Callable[[int], object] = int) -> list[str]:
    """Two rows a class of train, one of val."""
    return [
        f'image_{7 * turn + label:06d}.png,{number(label)},{CLASSES[label]},'
        + ('Val' if turn == 2 else 'Train')
        + '_Aligned_Faces'
        for turn in range(3)
        for label in range(7)
    ]


def csv_found(root: Path) -> Found:
    """What a reader must give for :func:`csv_rows`."""
    folder = root / 'sfew2.0_images'
    return [
        ('test' if n > 13 else 'train', f'{folder}/image_{n:06d}.png', n % 7)
        for n in range(21)
    ]


def samples(data: SFEW) -> list[tuple[str, int]]:
    infos = [data.get_data_info(index) for index in range(len(data))]
    return [(info['img_path'], info['gt_label']) for info in infos]


def assert_both(root: Path, found: Found, **kwargs) -> None:
    """Train and test hold exactly what was written."""
    for split in ('train', 'test'):
        want = sorted((p, n) for s, p, n in found if s == split)
        assert want
        assert sorted(samples(SFEW(root, split, **kwargs))) == want


def test_classes_are_alphabetical(tmp_path: Path) -> None:
    write_folders(tmp_path)
    assert SFEW(tmp_path).metainfo['classes'] == CLASSES
    assert tuple(sorted(CLASSES)) == CLASSES


def test_published_counts() -> None:
    assert SFEW.PUBLISHED == {'train': TRAIN, 'test': VAL}
    assert (sum(TRAIN), sum(VAL)) == (958, 436)


# ---- as distributed --------------------------------------------------

PLACES = {
    'official': ('Train/Train_Aligned_Faces', 'Val/Val_Aligned_Faces'),
    'new val': (
        'Train/Train_Aligned_Faces',
        'Val/Val_Aligned_Faces_new/Val_Aligned_Faces',
    ),
    'new val, unpacked flat': (
        'Train/Train_Aligned_Faces',
        'Val/Val_Aligned_Faces_new',
    ),
    'unpacked into a folder of its own': (
        'Train/Train_Aligned_Faces/Train_Aligned_Faces',
        'Val/Val_Aligned_Faces/Val_Aligned_Faces',
    ),
    'without Train and Val': (
        'images/Train_Aligned_Faces',
        'images/Val_Aligned_Faces',
    ),
    'another case': ('train/train_aligned_faces', 'VAL/val_Aligned_faces'),
    'class folders': ('train', 'val'),
    'class folders in another case': ('Train', 'Valid'),
    'train_set and valid_set': ('train_set', 'valid_set'),
}


@pytest.mark.parametrize('place', PLACES)
@pytest.mark.parametrize('below', ['.', 'SFEW'])
def test_places(tmp_path: Path, place: str, below: str) -> None:
    found = write_folders(tmp_path / below, *PLACES[place])
    found = [(s, str(Path(p)), n) for s, p, n in found]
    assert_both(tmp_path, found)


@pytest.mark.parametrize('name', WRITERS)
@pytest.mark.parametrize('below', ['.', 'a/b'])
def test_generated_layout(tmp_path: Path, name: str, below: str) -> None:
    root = tmp_path / below
    found = [
        (split, str(root / path), label)
        for split, path, label in WRITERS[name](root, 2, 3)
    ]
    assert len(found) == 21
    alignment = 'original' if name == 'original' else 'aligned'
    assert_both(tmp_path, found, alignment=alignment)
    assert all(cv2.imread(path) is not None for _, path, _ in found)


@pytest.mark.parametrize('alignment', ['aligned', 'original'])
def test_both_alignments_side_by_side(tmp_path: Path, alignment: str) -> None:
    found = {
        'aligned': write_folders(tmp_path),
        'original': write_folders(tmp_path, 'Train/imgs', 'Val/imgs'),
    }
    assert_both(tmp_path, found[alignment], alignment=alignment)


def test_official_test_is_not_read(tmp_path: Path) -> None:
    """Its images have no labels; split='test' is the validation folder."""
    found = write_folders(tmp_path)
    for place in ('Test', 'Test/Test_Aligned_Faces', 'Test/imgs'):
        write_image(tmp_path / place / 'Film_000000001_00000001.png')
    assert_both(tmp_path, found)


SPELLINGS = {
    'lower': lambda label: CLASSES[label].lower(),
    'upper': lambda label: CLASSES[label].upper(),
    'nouns': lambda label: (
        'anger Disgust fear happiness neutral sadness surprise'.split()[label]
    ),
    'adjectives': lambda label: (
        'Angry disgusted Fearful joy Neutral Sad suprise'.split()[label]
    ),
}


@pytest.mark.parametrize('spelling', SPELLINGS)
@pytest.mark.parametrize('place', ['official', 'class folders'])
def test_spellings(tmp_path: Path, spelling: str, place: str) -> None:
    """Names decide, not their sorted place: 'joy' sorts after 'Sad'."""
    found = write_folders(tmp_path, *PLACES[place], name=SPELLINGS[spelling])
    assert_both(tmp_path, found)


def test_folders_that_differ_in_case_by_split(tmp_path: Path) -> None:
    """'Surprise' sorts before 'angry': two maps in one set otherwise."""
    found = [
        *write_folders(tmp_path, val=''),
        *write_folders(
            tmp_path,
            train='',
            name=lambda n: 'Surprise' if n == 6 else CLASSES[n].lower(),
        ),
    ]
    assert_both(tmp_path, found)


@pytest.mark.parametrize('missing', range(7))
def test_a_missing_class_shifts_no_other(tmp_path: Path, missing: int) -> None:
    labels = [label for label in range(7) if label != missing]
    assert_both(tmp_path, write_folders(tmp_path, labels=labels))


def test_labelled_test_folder_is_taken_for_val(tmp_path: Path, log) -> None:
    found = write_folders(tmp_path, 'train', 'test')
    assert_both(tmp_path, found)
    text = f'{tmp_path}/test: holds class folders; the labels of SFEW'
    assert any(warning.startswith(text) for warning in log.warnings)


def test_litter_is_passed_over(tmp_path: Path) -> None:
    found = write_folders(tmp_path)
    faces = tmp_path / 'Train' / 'Train_Aligned_Faces'
    (faces / '.ipynb_checkpoints').mkdir()
    (faces / 'Angry' / 'Thumbs.db').write_bytes(b'x')
    (tmp_path / '__MACOSX' / 'Val' / 'Val_Aligned_Faces' / 'Sad').mkdir(
        parents=True
    )
    assert_both(tmp_path, found)


@pytest.mark.parametrize('layout', ['official', 'folders', 'csv'])
def test_forced_layout(tmp_path: Path, layout: str) -> None:
    found = {
        'official': write_folders(tmp_path),
        'folders': write_folders(tmp_path / 'x', 'train', 'val'),
        'csv': csv_found(tmp_path),
    }
    write_csv(tmp_path, csv_rows(), HEADER)
    assert_both(tmp_path, found[layout], layout=layout)


def test_carved_val_is_of_train(tmp_path: Path) -> None:
    found = write_folders(tmp_path)
    parts = {
        split: samples(SFEW(tmp_path, split, val_ratio=0.5))
        for split in ('train', 'val', 'test')
    }
    own = [(p, n) for s, p, n in found if s == 'train']
    assert sorted(parts['train'] + parts['val']) == sorted(own)
    assert sorted(n for _, n in parts['val']) == list(range(7))
    assert len(parts['test']) == 7


def test_carving_does_not_depend_on_the_layout(tmp_path: Path) -> None:
    names = set()
    for place in ('official', 'class folders'):
        write_folders(tmp_path / place, *PLACES[place])
        data = SFEW(tmp_path / place, 'val', val_ratio=0.5)
        names.add(tuple(sorted(Path(p).name for p, _ in samples(data))))
    assert len(names) == 1


def test_built_from_a_config(tmp_path: Path) -> None:
    write_folders(tmp_path)
    config = dict(type='SFEW', data_root=str(tmp_path), split='test')
    assert isinstance(DATASETS.build(config), SFEW)


# ---- numbered folders ------------------------------------------------

ORDER = ['sad', 'happy', 'anger', 'fear', 'surprise', 'neutral', 'disgust']
PLACE = [5, 3, 0, 2, 6, 4, 1]


@pytest.mark.parametrize('base', [0, 1])
@pytest.mark.parametrize('digits', [1, 2])
@pytest.mark.parametrize('place', ['official', 'class folders'])
def test_folder_order_given(tmp_path, base, digits, place) -> None:
    found = write_folders(
        tmp_path,
        *PLACES[place],
        name=lambda label: f'{PLACE.index(label) + base:0{digits}d}',
    )
    assert_both(tmp_path, found, folder_order=ORDER)


@pytest.mark.parametrize('base', [0, 1])
def test_exact_counts_of_train_prove_an_order(tmp_path, base) -> None:
    for number, label in enumerate(PLACE):
        folder = tmp_path / 'Train/Train_Aligned_Faces' / str(number + base)
        folder.mkdir(parents=True)
        for index in range(TRAIN[label]):
            (folder / f'{label}_{index}.png').write_bytes(b'x')
        write_image(
            tmp_path / 'Val/Val_Aligned_Faces' / folder.name / f'{label}.png'
        )
    assert SFEW(tmp_path).class_counts == TRAIN
    for path, label in samples(SFEW(tmp_path, 'test')):
        assert Path(path).stem == str(label)


# ---- the list --------------------------------------------------------


@pytest.mark.parametrize('below', ['.', 'a'])
def test_csv(tmp_path: Path, below: str) -> None:
    write_csv(tmp_path / below, csv_rows(), HEADER)
    assert_both(tmp_path, csv_found(tmp_path / below))


def test_csv_columns_in_another_order(tmp_path: Path) -> None:
    rows = []
    for number, row in enumerate(csv_rows()):
        name, label, emotion, split = row.split(',')
        rows.append(f'{number},{split},{emotion},{name},{label}')
    header = ',Original_Split,emotion,image_name,label'
    write_csv(tmp_path, rows, header)
    assert_both(tmp_path, csv_found(tmp_path))


def test_csv_without_a_header_loses_no_row(tmp_path: Path, log) -> None:
    path = write_csv(tmp_path, csv_rows(), None)
    assert_both(tmp_path, csv_found(tmp_path))
    assert f'{path}: no header; read as {HEADER}' in log.notes


def test_csv_text(tmp_path: Path) -> None:
    path = write_csv(tmp_path, csv_rows(), HEADER)
    data = path.read_bytes().replace(b'\n', b'\r\n\r\n')
    path.write_bytes(b'\xef\xbb\xbf' + data.replace(b',Sad,', b', "sad" ,'))
    with pytest.raises(ValueError, match='line 13'):
        SFEW(tmp_path)
    path.write_bytes(b'\xef\xbb\xbf' + data.replace(b',Sad,', b',"sad", '))
    assert_both(tmp_path, csv_found(tmp_path))


def test_csv_rows_of_test_are_passed_over(tmp_path: Path, log) -> None:
    rows = [
        *csv_rows(),
        'image_000021.png,,,Test_Aligned_Faces',
        'image_000022.png,3.0,Happy,Test',
    ]
    path = write_csv(tmp_path, rows, HEADER)
    assert_both(tmp_path, csv_found(tmp_path))
    text = f'{path}: passed over 2 rows of the official test split'
    assert any(note.startswith(text) for note in log.notes)


NUMBERS = {
    'fractions': (float, False),
    'from one': (lambda label: label + 1, True),
    'another order': (PLACE.index, True),
}


@pytest.mark.parametrize('case', NUMBERS)
def test_csv_emotion_decides(tmp_path: Path, log, case: str) -> None:
    number, told = NUMBERS[case]
    path = write_csv(tmp_path, csv_rows(number), HEADER)
    assert_both(tmp_path, csv_found(tmp_path))
    text = f'{path}: its numbers are not the alphabetical order 0..6: '
    found = [w for w in log.warnings if w.startswith(text)]
    assert len(found) == 2 * told
    assert all('the names in the column emotion are used' in w for w in found)


def test_csv_split_names(tmp_path: Path) -> None:
    rows = [
        row.replace('Train_Aligned_Faces', 'train').replace(
            'Val_Aligned_Faces', 'Val_Aligned_Faces_new'
        )
        for row in csv_rows()
    ]
    write_csv(tmp_path, rows, HEADER)
    assert_both(tmp_path, csv_found(tmp_path))


# ---- what is told ----------------------------------------------------


def test_number_of_images_is_told(tmp_path: Path, log) -> None:
    write_folders(tmp_path)
    SFEW(tmp_path, 'test')
    assert (
        'SFEW test: n = 7 of 436 frames; the aligned release lacks faces: '
        'give n with every result'
    ) in log.notes
    assert any('SFEW test: 7 images in' in note for note in log.notes)
    [warning] = log.warnings
    assert '7 images (1/1/1/1/1/1/1)' in warning
    assert '436 (77/23/47/73/86/73/57)' in warning


def test_whole_frames_are_told(tmp_path: Path, log) -> None:
    write_folders(tmp_path, 'Train/imgs', 'Val/imgs')
    SFEW(tmp_path, alignment='original')
    text = f'{tmp_path}/Train/imgs: whole frames, with no box of a face'
    assert any(warning.startswith(text) for warning in log.warnings)


# ---- indexes that are kept -------------------------------------------


@pytest.mark.parametrize('name', ['official', 'csv', 'folders'])
def test_second_opening_says_the_same(tmp_path: Path, log, name: str) -> None:
    WRITERS[name](tmp_path, 2, 0)
    first = samples(SFEW(tmp_path, 'test'))
    said = list(log)
    log.clear()
    assert samples(SFEW(tmp_path, 'test')) == first
    assert list(log) == said


def test_another_alignment_has_its_own_index(tmp_path: Path) -> None:
    found = {
        'aligned': write_folders(tmp_path),
        'original': write_folders(tmp_path, 'Train/imgs', 'Val/imgs'),
    }
    for alignment in ('aligned', 'original', 'aligned'):
        assert_both(tmp_path, found[alignment], alignment=alignment)


def test_a_changed_list_is_seen(tmp_path: Path) -> None:
    write_csv(tmp_path, csv_rows(), HEADER)
    assert_both(tmp_path, csv_found(tmp_path))
    turned = [row.replace('Sad', 'Joy') for row in csv_rows()]
    turned = [row.replace('Happy', 'Sad') for row in turned]
    write_csv(tmp_path, turned, HEADER)
    swap = {3: 5, 5: 3}
    found = [(s, p, swap.get(n, n)) for s, p, n in csv_found(tmp_path)]
    assert_both(tmp_path, found)


def test_a_class_folder_that_is_added_is_seen(tmp_path: Path) -> None:
    found = write_folders(tmp_path, labels=[0, 1, 2, 3, 4, 5])
    assert_both(tmp_path, found)
    found = write_folders(tmp_path)
    assert_both(tmp_path, found)


def test_a_second_release_that_is_added_is_seen(tmp_path: Path) -> None:
    write_folders(tmp_path)
    SFEW(tmp_path, 'test')
    write_folders(
        tmp_path, train='', val='Val/Val_Aligned_Faces_new/Val_Aligned_Faces'
    )
    with pytest.raises(ValueError, match='several folders of the val faces'):
        SFEW(tmp_path, 'test')
