"""AffectNet: every layout gives the right images with the right labels."""

from __future__ import annotations

import io
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csgresnet_mm.datasets import AffectNet, DatasetError, affectnet
from csgresnet_mm.datasets.layouts.affectnet import (
    CLASSES,
    WRITERS,
    write_2021,
    write_cache,
    write_csv,
    write_folders,
    write_lists,
    write_pack,
    write_yolo,
)

from .conftest import Log

Found = list[tuple[str, str, int]]


def samples(data: AffectNet) -> list[tuple[str, int]]:
    """(Path below the root, label), sorted."""
    infos = [data.get_data_info(index) for index in range(len(data))]
    return sorted(
        (os.path.relpath(info['img_path'], data.data_root), info['gt_label'])
        for info in infos
    )


def of(split: str, found: Found) -> list[tuple[str, int]]:
    return sorted((path, label) for s, path, label in found if s == split)


def assert_all(root: Path, found: Found, **kwargs: Any) -> None:
    """Every split holds exactly what was written."""
    for split in {split for split, _, _ in found}:
        assert samples(AffectNet(root, split, **kwargs)) == of(split, found)


OPTIONS: dict[str, dict[str, Any]] = {
    'numbered folders': dict(folder_order='affectnet')
}


@pytest.mark.parametrize('num_classes', [7, 8])
@pytest.mark.parametrize('layout', WRITERS)
def test_every_layout(tmp_path: Path, layout: str, num_classes: int) -> None:
    found = WRITERS[layout](tmp_path, 3, 0, num_classes=num_classes)
    options = OPTIONS.get(layout, {})
    assert {label for _, _, label in found} == set(range(num_classes))
    assert_all(tmp_path, found, num_classes=num_classes, **options)


@pytest.mark.parametrize('layout', WRITERS)
def test_one_or_two_folders_above(tmp_path: Path, layout: str) -> None:
    home = tmp_path / 'a' / 'b' if layout != 'yolo' else tmp_path / 'a'
    home.mkdir(parents=True)
    found = WRITERS[layout](home, 2, 0)
    above = [
        (s, f'{home.relative_to(tmp_path)}/{path}', n) for s, path, n in found
    ]
    assert_all(tmp_path, above, **OPTIONS.get(layout, {}))


LAYOUT_NAMES = {
    'numbered folders': 'folders',
    '96x96': 'folders',
}


@pytest.mark.parametrize('layout', WRITERS)
def test_layout_can_be_forced(tmp_path: Path, layout: str) -> None:
    name = LAYOUT_NAMES.get(layout, layout)
    found = WRITERS[layout](tmp_path, 2, 0)
    options = OPTIONS.get(layout, {})
    assert_all(tmp_path, found, layout=name, **options)
    data = AffectNet(tmp_path, layout=name, **options)
    assert data.layout.startswith(f'{name}: {tmp_path}')


def test_annotations_outrank_the_lists_made_of_them(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 2, 0)
    for path in tmp_path.glob('*_set/annotations/*_exp.npy'):
        number = path.name.removesuffix('_exp.npy')
        label = (int(np.load(path)) + 1) % 7
        with open(tmp_path / 'affectnet.csv', 'a') as file:
            if file.tell() == 0:
                file.write('phase,img_path,label\n')
            phase = path.parts[-3].removesuffix('_set')
            file.write(f'{phase},{phase}_set/images/{number}.jpg,{label}\n')
    assert_all(tmp_path, found)
    other = samples(AffectNet(tmp_path, layout='cache'))
    assert [path for path, _ in other] != []
    assert other != of('train', found)


# ---- classes ---------------------------------------------------------


