"""Writes SFEW's layouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ._images import encode, put

CLASSES = ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')


def _frames(images_per_class: int) -> list[tuple[str, str, int]]:
    """(split, file name, class); val has half as many as train."""
    counts = {'train': images_per_class, 'val': (images_per_class + 1) // 2}
    return [
        (split, f'Film{split[0]}_{label:04d}00000_{number:08d}.png', label)
        for split, count in counts.items()
        for label in range(len(CLASSES))
        for number in range(count)
    ]


def write_folders(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    train: str = 'Train/Train_Aligned_Faces',
    val: str = 'Val/Val_Aligned_Faces',
    test: str = 'Test/Test_Aligned_Faces',
) -> list[tuple[str, str, int]]:
    """Write class folders, and the flat folder of the unlabelled test.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        train: Holds the class folders of train.
        val: Holds those of val, which ``split='test'`` reads.
        test: Holds unlabelled images; '' writes none.

    Returns:
        (split, relative path, label) of every labelled image.
    """
    folders = {'train': train, 'val': val}
    found = []
    for index, (split, name, label) in enumerate(_frames(images_per_class)):
        path = f'{folders[split]}/{CLASSES[label]}/{name}'
        put(root / path, encode(seed + index, suffix='.png'))
        found.append(('test' if split == 'val' else split, path, label))
    for number in range(3 if test else 0):
        data = encode(seed + len(found) + number, suffix='.png')
        put(root / test / f'Filmt_000000000_{number:08d}.png', data)
    return found


def write_csv(
    root: Path, images_per_class: int, seed: int
) -> list[tuple[str, str, int]]:
    """Write ``sfew_2.0_labels.csv`` beside ``sfew2.0_images``.

    Returns:
        (split, relative path, label) of every image, in order.
    """
    lines = ['image_name,label,emotion,original_split']
    found = []
    for index, (split, _, label) in enumerate(_frames(images_per_class)):
        name = f'image_{index:06d}.png'
        put(
            root / 'sfew2.0_images' / name,
            encode(seed + index, suffix='.png'),
        )
        folder = f'{split.capitalize()}_Aligned_Faces'
        lines.append(f'{name},{label},{CLASSES[label]},{folder}')
        split = 'test' if split == 'val' else split
        found.append((split, f'sfew2.0_images/{name}', label))
    text = ''.join(f'{line}\n' for line in lines)
    put(root / 'sfew_2.0_labels.csv', text)
    return found


WRITERS: dict[str, Callable[[Path, int, int], list[tuple[str, str, int]]]] = {
    'official': write_folders,
    'new val': partial(
        write_folders, val='Val/Val_Aligned_Faces_new/Val_Aligned_Faces'
    ),
    'original': partial(
        write_folders, train='Train/imgs', val='Val/imgs', test='Test/imgs'
    ),
    'csv': write_csv,
    'folders': partial(write_folders, train='train', val='val', test=''),
}
