"""What a numbered class folder means.

The numbers 0..6 are used in several orders, so the numbers alone say
nothing. An order is taken from the exact published count of every class, or
from the user; counts that are merely near prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import DatasetError
from .names import ORDERS, find_class

KNOWN_ORDERS: Mapping[str, tuple[str, ...]] = {
    'rafdb': ORDERS['rafdb'],
    'affectnet': ORDERS['affectnet'][:7],
    'neutral-first': (
        'neutral',
        'happiness',
        'sadness',
        'surprise',
        'fear',
        'anger',
        'disgust',
    ),
    'happy-first': (
        'happiness',
        'surprise',
        'sadness',
        'anger',
        'disgust',
        'fear',
        'neutral',
    ),
}
"""Name to the classes of the folders, lowest number first: all in use."""

Counts = Mapping[int, int]


def resolve_order(
    order: str | Sequence[str], classes: Sequence[str]
) -> tuple[int, ...]:
    """``folder_order=`` to class indices, lowest folder number first.

    Args:
        order: A key of :data:`KNOWN_ORDERS` or a list of class names.
        classes: The data set's classes.

    Raises:
        ValueError: An unknown order or name, or not every class once.
    """
    if isinstance(order, str):
        if order not in KNOWN_ORDERS:
            raise ValueError(
                f'folder_order={order!r} is unknown; known orders: '
                f'{", ".join(KNOWN_ORDERS)}, or a list of class names'
            )
        order = KNOWN_ORDERS[order]
    indices = [find_class(name, classes) for name in order]
    if sorted(index for index in indices if index is not None) != list(
        range(len(classes))
    ) or len(indices) != len(classes):
        raise ValueError(
            f'folder_order={list(order)} does not name each of '
            f'{list(classes)} once'
        )
    return tuple(index for index in indices if index is not None)


def prove_order(
    counts: Counts, published: Mapping[str, Sequence[int]]
) -> tuple[int, ...] | None:
    """The order that the exact published counts prove, or None.

    Args:
        counts: Folder number to the number of its images.
        published: Split to the published count of each class.

    Returns:
        Class indices, lowest folder number first, if the counts are those
        of one published split and no two classes have the same count.
    """
    for reference in published.values():
        if len(set(reference)) != len(reference):
            continue
        if sorted(counts.values()) == sorted(reference):
            class_of = {n: index for index, n in enumerate(reference)}
            return tuple(class_of[counts[key]] for key in sorted(counts))
    return None


def prove_from_splits(
    counts: Mapping[str, Counts], published: Mapping[str, Sequence[int]]
) -> tuple[int, ...] | None:
    """The order that at least one split proves and none contradicts.

    Raises:
        DatasetError: Two splits prove different orders.
    """
    proofs = {
        split: order
        for split, of_split in counts.items()
        if (order := prove_order(of_split, published)) is not None
    }
    if len(set(proofs.values())) > 1:
        raise DatasetError(
            f'the splits number their class folders differently: {proofs}'
        )
    return next(iter(proofs.values()), None)


def order_needed(
    where: object,
    reason: str,
    counts: Mapping[str, Counts],
    published: Mapping[str, Sequence[int]],
) -> DatasetError:
    """The error that asks for ``folder_order=``."""
    known = '; '.join(
        f'{name!r} = {", ".join(order)}'
        for name, order in KNOWN_ORDERS.items()
    )
    found = '; '.join(
        f'{split or "all"}: '
        + ', '.join(f'{key}: {of_split[key]}' for key in sorted(of_split))
        for split, of_split in counts.items()
    )
    expected = '; '.join(
        f'{split} {"/".join(map(str, reference))}'
        for split, reference in published.items()
    )
    return DatasetError(
        f'{where}: what the numbered class folders mean is not known: '
        f'{reason}, and their counts are not exactly the published ones. '
        f'Found {found}. '
        f'Published: {expected}. Set folder_order= to one of the known '
        f'orders ({known}) or to a list of class names'
    )
