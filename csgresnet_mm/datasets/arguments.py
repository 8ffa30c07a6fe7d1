"""Checks of what a data set is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import ON_ERROR
from .names import find_split
from .recognise import Layout


def check_split(split: str, extra: Sequence[str]) -> str:
    """The canonical name of a split.

    Raises:
        ValueError: It is no split, and none of ``extra``.
    """
    known = split if split in extra else find_split(split)
    if known is None:
        more = ''.join(f', {name!r}' for name in extra)
        raise ValueError(
            f"split={split!r} is unknown; expected 'train', 'val' or "
            f"'test'{more}"
        )
    return known


def check_reading(
    root: str, on_error: str, layout: str, layouts: Sequence[Layout]
) -> None:
    """Check what says where and how to read.

    Raises:
        ValueError: An argument is wrong.
    """
    if on_error not in ON_ERROR:
        raise ValueError(
            f'on_error={on_error!r} is unknown; expected one of '
            f'{", ".join(ON_ERROR)}'
        )
    if '://' in root:
        raise ValueError(
            f'data_root={root!r} is a URL; a local folder is expected'
        )
    names = [known.name for known in layouts]
    if layout not in ('auto', *names):
        raise ValueError(
            f"layout={layout!r} is unknown; expected 'auto'"
            f'{"".join(f", {name!r}" for name in names)}'
        )


def check_val_ratio(val_ratio: float) -> None:
    """Check the part that is carved.

    Raises:
        ValueError: It is no part.
    """
    if not 0 <= val_ratio < 1:
        raise ValueError(f'val_ratio={val_ratio} is not in [0, 1)')
