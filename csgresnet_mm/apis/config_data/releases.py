"""Which release of which data set lies on disk.

Only counts and names show it: altered copies go round under the names of the
original sets, and one pack named "ferplus" is RAF-DB.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from csgresnet_mm.apis.config_data.orders import Reference, find_by_counts
from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.datasets.rafdb.names import rafdb_key
from csgresnet_mm.datasets.reading.files import image_stem
from csgresnet_mm.datasets.reading.known_copies import (
    FAMILIES,
    Kind,
    find_repack,
)

MOST = 0.9
"""Part of the images whose names say which set they are of."""


class Release(NamedTuple):
    """A verdict and its reasons."""

    kind: Kind
    text: str


def identify(
    parts: Sequence[Part], known: Sequence[Reference]
) -> dict[str, Release]:
    """What each data set of a config seems to be.

    Args:
        parts: All that were opened.
        known: See :func:`~.orders.references`.

    Returns:
        Class and root of a data set to the verdict.
    """
    sets: dict[str, list[Part]] = {}
    for part in parts:
        sets.setdefault(f'{part.kind} {part.root}', []).append(part)
    return {name: _identify(members, known) for name, members in sets.items()}


class Comparison(NamedTuple):
    """A split as it was published, and as it is here."""

    name: str
    kind: str
    found: tuple[int, ...]
    published: tuple[int, ...] | None

    @property
    def same(self) -> bool:
        """Whether all counts are the published ones."""
        return self.found == self.published


def compare(parts: Sequence[Part]) -> list[Comparison]:
    """Each part with what was published; split ones put together again.

    A part of a split whose other part was not opened is left out.
    """
    found = []
    members_of: dict[object, list[Part]] = {}
    for part in parts:
        if part.split_off is None:
            row = Comparison(part.name, part.kind, part.counts, part.published)
            found.append(row)
        else:
            whole = (part.kind, part.root, part.source, part.split_off)
            members_of.setdefault(whole, []).append(part)
    for members in members_of.values():
        if {part.split for part in members} == {'train', 'val'}:
            counts = zip(*(part.counts for part in members), strict=True)
            row = Comparison(
                ' + '.join(part.name for part in members),
                members[0].kind,
                tuple(map(sum, counts)),
                members[0].published,
            )
            found.append(row)
    return found


def _identify(parts: Sequence[Part], known: Sequence[Reference]) -> Release:
    kind = parts[0].kind
    if kind == 'DemoFaces':
        return Release(Kind.GENERATED, 'faces drawn by a program')
    stems = [
        image_stem(os.path.basename(name))
        for part in parts
        for name in part.names
    ]
    if not stems:
        return Release(Kind.UNKNOWN, 'no image')
    rows = compare(parts)
    other = _other_by_names(kind, stems) or _other_by_counts(rows, known)
    if other is not None:
        if not parts[0].ours:  # it claims to be nothing in particular
            return Release(Kind.UNKNOWN, other.text)
        return other
    totals = {part.split: len(part) for part in parts}
    repack = find_repack(kind, totals)
    if repack is not None:
        return Release(repack.kind, repack.text)
    odd = _odd_names(kind, stems)
    if rows and all(row.same for row in rows) and odd in (0, len(stems)):
        if odd:
            return Release(
                Kind.REPACK, 'the published counts under other names'
            )
        return Release(Kind.OFFICIAL, 'exactly the published counts')
    if odd:
        return Release(
            Kind.ALTERED,
            f'{odd} of {len(stems)} names are not among those of the set',
        )
    return _by_own_counts(rows) or _by_total(parts)


def _by_own_counts(rows: Sequence[Comparison]) -> Release | None:
    """A verdict, if counts were published of one of the splits."""
    differences = [
        count - expected
        for row in rows
        if row.published is not None
        for count, expected in zip(row.found, row.published, strict=True)
    ]
    if not differences:
        return None
    surplus = sum(n for n in differences if n > 0)
    missing = -sum(n for n in differences if n < 0)
    if not surplus and not missing:
        names = [row.name for row in rows if row.published is not None]
        return Release(
            Kind.OFFICIAL,
            f'{", ".join(names)}: exactly the published counts',
        )
    if surplus == missing:
        return Release(
            Kind.RELABELLED,
            f'as published but for {surplus} labels',
        )
    if surplus:
        return Release(
            Kind.ALTERED,
            f'{surplus} images more than published in some classes, '
            f'{missing} fewer in others',
        )
    return Release(Kind.INCOMPLETE, f'{missing} images fewer than published')


def _by_total(parts: Sequence[Part]) -> Release:
    """Some readers know the number of all images only, and report it."""
    if any(part.miscounted for part in parts):
        return Release(
            Kind.DIFFERENT, 'not the published number of images, see there'
        )
    return Release(
        Kind.UNKNOWN,
        'no published counts by class to compare these splits with',
    )


def _other_by_names(kind: str, stems: Sequence[str]) -> Release | None:
    """Whether the names are those of another set."""
    for family, (kinds, matches) in FAMILIES.items():
        count = sum(map(matches, stems))
        if kind not in kinds and count >= MOST * len(stems):
            return Release(
                Kind.OTHER,
                f'this is really {family}: {count} of {len(stems)} images '
                'carry its names',
            )
    return None


def _other_by_counts(
    rows: Sequence[Comparison], known: Sequence[Reference]
) -> Release | None:
    """Whether a split has exactly the counts of another set's split."""
    for row in rows:
        if row.same:
            continue
        for reference, _ in find_by_counts(row.found, known):
            if reference.kind != row.kind:
                return Release(
                    Kind.OTHER,
                    f'this is really {reference.kind}: {row.name} has the '
                    f'published counts of its {reference.split}',
                )
    return None


def _odd_names(kind: str, stems: Sequence[str]) -> int:
    """How many names are none of the set's own; 0 where any name may be."""
    if kind == 'RAFDB':
        return sum(rafdb_key(stem) is None for stem in stems)
    return 0