def test_classes_are_the_native_order(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    assert AffectNet.METAINFO['classes'] == CLASSES
    assert AffectNet(tmp_path).metainfo['classes'] == CLASSES[:7]
    eight = AffectNet(tmp_path, num_classes=8)
    assert eight.metainfo['classes'] == CLASSES


@pytest.mark.parametrize('layout', WRITERS)
def test_labels_after_contempt_do_not_shift(
    tmp_path: Path, layout: str
) -> None:
    """With 7 classes each image has the label that it has with 8."""
    WRITERS[layout](tmp_path, 3, 0)
    options = OPTIONS.get(layout, {})
    seven = samples(AffectNet(tmp_path, **options))
    eight = samples(AffectNet(tmp_path, num_classes=8, **options))
    assert seven == [(path, label) for path, label in eight if label != 7]
    assert len(seven) < len(eight)


def test_what_is_left_out_is_told(tmp_path: Path, log: Log) -> None:
    write_csv(tmp_path, 3, 0)
    AffectNet(tmp_path)
    text = (
        'training.csv: left out 3 Contempt, 3 None, 3 Uncertain, 3 No-Face '
        '(num_classes=7); the other labels keep their numbers'
    )
    assert any(text in note for note in log.notes)


def test_class_order(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 1, 0)
    order = sorted(CLASSES[:7])
    data = AffectNet(tmp_path, class_order=order)
    expected = [
        (path, order.index(CLASSES[label]))
        for path, label in of('train', found)
    ]
    assert samples(data) == expected
    assert list(data.metainfo['classes']) == order


# ---- splits ----------------------------------------------------------


@pytest.mark.parametrize(
    'layout', ['2021', 'csv', 'lists', 'cache', 'folders', '96x96']
)
def test_val_is_carved_from_train(tmp_path: Path, layout: str) -> None:
    found = WRITERS[layout](tmp_path, 5, 0)
    train = samples(AffectNet(tmp_path, 'train', val_ratio=0.2))
    val = samples(AffectNet(tmp_path, 'val', val_ratio=0.2))
    assert sorted(train + val) == of('train', found)
    assert sorted(label for _, label in val) == list(range(7))
    test = samples(AffectNet(tmp_path, 'test', val_ratio=0.2))
    assert test == of('test', found)


def test_the_same_images_are_carved_in_any_layout(tmp_path: Path) -> None:
    """Of a set in which the layouts have the same names."""
    carved = []
    for layout in ('2021', 'lists', 'cache', 'folders'):
        WRITERS[layout](tmp_path / layout, 6, 0)
        val = AffectNet(tmp_path / layout, 'val', val_ratio=0.3)
        carved.append({(Path(p).name, n) for p, n in samples(val)})
    assert carved[0] and carved == carved[:1] * 4


def test_val_needs_a_ratio(tmp_path: Path) -> None:
    write_2021(tmp_path, 1, 0)
    text = "split='test' is AffectNet's validation set; for split='val' set "
    with pytest.raises(DatasetError, match=re.escape(text)):
        AffectNet(tmp_path, 'val')


def test_own_val_is_not_carved(tmp_path: Path) -> None:
    write_yolo(tmp_path, 2, 0)
    text = 'a validation split is here; leave val_ratio=0.1 out'
    with pytest.raises(DatasetError, match=re.escape(text)):
        AffectNet(tmp_path, 'train', val_ratio=0.1)


@pytest.mark.parametrize('name', ['val_set', 'valid_set', 'val', 'validation'])
@pytest.mark.parametrize('layout', ['2021', 'lists'])
def test_names_of_the_split_folder(
    tmp_path: Path, layout: str, name: str
) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    old = 'val_set' if layout == '2021' else 'valid_set'
    (tmp_path / old).rename(tmp_path / name)
    assert_all(
        tmp_path,
        [(s, p.replace(f'{old}/', f'{name}/'), n) for s, p, n in found],
    )


def test_val_beside_test_is_somebodys_own_split(
    tmp_path: Path, log: Log
) -> None:
    found = write_folders(tmp_path, 2, 0)
    shutil.copytree(tmp_path / 'val', tmp_path / 'test')
    own = [(p.replace('val/', 'test/'), n) for p, n in of('test', found)]
    assert samples(AffectNet(tmp_path, 'test')) == own
    assert samples(AffectNet(tmp_path, 'val')) == of('test', found)
    text = "val and test are both here, so the split is not AffectNet's"
    assert any(text in warning for warning in log.warnings)


# ---- the release of 2021 ---------------------------------------------

SAME_LABEL = {
    'text': lambda label: np.array(str(label)),
    'wide text': lambda label: np.array(str(label), 'U20'),
    'bytes': lambda label: np.array(str(label).encode()),
    'int64': lambda label: np.array(label),
    'big-endian': lambda label: np.array(label, '>i4'),
    'uint8': lambda label: np.array(label, np.uint8),
    'float': lambda label: np.array(float(label)),
    'one element': lambda label: np.array([label]),
}


@pytest.mark.parametrize('kind', SAME_LABEL)
def test_label_of_any_type(tmp_path: Path, kind: str) -> None:
    found = write_2021(tmp_path, 2, 0)
    for _, path, label in found:
        file = tmp_path / path.replace('images', 'annotations')
        np.save(
            file.with_name(f'{file.stem}_exp.npy'), SAME_LABEL[kind](label)
        )
    assert_all(tmp_path, found)


def test_version_2_of_the_format(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 1, 0)
    for path in tmp_path.glob('*/annotations/*_exp.npy'):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, np.load(path), version=(2, 0))
        path.write_bytes(stream.getvalue())
    assert_all(tmp_path, found)


