"""RAF-DB: every layout gives the right images with the right labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import RAFDB, DatasetError
from csgresnet_mm.datasets.rafdb_names import raf_key
from csgresnet_mm.datasets.reading.orders import KNOWN_ORDERS

from .raf_layouts import (
    CLASSES,
    Face,
    encode,
    faces,
    write_boxes,
    write_counts,
    write_csv,
    write_folders,
    write_image,
    write_official,
)


def samples(dataset: RAFDB) -> list[tuple[str, int]]:
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [(info['img_path'], info['gt_label']) for info in infos]


def of(split: str, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(p, n) for p, n in found if Path(p).name.startswith(split)]


def assert_both(
    root: Path, found: list[tuple[str, int]], ordered: bool = False, **kwargs
) -> None:
    """Train and test hold exactly what was written."""
    for split in ('train', 'test'):
        got, expected = samples(RAFDB(root, split, **kwargs)), of(split, found)
        assert expected
        if not ordered:
            got, expected = sorted(got), sorted(expected)
        assert got == expected


def test_classes_are_the_native_order(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    assert RAFDB(tmp_path).metainfo['classes'] == CLASSES
    assert RAFDB(tmp_path).CLASSES == CLASSES


# ---- as distributed --------------------------------------------------


@pytest.mark.parametrize('name', ['basic', 'raf-basic', 'a/b', '.'])
def test_official_under_any_name(tmp_path: Path, name: str) -> None:
    found = write_official(tmp_path / name, faces())
    assert_both(tmp_path, found, ordered=True)


@pytest.mark.parametrize('name', ['basic', 'raf-basic'])
def test_official_folder_itself(tmp_path: Path, name: str) -> None:
    found = write_official(tmp_path / name, faces())
    assert_both(tmp_path / name, found, ordered=True)


def test_basic_beside_compound(tmp_path: Path) -> None:
    found = write_official(tmp_path / 'basic', faces())
    write_official(tmp_path / 'compound', faces())
    assert_both(tmp_path, found, ordered=True)


LISTED = {
    'official': dict(),
    'list with _aligned': dict(listed='{key}_aligned.jpg'),
    'list without suffix': dict(listed='{key}_aligned'),
    'images without _aligned': dict(stored='{key}.jpg'),
    'images as PNG': dict(stored='{key}_aligned.png'),
    'labels 0..6': dict(base=0),
    'aligned_224': dict(folder='aligned_224', stored='{key}.jpg'),
    'two lists': dict(
        lists=('train.txt', 'test.txt'),
        listed='{key}_aligned.jpg',
        folder='aligned_224',
        stored='{key}.jpg',
    ),
}


@pytest.mark.parametrize('case', LISTED)
def test_variant_of_the_official_layout(tmp_path: Path, case: str) -> None:
    found = write_official(tmp_path, faces(), **LISTED[case])
    assert_both(tmp_path, found, ordered=True)


def test_official_list_outranks_the_two_lists(tmp_path: Path) -> None:
    turned = [f._replace(label=(f.label + 1) % 7) for f in faces()]
    write_official(tmp_path, turned, lists=('train.txt', 'test.txt'))
    found = write_official(tmp_path, faces())
    assert_both(tmp_path, found, ordered=True)


def test_aligned_is_preferred_to_aligned_224(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), folder='aligned_224')
    found = write_official(tmp_path, faces())
    assert_both(tmp_path, found, ordered=True)


@pytest.mark.parametrize('end', [b'\r\n', b'\n\n', b'\n'])
def test_crlf_bom_and_blank_lines(tmp_path: Path, end: bytes) -> None:
    found = write_official(tmp_path, faces())
    path = tmp_path / 'EmoLabel' / 'list_patition_label.txt'
    data = path.read_bytes().replace(b'\n', end) + end
    path.write_bytes(b'\xef\xbb\xbf' + data)
    assert_both(tmp_path, found, ordered=True)


@pytest.mark.parametrize('where', ['EmoLabel/noise01.txt', 'noise01.txt'])
@pytest.mark.parametrize('given', ['name', 'path'])
def test_noise_list_is_for_train_only(tmp_path, where, given) -> None:
    found = write_official(tmp_path / 'basic', faces())
    noisy = {path: (label + 3) % 7 for path, label in of('train', found)}
    path = tmp_path / 'basic' / where
    path.write_text(
        '\n'.join(
            f'{raf_key(Path(p).stem)}.jpg {label + 1}'
            for p, label in noisy.items()
        )
    )
    label_file = path if given == 'path' else Path(where).name
    train = RAFDB(tmp_path, 'train', label_file=label_file)
    test = RAFDB(tmp_path, 'test', label_file=label_file)
    assert samples(train) == list(noisy.items())
    assert samples(test) == of('test', found)


def test_absolute_paths_with_labels_from_zero(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    other = tmp_path / 'elsewhere'
    found = [
        (str(write_image(other / f'{face.key}_aligned.jpg')), face.label)
        for face in faces()
    ]
    path = tmp_path / 'mine.txt'
    path.write_text('\n'.join(f'{p} {label}' for p, label in found))
    assert_both(tmp_path, found, ordered=True, label_file=path)


def test_occlusion_list_is_for_test_only(tmp_path: Path) -> None:
    found = write_official(tmp_path, faces())
    lines = [
        f'{Path(p).stem} {label} {kind}'
        for kind, (p, label) in enumerate(of('test', found))
    ]
    path = tmp_path / 'EmoLabel' / 'occlusion_list.txt'
    path.write_bytes('\r\n'.join(reversed(lines)).encode())
    assert lines[3] == 'test_0004_aligned 3 3'
    test = RAFDB(tmp_path, 'test', label_file='occlusion_list.txt')
    train = RAFDB(tmp_path, 'train', label_file='occlusion_list.txt')
    assert samples(test) == of('test', found)[::-1]
    assert samples(train) == of('train', found)


def test_label_base_is_for_lists_that_do_not_tell(tmp_path: Path) -> None:
    some = [face for face in faces() if face.label in (1, 2)]
    found = write_official(tmp_path, some, base=1)
    assert_both(tmp_path, found, ordered=True, label_base=1)
    wrong = samples(RAFDB(tmp_path, label_base=0))
    assert [label for _, label in wrong] == [2, 3, 2, 3]


def test_original_has_boxes(tmp_path: Path) -> None:
    found = write_official(
        tmp_path, faces(), folder='original', stored='{key}.jpg'
    )
    write_boxes(tmp_path, faces(), '1.500000 2.000000 6.000000 7.000000\n')
    data = RAFDB(tmp_path, alignment='original')
    assert samples(data) == of('train', found)
    assert data.get_data_info(3)['box'] == (1.5, 2.0, 6.0, 7.0)
    assert 'box' not in RAFDB(_aligned_too(tmp_path)).get_data_info(3)


def _aligned_too(root: Path) -> Path:
    write_official(root, faces())
    return root


# ---- class folders ---------------------------------------------------

FOLDERS = {
    'train|test': dict(train='train', test='test'),
    'train|valid': dict(train='train', test='valid'),
    'train|val': dict(train='train', test='val'),
    'Train|Test': dict(train='Train', test='Test'),
    'training|validation': dict(train='training', test='validation'),
    'train_set|valid_set': dict(train='train_set', test='valid_set'),
}
ALIASES = {
    'native': lambda label: CLASSES[label],
    'lower': lambda label: CLASSES[label].lower(),
    'adjectives': lambda label: (
        'SURPRISED Fearful disgusted Happy sad Angry neutral'.split()[label]
    ),
    'others': lambda label: (
        'suprise afraid Disgust joy SADNESS anger Neutral'.split()[label]
    ),
}


@pytest.mark.parametrize('folders', FOLDERS)
@pytest.mark.parametrize('name', ['1..7', *ALIASES])
def test_class_folders(tmp_path: Path, folders: str, name: str) -> None:
    own = ALIASES.get(name, lambda label: str(label + 1))
    found = write_folders(
        tmp_path, faces(), folders=FOLDERS[folders], name=own
    )
    assert_both(tmp_path, found)


def test_class_folders_without_splits(tmp_path: Path) -> None:
    folders = dict(train='.', test='.')
    found = write_folders(tmp_path, faces(), folders=folders)
    assert_both(tmp_path, [(str(Path(p)), label) for p, label in found])


def test_order_of_classes_is_native_not_alphabetical(tmp_path: Path) -> None:
    """Sorted names, or names that differ in case by split, move nothing."""
    found = write_folders(
        tmp_path,
        faces(),
        folders=dict(train='Train', test='Test'),
        name=lambda label: CLASSES[label].lower(),
    )
    (tmp_path / 'Test' / 'surprise').rename(tmp_path / 'Test' / 'Surprise')
    (tmp_path / 'Test' / 'anger').rename(tmp_path / 'Test' / 'Anger')
    found = [
        (
            p.replace('Test/surprise', 'Test/Surprise').replace(
                'Test/anger', 'Test/Anger'
            ),
            label,
        )
        for p, label in found
    ]
    assert_both(tmp_path, found)


def test_val_folder_of_unnamed_images_is_val(tmp_path: Path) -> None:
    write_folders(
        tmp_path,
        [f for f in faces() if f.split == 'train'],
        name=ALIASES['lower'],
    )
    path = write_image(tmp_path / 'val' / 'joy' / 'im1.png')
    assert samples(RAFDB(tmp_path, 'val')) == [(str(path), 3)]
    text = (
        r'val: its images carry no test_ names, so it is not known to be the '
        r"official test set; use split='val'"
    )
    with pytest.raises(DatasetError, match=text):
        RAFDB(tmp_path, 'test')
    with pytest.raises(DatasetError, match='a validation split is here'):
        RAFDB(tmp_path, 'train', val_ratio=0.5)


def test_litter_is_passed_over(tmp_path: Path) -> None:
    found = write_folders(tmp_path, faces())
    (tmp_path / 'train' / '.ipynb_checkpoints').mkdir()
    (tmp_path / '__MACOSX' / 'train' / '1').mkdir(parents=True)
    (tmp_path / 'train' / '1' / 'Thumbs.db').write_bytes(b'x')
    (tmp_path / 'train' / '1' / '._train_00001_aligned.jpg').write_bytes(b'x')
    assert_both(tmp_path, found)


# ---- the Kaggle pack -------------------------------------------------


@pytest.mark.parametrize('csv', ['.', 'DATASET'])
@pytest.mark.parametrize('header', [True, False])
def test_kaggle(tmp_path: Path, csv: str, header: bool) -> None:
    found = write_folders(tmp_path / 'DATASET', faces())
    write_csv(tmp_path / csv, faces(), header=header)
    assert_both(tmp_path, found)


def test_kaggle_pack_itself(tmp_path: Path) -> None:
    found = write_folders(tmp_path / 'DATASET', faces())
    write_csv(tmp_path, faces())
    assert_both(tmp_path / 'DATASET', found)


def test_csv_proves_numbers_where_names_do_not(tmp_path: Path) -> None:
    images = [f for f in faces() if f.split == 'train']
    found = write_folders(tmp_path, images, stored='x{key}.jpg')
    lines = [f'{Path(p).name},{label + 1}' for p, label in found]
    (tmp_path / 'train_labels.csv').write_text(
        '\n'.join(['image,label', *lines])
    )
    assert sorted(samples(RAFDB(tmp_path))) == sorted(found)
    (tmp_path / 'train_labels.csv').unlink()
    with pytest.raises(DatasetError, match=r"RAF-DB's names \(first: .*xtr"):
        RAFDB(tmp_path)


# ---- numbered folders ------------------------------------------------


@pytest.mark.parametrize('order', KNOWN_ORDERS)
@pytest.mark.parametrize('digits', [1, 2])
@pytest.mark.parametrize('as_list', [True, False])
def test_folder_order_given(tmp_path, order, digits, as_list) -> None:
    """Each order in use, by name and as a list of (other) spellings."""
    names = {
        'rafdb': 'surprised fearful disgust happy sad angry neutral',
        'affectnet': 'neutral happy sad surprised fear disgust anger',
        'neutral-first': 'neutral happy sad surprise fear angry disgust',
        'happy-first': 'happy surprise sad anger disgust fear neutral',
    }[order].split()
    starts = 'surprise fear disgust happ sad ang neutral'.split()
    place = [
        label
        for name in names
        for label, start in enumerate(starts)
        if name.startswith(start)
    ]
    found = write_folders(
        tmp_path,
        faces(),
        name=lambda label: f'{place.index(label):0{digits}d}',
    )
    given = names if as_list else order
    assert_both(tmp_path, found, folder_order=given)


@pytest.mark.parametrize('first', [0, 1])
def test_a_missing_class_shifts_no_other(tmp_path: Path, first: int) -> None:
    some = [face for face in faces() if face.label not in (2, 3)]
    found = write_folders(
        tmp_path, some, name=lambda label: str(label + first)
    )
    assert_both(tmp_path, found, folder_order='rafdb')


PUBLISHED_TEST = (329, 74, 160, 1185, 478, 162, 680)


@pytest.mark.parametrize('order', KNOWN_ORDERS)
@pytest.mark.parametrize('folder', ['test', 'valid'])
def test_exact_counts_prove_an_order(tmp_path, order, folder) -> None:
    names = KNOWN_ORDERS[order]
    place = [[name.lower() for name in CLASSES].index(name) for name in names]
    counts = [PUBLISHED_TEST[label] for label in place]
    write_counts(tmp_path / folder, counts, '{:02d}'.format, 'test_a')
    data = RAFDB(tmp_path, 'test')
    assert data.class_counts == PUBLISHED_TEST
    for path, label in samples(data):
        assert place[int(Path(path).parent.name)] == label


def test_proof_of_one_split_serves_the_other(tmp_path: Path) -> None:
    write_counts(tmp_path / 'test', PUBLISHED_TEST, str, 'test_a')
    train = [f for f in faces() if f.split == 'train']
    found = write_folders(tmp_path, train, name=str)
    assert sorted(samples(RAFDB(tmp_path))) == sorted(found)


NEAR = {
    'one missing': (329, 74, 160, 1185, 478, 161, 680),
    'one moved, the sum kept': (329, 74, 161, 1185, 478, 161, 680),
}


@pytest.mark.parametrize('near', NEAR)
@pytest.mark.parametrize('name', [str, '{:02d}'.format])
def test_near_counts_prove_nothing(tmp_path: Path, name, near) -> None:
    write_counts(tmp_path / 'test', NEAR[near], name, 'test_a')
    with pytest.raises(DatasetError) as caught:
        RAFDB(tmp_path, 'test')
    text = str(caught.value)
    assert 'they are numbered from 0, and their counts are not exactly' in text
    assert f'Found test: 0: 329, 1: 74, 2: {NEAR[near][2]}, 3: 1185' in text
    assert '329/74/160/1185/478/162/680' in text
    assert 'Set folder_order= to one of the known orders' in text
    for known in KNOWN_ORDERS:
        assert f"'{known}' = {', '.join(KNOWN_ORDERS[known])}" in text


def test_equal_counts_prove_nothing(tmp_path: Path) -> None:
    """500 images of each class, as in AffectNet's val."""
    write_counts(tmp_path / 'val', [5] * 7, str, 'x')

    class Even(RAFDB):
        PUBLISHED = {'val': (5,) * 7}

    with pytest.raises(DatasetError, match='folder_order='):
        Even(tmp_path, 'val')


