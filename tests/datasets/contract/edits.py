"""What is done to a copy: each returns a function of its root."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from .declare import Edit


def place(root: Path, file: str) -> Path:
    """A file at the root, or wherever it lies below."""
    if not (root / file).exists():
        found = list(root.rglob(file))
        assert len(found) < 2, f'{file} is not one file: {found}'
        return found[0] if found else root / file
    return root / file


def append(file: str, *lines: str, end: str = '\n') -> Edit:
    """Lines at the end of a text file, which gets an end of line if none."""

    def edit(root: Path) -> None:
        path = place(root, file)
        text = path.read_text()
        text += '\n' * (text[-1:] not in ('', '\n'))
        rewrite(path, text + ''.join(f'{n}{end}' for n in lines))

    return edit


def replace(file: str, old: str, new: str, count: int = -1) -> Edit:
    """Other text in a file, which must hold the old one."""

    def edit(root: Path) -> None:
        path = place(root, file)
        text = path.read_bytes().decode()
        assert old in text, f'{path} holds no {old!r}'
        rewrite(path, text.replace(old, new, count))

    return edit


def line(file: str, number: int, new: str | None) -> Edit:
    """Another line, counted from 1; None takes it out."""

    def edit(root: Path) -> None:
        path = place(root, file)
        lines = path.read_text().split('\n')
        lines[number - 1 : number] = [] if new is None else [new]
        rewrite(path, '\n'.join(lines))

    return edit


def text(file: str, text: str | bytes) -> Edit:
    """A file with this text, whatever was there."""
    return lambda root: rewrite(place(root, file), text)


def rewrite(path: Path, text: str | bytes) -> None:
    """Write a file in place, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def image(*files: str) -> Edit:
    """New images, each with pixels of its own."""

    def edit(root: Path) -> None:
        for number, file in enumerate(files):
            suffix = Path(file).suffix.lower() or '.png'
            rewrite(root / file, encode(number, suffix))

    return edit


def encode(seed: int, suffix: str = '.png', size: int = 8) -> bytes:
    """An image file of noise that the seed chooses."""
    pixels = np.random.default_rng(900 + seed).integers(
        0, 256, (size, size, 3), np.uint8
    )
    return cv2.imencode(suffix, pixels)[1].tobytes()


def empty(*files: str) -> Edit:
    """Files of no bytes."""
    return each(*(text(file, b'') for file in files))


def remove(*files: str) -> Edit:
    """Files or folders that are no more; ``*`` is a wild card."""

    def edit(root: Path) -> None:
        for file in files:
            paths = list(root.glob(file))
            assert paths, f'{root} holds no {file}'
            for path in paths:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return edit


def move(old: str, new: str) -> Edit:
    """A file or a folder in another place, also inside itself."""

    def edit(root: Path) -> None:
        aside = root / '.aside'
        (root / old).rename(aside)
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        aside.rename(root / new)

    return edit


def rename(names: Mapping[str, str]) -> Edit:
    """Other names for folders, wherever they lie."""

    def edit(root: Path) -> None:
        paths = [p for p in root.rglob('*') if p.is_dir() and p.name in names]
        assert paths, f'{root} holds none of {names}'
        for path in paths:
            path.rename(path.with_name(f'new {names[path.name]}'))
        for path in root.rglob('new *'):
            path.rename(path.with_name(path.name.removeprefix('new ')))

    return edit


def keep(file: str, pattern: str) -> Edit:
    """Only those lines of a text file that match."""

    def edit(root: Path) -> None:
        path = place(root, file)
        lines = path.read_text().splitlines()
        own = [line for line in lines if re.search(pattern, line)]
        assert 0 < len(own) < len(lines), f'{pattern}: {len(own)} lines'
        rewrite(path, ''.join(f'{line}\n' for line in own))

    return edit


def copy(old: str, new: str) -> Edit:
    """A file, or a folder with all that it holds, once more."""

    def edit(root: Path) -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        how = shutil.copytree if (root / old).is_dir() else shutil.copy
        how(root / old, root / new)

    return edit


def each(*edits: Edit) -> Edit:
    """One after the other."""

    def edit(root: Path) -> None:
        for one in edits:
            one(root)

    return edit
