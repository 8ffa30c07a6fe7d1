"""RAF-DB's own file names: train_00001(_aligned).jpg, test_0001....

The prefix says which split an image belongs to, whatever folder or list it
is found in; the number says whether it can be an image of the set at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RAFDBNames:
    """The names of the images of one part of RAF-DB.

    Args:
        last: Split to its last number; the first is 1.
        digits: Split to its numbers, as a regular expression.
        shown: For messages.
    """

    last: Mapping[str, int]
    digits: Mapping[str, str]
    shown: str

    def key(self, stem: str) -> str | None:
        """The image's name in the set, or None if it is none of the set's.

        >>> COMPOUND.key('test_0792_aligned'), COMPOUND.key('test_0793')
        ('test_0792', None)
        """
        split = rafdb_split(stem)
        if split is None:
            return None
        name = rf'({split}_({self.digits[split]}))(?:_aligned)?'
        match = re.fullmatch(name, stem)
        if match is None or not 1 <= int(match[2]) <= self.last[split]:
            return None
        return match[1]


BASIC = RAFDBNames(
    {'train': 12271, 'test': 3068},
    {'train': '[0-9]{5}', 'test': '[0-9]{4}'},
    'train_00001..12271 or test_0001..3068',
)
COMPOUND = RAFDBNames(
    {'train': 3162, 'test': 792},
    {'train': '[0-9]{1,5}', 'test': '[0-9]{1,5}'},
    'train_1..3162 or test_1..792',
)
"""How many digits the numbers of the compound set have was not confirmed."""


def rafdb_split(stem: str) -> str | None:
    """'train' or 'test' from the prefix of a name, or None.

    >>> rafdb_split('test_0001_aligned'), rafdb_split('face7')
    ('test', None)
    """
    for split in ('train', 'test'):
        if stem.startswith(f'{split}_'):
            return split
    return None


def rafdb_key(stem: str) -> str | None:
    """The image's name in the basic set, or None if it is none of its.

    >>> rafdb_key('train_00001_aligned'), rafdb_key('train_99999')
    ('train_00001', None)
    >>> rafdb_key('test_0001_aligned_flip') is None
    True
    """
    return BASIC.key(stem)


def is_rafdb_copy(stem: str) -> bool:
    """Whether a name begins as the basic set's do, whatever follows.

    >>> is_rafdb_copy('train_00001_aligned_flip'), is_rafdb_copy('train_7')
    (True, False)
    """
    split = rafdb_split(stem)
    if split is None:
        return False
    name = rf'{split}_{BASIC.digits[split]}(?![0-9])'
    return re.match(name, stem) is not None


def plain_stem(stem: str) -> str:
    """The stem without ``_aligned``: lists and images differ in it."""
    return stem.removesuffix('_aligned')
