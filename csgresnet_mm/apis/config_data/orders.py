"""What the numbers of a data set's classes mean, by name and by count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from csgresnet_mm.datasets import FERDataset
from csgresnet_mm.datasets.reading.names import ORDERS, find_expression


class OrderPrint(NamedTuple):
    """The class order of a data set.

    ``names`` are canonical expressions where the class is one; ``digest``
    is the same for two data sets that number their classes alike; ``known``
    names the data sets that do so.
    """

    names: tuple[str, ...]
    digest: str
    known: tuple[str, ...]


class Reference(NamedTuple):
    """The published counts of one split of one data set."""

    kind: str
    split: str
    names: tuple[str, ...]
    counts: tuple[int, ...]


def canonical(name: str) -> str:
    """The expression of a class name, or the name itself in lower case."""
    return find_expression(name) or name.strip().lower()


def order_print(classes: Sequence[str]) -> OrderPrint:
    """Fingerprint of an order of classes.

    A known order counts without contempt and neutral, where the data has
    none: seven classes of AffectNet are in AffectNet's order. A few classes
    are in no known one, whatever their order: chance would find one.

    >>> order_print(['Angry', 'Joy']).names
    ('anger', 'happiness')
    """
    names = tuple(map(canonical, classes))
    text = '\0'.join(names).encode('utf-8', 'surrogateescape')
    known = tuple(
        name
        for name, order in ORDERS.items()
        if tuple(item for item in order if item in names) == names
        and {'contempt', 'neutral'} >= set(order) - set(names)
    )
    if not known:
        known = tuple(
            kind.__name__
            for kind in _kinds(FERDataset)
            if tuple(map(canonical, kind.METAINFO['classes'])) == names
        )
    return OrderPrint(
        names, hashlib.blake2b(text, digest_size=6).hexdigest(), known
    )


def _kinds(base: type[FERDataset]) -> Iterator[type[FERDataset]]:
    for kind in base.__subclasses__():
        if 'classes' in kind.METAINFO:  # not a base of several
            yield kind
        yield from _kinds(kind)


def references() -> list[Reference]:
    """The published counts of every data set that is known here."""
    return [
        Reference(
            kind.__name__,
            split,
            tuple(map(canonical, kind.METAINFO['classes'])),
            tuple(counts),
        )
        for kind in _kinds(FERDataset)
        for split, counts in kind.PUBLISHED.items()
        if len(kind.METAINFO['classes']) == len(counts)
    ]


def find_by_counts(
    counts: Sequence[int], known: Sequence[Reference]
) -> list[tuple[Reference, tuple[str, ...]]]:
    """Splits that have these counts, in any order of the classes.

    Counts that occur twice in a split say nothing of the order, so such a
    split is never found.

    Args:
        counts: Of the classes, in the data set's own order.
        known: See :func:`references`.

    Returns:
        Each reference with the names that its counts give to the classes, in
        the data set's own order.
    """
    found = []
    for reference in known:
        if len(set(reference.counts)) < len(reference.counts):
            continue
        if sorted(reference.counts) == sorted(counts):
            name_of = dict(zip(reference.counts, reference.names, strict=True))
            names = tuple(name_of[count] for count in counts)
            found.append((reference, names))
    return found
