"""Writes AffectNet's layouts.

Each writer writes all eight classes, and returns what a reader of seven, the
data set's default, gives: without Contempt.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ._images import encode, put

CLASSES = (
    'Neutral',
    'Happy',
    'Sad',
    'Surprise',
    'Fear',
    'Disgust',
    'Anger',
    'Contempt',
)
Found = list[tuple[str, str, int]]
"""(split, path relative to the root, label) of every image."""
_COLUMNS = (
    'subDirectory_filePath,face_x,face_y,face_width,face_height,'
    'facial_landmarks,expression,valence,arousal'
)
_ALPHABETICAL = tuple(sorted(CLASSES))


def _faces(
    images_per_class: int, labels: int = 8, splits: Sequence[str] = ('val',)
) -> list[tuple[str, int, int]]:
    """(split, number in the split, label); others have half of train's."""
    counts = {'train': images_per_class}
    counts.update((split, (images_per_class + 1) // 2) for split in splits)
    return [
        (split, number, number % labels)
        for split, count in counts.items()
        for number in range(count * labels)
    ]


def _read(found: Found, num_classes: int = 7) -> Found:
    """What a reader gives: val is what is tested on."""
    return [
        ('test' if split == 'val' else split, path, label)
        for split, path, label in found
        if label < num_classes
    ]


def _npy(value: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(value))
    return stream.getvalue()


def write_2021(root: Path, images_per_class: int, seed: int) -> Found:
    """Write ``train_set`` and ``val_set`` with one .npy a label."""
    found = []
    for index, (split, number, label) in enumerate(_faces(images_per_class)):
        path = f'{split}_set/images/{number}.jpg'
        put(root / path, encode(seed + index))
        stem = root / f'{split}_set/annotations/{number}'
        for kind, value in (
            ('exp', str(label)),
            ('val', '0.25'),
            ('aro', '-0.5'),
            ('lnd', np.zeros(136)),
        ):
            put(stem.with_name(f'{number}_{kind}.npy'), _npy(value))
        found.append((split, path, label))
    return _read(found)


def write_csv(
    root: Path, images_per_class: int, seed: int, *, num_classes: int = 7
) -> Found:
    """Write the first release: photographs, boxes, labels 0..10.

    As in the release, ``validation.csv`` has no header, file types are
    mixed, and some boxes begin outside the image.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        num_classes: Of the reader.
    """
    images = 'Manually_Annotated/Manually_Annotated_Images'
    lines: dict[str, list[str]] = {'train': [_COLUMNS], 'val': []}
    found = []
    faces = _faces(images_per_class, labels=11)
    for index, (split, number, label) in enumerate(faces):
        name = hashlib.blake2b(
            f'{seed}:{split}:{number}'.encode(), digest_size=28
        ).hexdigest()
        suffix = ('.jpg', '.png', '.JPG', '.bmp', '.tif')[number % 5]
        path = f'{number % 3}/{name}{suffix}'
        put(
            root / images / path,
            encode(seed + index, size=32, suffix=suffix.lower()),
        )
        left = -2 if number % 7 == 6 else 5
        lines[split].append(
            f'{path},{left},9,12,14,{left}.5;9.5;16.0;22.0,{label},0.25,-0.5'
        )
        found.append((split, f'{images}/{path}', label))
    for split, name in (('train', 'training.csv'), ('val', 'validation.csv')):
        text = ''.join(f'{line}\n' for line in lines[split])
        put(root / name, text.encode())
    return _read(found, num_classes)


def write_lists(root: Path, images_per_class: int, seed: int) -> Found:
    """Write ``<split>_set/<split>_annotations_{7,8}class.txt``."""
    lines: dict[str, list[str]] = {}
    found = []
    for index, (split, number, label) in enumerate(_faces(images_per_class)):
        own = 'valid' if split == 'val' else split
        path = f'{own}_set/images/{number}.jpg'
        put(root / path, encode(seed + index))
        for classes in (7, 8):
            if label < classes:
                name = f'{own}_set/{own}_annotations_{classes}class.txt'
                lines.setdefault(name, []).append(f'{number}.jpg {label}\n')
        found.append((split, path, label))
    for name, own_lines in lines.items():
        put(root / name, ''.join(own_lines).encode())
    return _read(found)


def write_cache(root: Path, images_per_class: int, seed: int) -> Found:
    """Write ``affectnet.csv`` with the paths of another machine."""
    lines = [',phase,img_path,label\n']
    found = []
    for index, (split, number, label) in enumerate(_faces(images_per_class)):
        path = f'{split}_set/images/{number}.jpg'
        put(root / path, encode(seed + index))
        lines.append(f'{index},{split},/home/me/AffectNet/{path},{label}\n')
        found.append((split, path, label))
    put(root / 'affectnet.csv', ''.join(lines).encode())
    return _read(found)


def write_folders(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    numbered: bool = False,
) -> Found:
    """Write ``train|val/<class>``.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        numbered: Folders 0..7: the reader needs ``folder_order``.
    """
    found = []
    for index, (split, number, label) in enumerate(_faces(images_per_class)):
        name = str(label) if numbered else CLASSES[label].lower()
        path = f'{split}/{name}/{number}.jpg'
        put(root / path, encode(seed + index))
        found.append((split, path, label))
    return _read(found)


def write_pack(root: Path, images_per_class: int, seed: int) -> Found:
    """Write the sample ``{Train,Test}/<class>`` with labels.csv.

    As in the sample, folders differ in case by split, and every fifth guess
    of labels.csv is not the folder's class.
    """
    lines = [',pth,label,relFCs\n']
    found = []
    faces = _faces(images_per_class, splits=('test',))
    for index, (split, number, label) in enumerate(faces):
        name = CLASSES[label].lower()
        if split == 'test' and name in ('anger', 'contempt'):
            name = name.capitalize()
        image = f'image{index:07d}.jpg'
        path = f'{split.capitalize()}/{name}/{image}'
        put(root / path, encode(seed + index))
        guess = CLASSES[(label + (number % 5 == 4)) % 8].lower()
        lines.append(f'{index},{name.lower()}/{image},{guess},0.8731\n')
        found.append((split, path, label))
    put(root / 'labels.csv', ''.join(lines).encode())
    return _read(found)


def write_yolo(
    root: Path, images_per_class: int, seed: int, *, num_classes: int = 7
) -> Found:
    """Write the sample in YOLO's form, with alphabetical ids.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        num_classes: Of the reader.
    """
    names = ', '.join(f"'{name}'" for name in _ALPHABETICAL)
    home = root / 'YOLO_format'
    put(
        home / 'data.yaml',
        f'train: ../train/images\nval: ../valid/images\n'
        f'nc: 8\nnames: [{names}]\n'.encode(),
    )
    found = []
    faces = _faces(images_per_class, splits=('valid', 'test'))
    for index, (split, number, label) in enumerate(faces):
        stem = f'ffhq_{number}' if number % 2 else f'image{number:07d}'
        suffix = '.png' if number % 2 else '.jpg'
        key = _ALPHABETICAL.index(CLASSES[label])
        put(
            home / f'{split}/images/{stem}{suffix}',
            encode(seed + index, suffix=suffix),
        )
        put(
            home / f'{split}/labels/{stem}.txt',
            f'{key} 0.5 0.5 0.96875 0.96875\n'.encode(),
        )
        path = f'YOLO_format/{split}/images/{stem}{suffix}'
        if label < num_classes:
            found.append(('val' if split == 'valid' else split, path, label))
    return found


WRITERS: dict[str, Callable[[Path, int, int], Found]] = {
    '2021': write_2021,
    'csv': write_csv,
    'lists': write_lists,
    'cache': write_cache,
    'folders': write_folders,
    'numbered folders': partial(write_folders, numbered=True),
    '96x96': write_pack,
    'yolo': write_yolo,
}
