"""FER2013's blank rows and exact copies, for those who leave them out."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .block import Images
from .csv_file import CsvRows

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
    """Masks of rows without a face, copies, and copies with another label."""

    blank: NDArray[np.bool_]
    copies: NDArray[np.bool_]
    relabelled: NDArray[np.bool_]


def find_bad_rows(parsed: CsvRows, images: Images) -> BadRows:
    """Find blank rows, and of equal images all but one.

    The one that stays is of PrivateTest if there is one, else of PublicTest,
    and the first of these: the test part loses least, and no training image
    stays that is in it.

    Args:
        parsed: With usages.
        images: (N, 48, 48), its rows.
    """
    blank = images.min(axis=(1, 2)) == images.max(axis=(1, 2))
    if len(images) == OFFICIAL_ROWS:
        blank[list(KNOWN_BLANK)] = True
    labels = parsed.labels
    first = np.arange(len(images))
    row_of: dict[bytes, int] = {}
    for row in np.argsort(-parsed.usages, kind='stable').tolist():
        if not blank[row] and labels[row] >= 0:
            digest = hashlib.blake2b(images[row], digest_size=16).digest()
            first[row] = row_of.setdefault(digest, row)
    copies = first != np.arange(len(images))
    return BadRows(blank, copies, copies & (labels[first] != labels))
