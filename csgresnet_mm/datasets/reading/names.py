"""Names of classes and splits as people write them: the one alias table.

Every data set keeps its own order of classes; a name is only ever mapped to
a canonical expression, and from there to the data set's own index. Nothing
is mapped by the position of a sorted folder name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    'anger': ('anger', 'angry'),
    'contempt': ('contempt', 'contemptuous', 'contemptous'),
    'disgust': ('disgust', 'disgusted', 'digust'),
    'fear': ('fear', 'fearful', 'afraid', 'scared'),
    'happiness': ('happiness', 'happy', 'joy', 'happyness', 'happines'),
    'neutral': ('neutral', 'neutrality', 'nuetral'),
    'sadness': ('sadness', 'sad'),
    'surprise': ('surprise', 'surprised', 'suprise', 'suprised'),
}
"""Canonical expression to its spellings (any case), itself included."""

SPLITS: Mapping[str, tuple[str, ...]] = {
    'train': ('train', 'training'),
    'val': ('val', 'valid', 'validation', 'publictest', 'public test'),
    'test': ('test', 'testing', 'privatetest', 'private test'),
}
"""Canonical split to its words (any case); the last are FER2013's."""

_SPLIT_ENDS = ('set', 'data', 'images', 'image', 'imgs', 'faces')
"""What may follow a split's word: ``train_set``, ``TestImages``."""
_CLASS_ENDS = frozenset(
    ('class', 'face', 'faces', 'image', 'images', 'img', 'imgs', 'set')
)
"""What may stand beside a class's word, as a number may: ``3_happy``."""
_SEPARATORS = re.compile(r'[\s_.()-]+')
_NUMBER_FIRST = re.compile(r'([0-9]+)(?=[a-z])')

_ALPHABETICAL = (
    'anger',
    'disgust',
    'fear',
    'happiness',
    'neutral',
    'sadness',
    'surprise',
)
ORDERS: Mapping[str, tuple[str, ...]] = {
    'rafdb': (
        'surprise',
        'fear',
        'disgust',
        'happiness',
        'sadness',
        'anger',
        'neutral',
    ),
    'fer2013': (
        'anger',
        'disgust',
        'fear',
        'happiness',
        'sadness',
        'surprise',
        'neutral',
    ),
    'ferplus': (
        'neutral',
        'happiness',
        'surprise',
        'sadness',
        'anger',
        'disgust',
        'fear',
        'contempt',
    ),
    'affectnet': (
        'neutral',
        'happiness',
        'sadness',
        'surprise',
        'fear',
        'disgust',
        'anger',
        'contempt',
    ),
    'sfew': _ALPHABETICAL,
    'ckplus': (
        'neutral',
        'anger',
        'contempt',
        'disgust',
        'fear',
        'happiness',
        'sadness',
        'surprise',
    ),
    'kdef': (
        'fear',
        'anger',
        'disgust',
        'happiness',
        'neutral',
        'sadness',
        'surprise',
    ),
    'jaffe': _ALPHABETICAL,
}
"""Data set to its own order of classes; ExpW has FER2013's."""


def _inverse(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {alias: key for key, names in table.items() for alias in names}


_EXPRESSION_OF = _inverse(EXPRESSIONS)
_SPLIT_OF = {
    f'{word}{end}': split
    for word, split in _inverse(SPLITS).items()
    for end in ('', *_SPLIT_ENDS, *(f' {end}' for end in _SPLIT_ENDS))
}


@functools.lru_cache(maxsize=4096)
def find_expression(name: str) -> str | None:
    """Canonical expression of a class name, or None if it is unknown.

    A number and words such as ``images`` may stand beside the one word that
    is an expression; any other word makes the name unknown.

    >>> find_expression('Happy'), find_expression('suprise')
    ('happiness', 'surprise')
    >>> find_expression('3_Happy'), find_expression('sad images (2)')
    ('happiness', 'sadness')
    >>> find_expression('Sadly-Angry') is None
    True
    """
    text = name.strip().lower()
    if text in _EXPRESSION_OF:
        return _EXPRESSION_OF[text]
    words = _SEPARATORS.split(_NUMBER_FIRST.sub(r'\1 ', text))
    left = [
        word
        for word in words
        if word and not word.isdecimal() and word not in _CLASS_ENDS
    ]
    return _EXPRESSION_OF.get(left[0]) if len(left) == 1 else None


@functools.lru_cache(maxsize=4096)
def find_split(name: str) -> str | None:
    """Canonical split of the name of a folder, file, column or argument.

    None if it is unknown. A word such as ``set`` may follow, with or without
    a separator, which may also stand in ``public_test``.

    >>> find_split('valid'), find_split('Training'), find_split('images')
    ('val', 'train', None)
    >>> find_split('train_set'), find_split('Test Images')
    ('train', 'test')
    >>> find_split('Private-Test')
    'test'
    """
    return _SPLIT_OF.get(_SEPARATORS.sub(' ', name.lower()).strip())


def find_class(name: str, classes: Sequence[str]) -> int | None:
    """Index of a class name in ``classes``, through the alias table.

    A name that is no expression is found by its very spelling only.

    >>> find_class('joy', ('Surprise', 'Happiness'))
    1
    >>> find_class('Sadly-Angry', ('Sadly-Fearful', 'Sadly-Angry'))
    1
    """
    expression = find_expression(name)
    if expression is None:
        return classes.index(name) if name in classes else None
    for index, own in enumerate(classes):
        if find_expression(own) == expression:
            return index
    return None


def resolve_class_order(
    order: str | Sequence[str], native: Sequence[str]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """``class_order=`` to class names, and where each native class is.

    Args:
        order: A key of :data:`ORDERS`, or class names. Of a known order,
            contempt and neutral are left out where the data has none.
        native: The data set's own classes.

    Returns:
        The classes in the new order, and the new label of each native one.

    Raises:
        ValueError: An unknown order, or a native class is not in it.
    """
    if isinstance(order, str):
        if order not in ORDERS:
            raise ValueError(
                f'class_order={order!r} is unknown; expected one of '
                f'{", ".join(ORDERS)}, or a list of class names'
            )
        names = tuple(
            name
            for name in ORDERS[order]
            if name not in ('contempt', 'neutral')
            or find_class(name, native) is not None
        )
    else:
        names = tuple(order)
    positions = [_position(name, names) for name in native]
    if None in positions or len(set(positions)) != len(native):
        raise ValueError(
            f'class_order={order!r} ({list(names)}) does not name each of '
            f'{list(native)} once'
        )
    return names, tuple(index for index in positions if index is not None)


def _position(name: str, names: Sequence[str]) -> int | None:
    """Like :func:`find_class`, or by the very name for other classes."""
    if name in names:
        return names.index(name)
    return find_class(name, names)
