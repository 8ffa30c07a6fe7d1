"""What the tests of several data sets share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from csgresnet_mm.datasets.base import FERDataset
from csgresnet_mm.datasets.errors import DatasetError
from csgresnet_mm.datasets.layouts._images import pixels

Found = list[tuple[str, str, int]]


def samples(data: FERDataset) -> list[tuple[str, int]]:
    """(path, label) of every entry."""
    infos = map(data.get_data_info, range(len(data)))
    return [(info['img_path'], info['gt_label']) for info in infos]


def expect(root: Path, found: Found, *splits: str) -> list[tuple[str, int]]:
    """What a reader of these splits must give."""
    return [
        (f'{root}/{path}', label)
        for split, path, label in found
        if split in splits
    ]


def refuse(text: str, build: Callable[..., Any], *args: Any, **kwargs: Any):
    """The error that building raises; it must contain the text."""
    with pytest.raises(DatasetError) as caught:
        build(*args, **kwargs)
    assert text in str(caught.value)
    return str(caught.value)


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    """Replace a text that is in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def edit_line(path: Path, line: int, change: Callable[[str], str]) -> None:
    """Change one line of a file, counted from 1."""
    lines = path.read_text().split('\n')
    lines[line - 1] = change(lines[line - 1])
    path.write_text('\n'.join(lines))


def face(seed: int):
    """The pixels that the writers give to a row."""
    return pixels(seed, 48, grey=True)


def csv_line(label: object, words: Iterable[object], usage: str) -> str:
    """A line with the columns emotion, pixels, Usage."""
    return f'{label},{" ".join(map(str, words))},{usage}'
