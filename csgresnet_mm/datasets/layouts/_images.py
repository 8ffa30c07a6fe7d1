"""Small images, each another one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def pixels(seed: int, size: int = 8, grey: bool = False) -> np.ndarray:
    """Noise that the seed chooses, (size, size, 3) BGR or (size, size)."""
    shape = (size, size) if grey else (size, size, 3)
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, shape, np.uint8)


def encode(
    seed: int, size: int = 8, grey: bool = False, suffix: str = '.jpg'
) -> bytes:
    """An image file of :func:`pixels`, in the format of the suffix."""
    data = cv2.imencode(suffix, pixels(seed, size, grey))[1]
    return data.tobytes()


def put(path: Path, data: bytes | str) -> Path:
    """Write a file, and the folders it needs; text gets LF line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