def test_order_against_the_proof(tmp_path: Path) -> None:
    write_counts(tmp_path / 'test', PUBLISHED_TEST, str, 'test_a')
    text = r"folder_order='affectnet', but the published counts prove the "
    with pytest.raises(DatasetError, match=text + r"order \['Surprise'"):
        RAFDB(tmp_path, 'test', folder_order='affectnet')


def test_numbers_from_one_against_a_proof(tmp_path: Path) -> None:
    """1..7 whose counts prove another order take that order."""
    counts = PUBLISHED_TEST[::-1]
    write_counts(tmp_path / 'test', counts, lambda i: str(i + 1), 'test_a')
    assert RAFDB(tmp_path, 'test').class_counts == PUBLISHED_TEST


def test_built_from_a_config(tmp_path: Path) -> None:
    found = write_official(tmp_path, faces())
    data = DATASETS.build(
        dict(type='RAFDB', data_root=str(tmp_path), split='test')
    )
    assert isinstance(data, RAFDB)
    assert samples(data) == of('test', found)


def test_face_is_one_of_the_set() -> None:
    assert raf_key(Face('train', 12271, 0).key) == 'train_12271'
    assert raf_key(Face('train', 12272, 0).key) is None
    assert raf_key('test_3068_aligned') == 'test_3068'
    assert raf_key('test_3069') is None
    assert raf_key('train_00000') is None
    assert raf_key('train_1') is None
    assert encode() != encode((1, 2, 3))
