"""Checks of what a data set is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import ON_ERROR
from ..reading.layouts import Layout
from ..reading.names import find_class, find_split


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


def check_choice(name: str, value: object, known: Sequence[object]) -> None:
    """Check an argument that has a few values.

    Raises:
        ValueError: It has none of them.
    """
    if value not in known:
        raise ValueError(
            f'{name}={value!r} is unknown; expected one of '
            f'{", ".join(map(str, known))}'
        )


def check_reading(
    root: str, on_error: str, layout: str, layouts: Sequence[Layout]
) -> None:
    """Check what says where and how to read.

    Raises:
        ValueError: An argument is wrong.
    """
    check_choice('on_error', on_error, ON_ERROR)
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


ACCEPTED = ('indices', 'lazy_init', 'max_refetch', 'serialize_data')
"""Of MMPretrain's arguments, those that are handed on to it."""
_INSTEAD = {
    'ann_file': "lists are found below data_root=; of RAFDB's, label_file= "
    'names another one',
    'data_prefix': 'give the folder of the data set as data_root= and its '
    "part as split=, 'train' say",
    'filter_cfg': 'nothing is filtered by it; indices= takes a part',
    'with_label': 'labels are always read; split= says which part',
    'extensions': 'every known suffix of images is read',
}


def check_others(kind: str, others: Mapping[str, object]) -> None:
    """Refuse MMPretrain's arguments that would be ignored, and unknown ones.

    Args:
        kind: Named in errors.
        others: What the data set does not take itself. An argument with
            nothing in it asks for nothing.

    Raises:
        TypeError: There is one.
    """
    for name, value in others.items():
        if name in ACCEPTED:
            continue
        if name not in _INSTEAD:
            raise TypeError(
                f'{kind} takes no argument {name!r}; its own are in its '
                f'docstring, and of MMPretrain {", ".join(ACCEPTED)}'
            )
        if value not in (None, '', {}, dict(img_path='')):
            raise TypeError(
                f'{kind} takes no {name}= (found {value!r}): {_INSTEAD[name]}'
            )


def check_label_base(label_base: int | str) -> None:
    """Check what the lowest label is said to be.

    Raises:
        ValueError: It is neither 0 nor 1 nor 'auto'.
    """
    if label_base not in ('auto', 0, 1):
        raise ValueError(
            f"label_base={label_base!r} is unknown; expected 'auto', 0 or 1"
        )


def check_names(kind: str, given: Sequence[str], names: Sequence[str]) -> None:
    """Refuse known classes in another place: labels would lie.

    Args:
        kind: Named in errors.
        given: Names to show for the classes.
        names: The classes, in the order of their labels.

    Raises:
        ValueError: One is in another place, or there are not as many.
    """
    labels = [find_class(name, names) for name in given]
    if any(label not in (None, place) for place, label in enumerate(labels)):
        raise ValueError(
            f'classes={list(given)} are those of {kind} in another order; '
            f'names do not move labels, whose order is {list(names)}: use '
            'class_order='
        )
    if len(given) != len(names):
        raise ValueError(
            f'classes={list(given)} are not {len(names)} names, one for each '
            f'of {list(names)}'
        )


def check_val_ratio(val_ratio: float) -> None:
    """Check the part that is split off.

    Raises:
        ValueError: It is no part.
    """
    if not 0 <= val_ratio < 1:
        raise ValueError(f'val_ratio={val_ratio} is not in [0, 1)')
