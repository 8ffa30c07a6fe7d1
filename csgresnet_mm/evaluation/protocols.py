"""Which epoch of a run is reported, and what the choice is worth.

A curve is a list of ``{'epoch': 1.., 'loss': ..., 'top1': percent, 'split':
'test' or 'val'}``, one entry an epoch, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from csgresnet_mm.evaluation.intervals import MeanInterval, mean_interval

LAST = 'last'
"""The last epoch, whatever the curve says."""
BEST = 'best'
"""The best epoch on test: the test set chose it, so it is optimistic."""
HONEST = 'honest'
"""The best epoch on val; test is read once, after training. The word is that
of files and keys; people read *val-selected*."""
PROTOCOLS = (LAST, BEST, HONEST)
TITLES = {LAST: 'last', BEST: 'best', HONEST: 'val-selected'}
"""Protocol to the word that people read."""

Curve = Sequence[Mapping[str, Any]]


def find_protocol(word: str) -> str:
    """The protocol of a word, its own or the one that people read.

    Raises:
        ValueError: There is none.
    """
    for protocol, title in TITLES.items():
        if word in (protocol, title):
            return protocol
    raise ValueError(
        f'protocol={word!r}; expected one of {", ".join(TITLES.values())}'
    )


def choose_epoch(curve: Curve, protocol: str) -> int:
    """The epoch that a protocol reports, from 1; of equal ones the first.

    Args:
        curve: Of one run. ``best`` needs one of test, ``honest`` one of val.
        protocol: One of :data:`PROTOCOLS`.

    Raises:
        ValueError: There is no such protocol; the curve is empty, its
            epochs are not 1, 2, ..., or it is of another split.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(
            f'protocol={protocol!r}; expected one of {", ".join(PROTOCOLS)}'
        )
    epochs = [entry['epoch'] for entry in curve]
    if not epochs or epochs != list(range(1, len(epochs) + 1)):
        raise ValueError(f'epochs {epochs}; expected 1, 2, ... without a gap')
    if protocol == LAST:
        return epochs[-1]
    wanted = 'test' if protocol == BEST else 'val'
    splits = sorted({entry['split'] for entry in curve})
    if splits != [wanted]:
        raise ValueError(
            f'protocol {protocol}: a curve of {", ".join(splits)}; expected '
            f'one of {wanted}'
        )
    # max gives the first of equal ones
    return max(curve, key=lambda entry: entry['top1'])['epoch']


def inflation(
    optimistic: Sequence[float], reference: Sequence[float]
) -> MeanInterval:
    """How much higher one protocol's accuracy is than another's.

    Args:
        optimistic: Percent, one a seed.
        reference: Percent, of the same seeds in the same order.

    Returns:
        Of the differences, in points, seed by seed.

    Raises:
        ValueError: The numbers of seeds differ, or are 0.
    """
    if len(optimistic) != len(reference):
        raise ValueError(
            f'{len(optimistic)} seeds against {len(reference)}; expected the '
            'same seeds'
        )
    return mean_interval(
        [x - y for x, y in zip(optimistic, reference, strict=True)]
    )
