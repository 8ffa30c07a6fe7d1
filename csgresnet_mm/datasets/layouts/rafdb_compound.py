"""Writes the layouts of RAF-DB's compound expressions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from .rafdb import Face, Found, make_faces, write_official


def make_compound_faces(images_per_class: int) -> list[Face]:
    """Faces of the eleven classes, named as RAF-DB names its images."""
    return make_faces(images_per_class, num_classes=11, digits=(4, 3))


_write = partial(write_official, faces=make_compound_faces)

WRITERS: dict[str, Callable[[Path, int, int], Found]] = {
    'official': _write,
    'original': partial(_write, folder='original', suffix='.jpg'),
}
