"""Names of classes and splits as people write them: the one alias table.

Every data set keeps its own order of classes; a name is only ever mapped to
a canonical expression, and from there to the data set's own index. Nothing
is mapped by the position of a sorted folder name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    'anger': ('anger', 'angry'),
    'contempt': ('contempt', 'contemptuous'),
    'disgust': ('disgust', 'disgusted'),
    'fear': ('fear', 'fearful', 'afraid'),
    'happiness': ('happiness', 'happy', 'joy'),
    'neutral': ('neutral',),
    'sadness': ('sadness', 'sad'),
    'surprise': ('surprise', 'surprised', 'suprise'),
}
"""Canonical expression to its spellings (any case), itself included."""

SPLITS: Mapping[str, tuple[str, ...]] = {
    'train': ('train', 'training', 'train_set'),
    'val': ('val', 'valid', 'validation', 'val_set', 'valid_set'),
    'test': ('test',),
}
"""Canonical split to its spellings (any case), itself included."""


def _inverse(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {alias: key for key, names in table.items() for alias in names}


_EXPRESSION_OF = _inverse(EXPRESSIONS)
_SPLIT_OF = _inverse(SPLITS)


def find_expression(name: str) -> str | None:
    """Canonical expression of a class name, or None if it is unknown.

    >>> find_expression('Happy'), find_expression('suprise')
    ('happiness', 'surprise')
    """
    return _EXPRESSION_OF.get(name.strip().lower())


def find_split(name: str) -> str | None:
    """Canonical split of a folder or argument name, or None if unknown.

    >>> find_split('valid'), find_split('Training'), find_split('images')
    ('val', 'train', None)
    """
    return _SPLIT_OF.get(name.strip().lower())


def find_class(name: str, classes: Sequence[str]) -> int | None:
    """Index of a class name in ``classes``, through the alias table.

    >>> find_class('joy', ('Surprise', 'Happiness'))
    1
    """
    expression = find_expression(name)
    if expression is None:
        return None
    for index, own in enumerate(classes):
        if find_expression(own) == expression:
            return index
    return None
