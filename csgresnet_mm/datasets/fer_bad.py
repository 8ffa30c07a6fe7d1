"""FER2013's blank rows and exact copies, for those who leave them out."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from .fer_block import Images
from .fer_csv import Table

KNOWN_BLANK = (
    59,
    6458,
    7629,
    10423,
    11286,
    13148,
    13402,
    13988,
    15894,
    22198,
    22927,
    28601,
)
"""Rows, from 0, that hold no face; all but the first are of one grey."""
OFFICIAL_ROWS = 35887


class BadRows(NamedTuple):
    """Rows that hold no face, copies, and copies with another label."""

    blank: set[int]
    copies: set[int]
    relabelled: set[int]


def find_bad_rows(table: Table, images: Images) -> BadRows:
    """Find blank rows, and of equal images all but one.

    The one that stays is of PrivateTest if there is one, else of PublicTest,
    and the first of these: the test part loses least, and no training image
    stays that is in it.

    Args:
        table: With usages.
        images: (N, 48, 48), its rows.
    """
    blank = {
        row
        for row in range(len(images))
        if images[row].min() == images[row].max()
    }
    if len(images) == OFFICIAL_ROWS:
        blank |= set(KNOWN_BLANK)
    labels = table.labels.tolist()
    usages = table.usages.tolist()
    kept: dict[bytes, int] = {}
    copies = set()
    relabelled = set()
    for row in sorted(range(len(images)), key=lambda i: (-usages[i], i)):
        if row in blank or labels[row] < 0:
            continue
        digest = hashlib.blake2b(images[row], digest_size=16).digest()
        first = kept.setdefault(digest, row)
        if first != row:
            copies.add(row)
            if labels[first] != labels[row]:
                relabelled.add(row)
    return BadRows(blank, copies, relabelled)
