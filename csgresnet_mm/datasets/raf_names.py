"""RAF-DB's own file names: train_00001(_aligned).jpg, test_0001....

The prefix says which split an image belongs to, whatever folder or list it
is found in; the number says whether it can be an image of the set at all.
"""

from __future__ import annotations

import re

LAST_NUMBER = {'train': 12271, 'test': 3068}
_NAME = re.compile(r'((train)_([0-9]{5})|(test)_([0-9]{4}))(?:_aligned)?')


def raf_split(stem: str) -> str | None:
    """'train' or 'test' from the prefix of a name, or None.

    >>> raf_split('test_0001_aligned'), raf_split('face7')
    ('test', None)
    """
    for split in LAST_NUMBER:
        if stem.startswith(f'{split}_'):
            return split
    return None


def raf_key(stem: str) -> str | None:
    """The image's name in the set, or None if it is none of the set's.

    >>> raf_key('train_00001_aligned'), raf_key('train_99999')
    ('train_00001', None)
    >>> raf_key('test_0001_aligned_flip') is None
    True
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    split = match[2] or match[4]
    number = int(match[3] or match[5])
    return match[1] if 1 <= number <= LAST_NUMBER[split] else None


def plain_stem(stem: str) -> str:
    """The stem without ``_aligned``: lists and images differ in it."""
    return stem.removesuffix('_aligned')