def test_images_of_another_type(tmp_path: Path) -> None:
    found = write_2021(tmp_path, 1, 0)
    for _, path, _ in found:
        image = tmp_path / path
        image.rename(image.with_suffix('.png'))
    assert_all(
        tmp_path, [(s, p.replace('.jpg', '.png'), n) for s, p, n in found]
    )


# ---- the first release -----------------------------------------------


def boxes(data: AffectNet) -> dict[str, Any]:
    infos = [data.get_data_info(index) for index in range(len(data))]
    return {Path(info['img_path']).name: info.get('box') for info in infos}


def test_box_is_left_top_width_height_in_the_list(tmp_path: Path) -> None:
    """face_x 5, face_y 9, width 12, height 14."""
    write_csv(tmp_path, 2, 0)
    found = set(boxes(AffectNet(tmp_path)).values())
    assert found == {(5.0, 9.0, 17.0, 23.0), (-2.0, 9.0, 10.0, 23.0)}


def test_box_is_cropped_at_access(tmp_path: Path) -> None:
    """With the margin of a tenth on each side, cut to the image."""
    write_csv(tmp_path, 2, 0)
    data = AffectNet(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    shapes = {
        info['box'][0]: data[index]['img'].shape
        for index in range(len(data))
        if (info := data.get_data_info(index))
    }
    # -2 - 1.2 to 10 + 1.2 and 9 - 1.4 to 23 + 1.4, outwards
    assert shapes == {5.0: (18, 16, 3), -2.0: (18, 12, 3)}


def test_faces_that_are_cropped_already(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    assert_all(tmp_path, found, crop=False)
    assert set(boxes(AffectNet(tmp_path, crop=False)).values()) == {None}


def test_boxes_that_reach_beyond_are_told(tmp_path: Path, log: Log) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'training.csv'
    path.write_text(path.read_text().replace(',12,14,', ',40,40,'))
    assert_all(tmp_path, found)
    text = 'boxes looked at reach beyond their image (first: '
    assert [text in warning for warning in log.warnings].count(True) == 1
    assert any('set crop=False' in warning for warning in log.warnings)


@pytest.mark.parametrize('header', ['both', 'neither', 'swapped'])
def test_header_is_sniffed(tmp_path: Path, header: str) -> None:
    """The first row is neither lost nor read as an image."""
    found = write_csv(tmp_path, 2, 0, num_classes=8)
    train, val = tmp_path / 'training.csv', tmp_path / 'validation.csv'
    line, _, rest = train.read_text().partition('\n')
    if header != 'both':
        train.write_text(rest)
    if header != 'neither':
        val.write_text(f'{line}\n{val.read_text()}')
    assert_all(tmp_path, found, num_classes=8)


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'training.csv'
    rows = [line.split(',') for line in path.read_text().split()]
    path.write_text(
        ''.join(f'{r[6]},{r[4]},{r[3]},{r[2]},{r[1]},{r[0]}\n' for r in rows)
    )
    assert_all(tmp_path, found)
    found_boxes = set(boxes(AffectNet(tmp_path)).values())
    assert found_boxes == {(5.0, 9.0, 17.0, 23.0), (-2.0, 9.0, 10.0, 23.0)}


PLACES = {
    'lists': ('.', 'Manually_Annotated_file_lists'),
    'lists beside images': (
        '.',
        'Manually_Annotated/Manually_Annotated_file_lists',
    ),
    'images above': ('Manually_Annotated_Images', '.'),
    'images in Manually_Annotated': ('Manually_Annotated', '.'),
    'images in the root': ('.', '.'),
}


@pytest.mark.parametrize('place', PLACES)
def test_places_of_lists_and_images(tmp_path: Path, place: str) -> None:
    found = write_csv(tmp_path / 'x', 2, 0)
    images, lists = (tmp_path / 'y' / part for part in PLACES[place])
    old = 'Manually_Annotated/Manually_Annotated_Images'
    new = old if place.startswith('lists') else PLACES[place][0]
    if place.startswith('lists'):
        images = tmp_path / 'y' / old
    lists.mkdir(parents=True, exist_ok=True)
    images.mkdir(parents=True, exist_ok=True)
    for path in (tmp_path / 'x' / old).iterdir():
        path.rename(images / path.name)
    for name in ('training.csv', 'validation.csv'):
        (tmp_path / 'x' / name).rename(lists / name)
    assert_all(
        tmp_path / 'y',
        [(s, os.path.normpath(p.replace(old, new)), n) for s, p, n in found],
    )


def test_two_faces_of_a_photograph(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'training.csv'
    header, line = path.read_text().split('\n')[:2]
    other = line.replace(',5,9,12,14,', ',1,2,12,14,')
    path.write_text(f'{header}\n{line}\n{other}\n')
    data = AffectNet(tmp_path)
    infos = [data.get_data_info(index) for index in range(len(data))]
    assert [info['box'][0] for info in infos] == [5.0, 1.0]
    assert infos[0]['img_path'] == infos[1]['img_path']


# ---- lists -----------------------------------------------------------


def test_list_of_8_serves_7(tmp_path: Path) -> None:
    found = write_lists(tmp_path, 2, 0)
    for path in tmp_path.glob('*/*_7class.txt'):
        path.unlink()
    assert_all(tmp_path, found)


def test_list_of_7_is_preferred(tmp_path: Path) -> None:
    write_lists(tmp_path, 2, 0)
    path = tmp_path / 'train_set/train_annotations_7class.txt'
    path.write_text('3.jpg 0\n')
    assert samples(AffectNet(tmp_path)) == [('train_set/images/3.jpg', 0)]
    assert len(AffectNet(tmp_path, num_classes=8)) == 16


def test_list_that_counts_from_1(tmp_path: Path) -> None:
    found = write_lists(tmp_path, 2, 0)
    for path in tmp_path.glob('*/*_7class.txt'):
        lines = [line.split() for line in path.read_text().splitlines()]
        path.write_text(
            ''.join(f'{name} {int(label) + 1}\n' for name, label in lines)
        )
    assert_all(tmp_path, found)


def test_names_that_agree_with_labels(tmp_path: Path, log: Log) -> None:
    write_lists(tmp_path, 2, 0)
    images = tmp_path / 'train_set/images'
    lines = []
    for number in range(14):
        name = f'{CLASSES[number % 7].lower()}_ffhq_{number}.jpg'
        (images / f'{number + number // 7}.jpg').rename(images / name)
        lines.append(f'{name} {number % 7}\n')
    path = tmp_path / 'train_set/train_annotations_7class.txt'
    path.write_text(''.join(lines))
    assert len(AffectNet(tmp_path)) == 14
    assert not any('named after a class' in text for text in log.warnings)


PATHS = {
    'of another machine': '/data/train/AffectNet/{}',
    'below a folder named as a split': '/data/train_set/val_set/x/{}',
    'relative to the root': '{}',
    'relative to elsewhere': './datasets/AffectNet/{}',
}


@pytest.mark.parametrize('kind', PATHS)
@pytest.mark.parametrize('index', [True, False])
def test_cache(tmp_path: Path, kind: str, index: bool) -> None:
    found = write_cache(tmp_path, 2, 0)
    path = tmp_path / 'affectnet.csv'
    text = path.read_text().replace('/home/me/AffectNet/{}'[:-2], '')
    lines = [line.split(',') for line in text.splitlines()]
    rows = [lines[0]] + [
        [number, phase, PATHS[kind].format(own), label]
        for number, phase, own, label in lines[1:]
    ]
    path.write_text(
        ''.join(','.join(row if index else row[1:]) + '\n' for row in rows)
    )
    assert_all(tmp_path, found)


# ---- class folders ---------------------------------------------------

SMALL = {
    'train': (9, 10, 8, 7, 6, 5, 4, 3),
    'test': (2, 2, 2, 2, 2, 2, 2, 1),
}
"""Counts in the place of the published ones."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AffectNet, 'PUBLISHED', SMALL)
    monkeypatch.setitem(
        affectnet._CSV_RELEASE, 'train', (9, 11, 8, 7, 6, 5, 4, 3)
    )


def write_numbers(root: Path, counts: dict[str, tuple[int, ...]]) -> None:
    for split, own in counts.items():
        for number, count in enumerate(own):
            folder = root / split / str(number)
            folder.mkdir(parents=True)
            for image in range(count):
                (folder / f'{split}{number}_{image}.jpg').write_bytes(b'x')


@pytest.mark.usefixtures('small')
@pytest.mark.parametrize('happy', [10, 11])
@pytest.mark.parametrize('classes', [7, 8])
def test_counts_of_train_prove_the_order(
    tmp_path: Path, classes: int, happy: int
) -> None:
    """Of either release, with and without Contempt."""
    train = (9, happy, *SMALL['train'][2:])[:classes]
    write_numbers(tmp_path, {'train': train, 'val': SMALL['test'][:classes]})
    data = AffectNet(tmp_path, num_classes=classes)
    assert data.class_counts == train
    assert AffectNet(tmp_path, 'test').class_counts[:7] == (2,) * 7


@pytest.mark.usefixtures('small')
def test_counts_may_prove_another_order(tmp_path: Path) -> None:
    """Folder 0 holds as many as Happy has: it is Happy."""
    write_numbers(tmp_path, {'train': SMALL['train'][::-1]})
    data = AffectNet(tmp_path, num_classes=8)
    assert data.class_counts == SMALL['train']
    numbers = {(Path(p).parent.name, label) for p, label in samples(data)}
    assert numbers == {(str(number), 7 - number) for number in range(8)}


def test_published_counts_are_those_of_the_releases() -> None:
    """287,651 and 3,999 images, and the first release's two differences."""
    assert AffectNet.PUBLISHED == {
        'train': (74874, 134415, 25459, 14090, 6378, 3803, 24882, 3750),
        'test': (500, 500, 500, 500, 500, 500, 500, 499),
    }
    assert affectnet._CSV_RELEASE == {
        'train': (74874, 134416, 25459, 14090, 6378, 3803, 24882, 3750),
        'test': (500, 500, 500, 500, 500, 500, 500, 500),
    }


@pytest.mark.usefixtures('small')
@pytest.mark.parametrize('layout', ['2021', 'csv'])
def test_counts_are_those_of_the_layouts_release(
    tmp_path: Path, layout: str, log: Log
) -> None:
    WRITERS[layout](tmp_path, 1, 0)
    AffectNet(tmp_path)
    happy = 10 if layout == '2021' else 11
    text = f'published are {39 + happy} (9/{happy}/8/7/6/5/4)'
    assert any(text in warning for warning in log.warnings)


def test_folders_without_splits_are_train(tmp_path: Path) -> None:
    found = write_folders(tmp_path / 'x', 2, 0)
    (tmp_path / 'x' / 'train').rename(tmp_path / 'y')
    expected = [
        (path.removeprefix('train/'), label)
        for path, label in of('train', found)
    ]
    assert samples(AffectNet(tmp_path / 'y')) == expected


def test_sample_is_labelled(tmp_path: Path, log: Log) -> None:
    write_pack(tmp_path, 2, 0)
    AffectNet(tmp_path)
    text = 'a sample (24 images), not AffectNet: results on it are never '
    assert any(text in warning for warning in log.warnings)


def test_yolo_sample_is_labelled(tmp_path: Path, log: Log) -> None:
    write_yolo(tmp_path, 2, 0)
    for split in ('train', 'val'):
        AffectNet(tmp_path, split)
    text = 'YOLO_format/valid: a sample (7 images), not AffectNet: results'
    assert any(text in warning for warning in log.warnings)
    assert not any('published' in warning for warning in log.warnings)


def test_folder_outranks_the_guess(tmp_path: Path, log: Log) -> None:
    """Every fifth of 24 and of 16 guesses differs."""
    write_pack(tmp_path, 3, 0)
    AffectNet(tmp_path)
    text = (
        'labels.csv: 7 of 40 images lie in the folder of another class than '
        f'it says (first: {tmp_path}/Test/'
    )
    assert any(text in warning for warning in log.warnings)


def test_guesses_that_agree_are_not_told(tmp_path: Path, log: Log) -> None:
    write_pack(tmp_path, 1, 0)
    path = tmp_path / 'labels.csv'
    lines = [line.split(',') for line in path.read_text().splitlines()]
    for line in lines[1:]:
        line[2] = line[1].split('/')[0]
    path.write_text('\n'.join(map(','.join, lines)))
    AffectNet(tmp_path)
    assert not any('labels.csv' in warning for warning in log.warnings)


# ---- YOLO ------------------------------------------------------------


def test_yolo_ids_are_those_of_data_yaml(tmp_path: Path) -> None:
    """Written as a mapping, in AffectNet's order: other labels then."""
    found = write_yolo(tmp_path, 1, 0, num_classes=8)
    path = tmp_path / 'YOLO_format/data.yaml'
    path.write_text(
        'names:\n'
        + ''.join(f'  {n}: {name}\n' for n, name in enumerate(CLASSES))
    )
    order = sorted(CLASSES)
    expected = sorted(
        (p, order.index(CLASSES[label])) for p, label in of('train', found)
    )
    assert samples(AffectNet(tmp_path, num_classes=8)) == expected
