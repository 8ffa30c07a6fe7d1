"""Leakage planted into generated faces, and the images of other tests."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

EXACT = 'exact'
SIZES = (50, 64, 75, 80, 130, 150, 200)
RESIZING = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


class Planted(NamedTuple):
    """A training image and the test image that was replaced by its copy."""

    train: str
    test: str
    kind: str


def plant(root: Path, exact: int, near: int, seed: int = 0) -> list[Planted]:
    """Replace images of test by copies of images of train.

    A near copy is encoded again as JPEG of quality 60: every third one as it
    is but for a resize, every third one flipped, every third one both.

    Args:
        root: Of demo faces.
        exact: Copies of the very bytes.
        near: Copies that were encoded again.
        seed: Chooses the images.
    """
    folder = root / 'basic' / 'Image' / 'aligned'
    rng = np.random.default_rng(seed)
    names = {
        split: sorted(path.name for path in folder.glob(f'{split}_*'))
        for split in ('train', 'test')
    }
    total = exact + near
    chosen = {
        split: rng.choice(found, total, replace=False).tolist()
        for split, found in names.items()
    }
    planted = []
    for number, (source, target) in enumerate(
        zip(chosen['train'], chosen['test'], strict=True)
    ):
        data = (folder / source).read_bytes()
        kind = EXACT
        if number >= exact:
            data, kind = encode_again(data, number)
        (folder / target).write_bytes(data)
        planted.append(Planted(source, target, kind))
    return planted


def encode_again(data: bytes, number: int) -> tuple[bytes, str]:
    """Another file of the same picture, and what was done."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    kind = ('resized', 'flipped', 'resized and flipped')[number % 3]
    if 'resized' in kind:
        side = SIZES[number // 3 % len(SIZES)]
        way = RESIZING[number // 3 % len(RESIZING)]
        image = cv2.resize(image, (side, side), interpolation=way)
    if 'flipped' in kind:
        image = cv2.flip(image, 1)
    return jpeg(image, 60), kind


def jpeg(image: np.ndarray, quality: int = 95) -> bytes:
    """Encode a BGR or grey image."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    done, code = cv2.imencode('.jpg', image, options)
    assert done
    return code.tobytes()


def smooth_images(count: int, side: int, seed: int) -> np.ndarray:
    """Distinct pictures of few low frequencies, (count, side, side, 3).

    Cheap to make in great number; like faces they have their energy where
    pHash looks.
    """
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    return np.stack(
        [
            cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
            for image in coarse
        ]
    )
