"""The one table of releases and repackings that go round.

Readers warn by it, and the audit gives its verdicts by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a release seems to be."""

    OFFICIAL = 'official'
    REPACK = 'known repack'
    ALTERED = 'altered copy'
    RELABELLED = 'other labels'
    INCOMPLETE = 'incomplete'
    DIFFERENT = 'other counts'
    OTHER = 'another data set'
    GENERATED = 'generated'
    UNKNOWN = 'unknown'


class Repack(NamedTuple):
    """Number of images of those splits that show it; '' is all together."""

    dataset: str
    totals: Mapping[str, range]
    text: str
    kind: Kind = Kind.REPACK

    def matches(self, totals: Mapping[str, int]) -> bool:
        """Whether the splits that are there have its numbers of images."""
        counts = dict(totals, **{'': sum(totals.values())})
        there = self.totals.keys() & counts.keys()
        return bool(there) and all(
            counts[split] in self.totals[split] for split in there
        )


def _exactly(**totals: int) -> dict[str, range]:
    return {split: range(n, n + 1) for split, n in totals.items()}


REPACKS = (
    Repack(
        'RAFDB',
        _exactly(train=12175, test=3031),
        'the copy with 12,175 and 3,031 images',
        Kind.ALTERED,
    ),
    Repack(
        'RAFDB',
        {'': range(20471, 20472)},
        'the copy with 20,471 images',
        Kind.ALTERED,
    ),
    Repack(
        'FER2013',
        _exactly(test=7178),
        'the folders whose test holds both official test halves: results are '
        'comparable with neither half',
    ),
    Repack(
        'FER2013',
        _exactly(train=28821, val=7066),
        'images/{train,validation}, which is not the official split',
    ),
    Repack(
        'FERPlus',
        _exactly(train=66379, val=8341, test=3579),
        'the folders whose train and val are augmented',
        Kind.ALTERED,
    ),
    Repack(
        'AffectNet',
        _exactly(train=17101, val=5406, test=2755),
        'the sample in YOLO format: never comparable with AffectNet results',
    ),
    Repack(
        'AffectNet',
        {'': range(27000, 31000)},
        'one of the samples of about 29,000 images: never comparable with '
        'AffectNet results',
    ),
    Repack(
        'CKPlus',
        {'': range(920, 921)},
        'the CSV of 920 images, which knows no subjects',
    ),
)

WHOLE: Mapping[str, int] = {'AffectNet': 100_000}
"""Data set to a number of images; a copy with fewer is a sample of it."""


def sample_of(dataset: str, where: object, count: int) -> str:
    """What is said of a copy that is only a sample of a data set."""
    return (
        f'{where}: a sample ({count} images), not {dataset}: results on it '
        f'are never comparable with those on {dataset}'
    )


def find_repack(dataset: str, totals: Mapping[str, int]) -> Repack | None:
    """The repack of a data set with these numbers of images, if one is known.

    Args:
        dataset: Its class.
        totals: Split to number of images.
    """
    return next(
        (
            repack
            for repack in REPACKS
            if repack.dataset == dataset and repack.matches(totals)
        ),
        None,
    )


def exact_totals(dataset: str) -> frozenset[int]:
    """Numbers of images that give an altered copy of a data set away."""
    return frozenset(
        counts[0]
        for repack in REPACKS
        if repack.dataset == dataset and repack.kind is Kind.ALTERED
        for counts in repack.totals.values()
        if len(counts) == 1
    )


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda stem: compiled.fullmatch(stem) is not None


FAMILIES: Mapping[str, tuple[tuple[str, ...], Callable[[str], bool]]] = {
    'RAF-DB': (
        ('RAFDB', 'RAFDBCompound'),
        _matches(r'(train|test)_\d{4,5}(_.*)?'),
    ),
    'FER2013': (
        ('FER2013', 'FERPlus'),
        _matches(r'(Training|PublicTest|PrivateTest)_\d+'),
    ),
    'FER+': (('FERPlus',), _matches(r'fer\d{7}')),
    'CK+': (('CKPlus',), _matches(r'S\d{3}_\d{3}_\d{8}')),
    'KDEF': (('KDEF',), _matches(r'[AB][FM]\d{2}[A-Z]{2}(FL|HL|S|HR|FR)')),
    'JAFFE': (
        ('JAFFE',),
        _matches(r'[A-Z]{2}\.(AN|DI|FE|HA|NE|SA|SU)\d\.\d+'),
    ),
}
"""A family's classes here, and whether a name is one of the family's."""
