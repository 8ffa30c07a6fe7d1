"""Which images are there twice, and in which splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.programs.audit.pairs import NearDuplicate, find_alike
from csgresnet_mm.programs.audit.scan import Scan


class ExactGroup(NamedTuple):
    """Images of the same content, by their number in the scan."""

    images: tuple[int, ...]
    across: bool
    disagree: bool


class NearPair(NamedTuple):
    """Two images that show the same picture, encoded in two ways.

    ``same_subject`` says that both belong to one group of one split: frames
    of one subject, faces of one photograph.
    """

    images: tuple[int, int]
    near: NearDuplicate
    across: bool
    disagree: bool
    same_subject: bool


class Duplicates(NamedTuple):
    """All that was found; ``complete`` is False where the search stopped."""

    exact: list[ExactGroup]
    near: list[NearPair]
    complete: bool


class SplitMembership:
    """Which split, class and group each image belongs to.

    Args:
        parts: Of the scan.
        scan: The images.
    """

    def __init__(self, parts: Sequence[Part], scan: Scan) -> None:
        self.loaders = [frozenset(part.loaders) for part in parts]
        self.part: list[int] = scan.part.tolist()
        entries = list(zip(self.part, scan.entry.tolist(), strict=True))
        self.name = [parts[p].names[e] for p, e in entries]
        self.group = [parts[p].groups[e] for p, e in entries]
        self.expression = [
            parts[p].expression(parts[p].labels[e]) for p, e in entries
        ]

    def across(self, images: Sequence[int]) -> bool:
        """Whether two of the images belong to splits that must not mix."""
        found = {self.loaders[self.part[image]] for image in images}
        return any(not (a & b) for a in found for b in found)

    def disagree(self, images: Sequence[int]) -> bool:
        """Whether the images' classes differ."""
        return len({self.expression[image] for image in images}) > 1

    def same_subject(self, first: int, second: int) -> bool:
        """Whether both images are of one known group."""
        ours, theirs = self.group[first], self.group[second]
        return bool(ours) and ours == theirs


def blank_groups(scan: Scan, membership: SplitMembership) -> list[ExactGroup]:
    """Blank images of the same content; :func:`find_duplicates` has none."""
    return _exact_groups(_by_content(scan, scan.blank), membership)


def twins(
    exact: Sequence[ExactGroup],
    membership: SplitMembership,
    parts: Sequence[Part],
) -> dict[str, int]:
    """How many images of each other part have an identical one in train.

    Returns:
        Name of a part to that number, where it is not 0.
    """
    counts: Counter[str] = Counter()
    for group in exact:
        owners = [parts[membership.part[image]] for image in group.images]
        if any('train' in part.loaders for part in owners):
            counts.update(
                part.name for part in owners if 'train' not in part.loaders
            )
    return dict(counts)


def _by_content(
    scan: Scan, chosen: NDArray[np.bool_]
) -> dict[bytes, list[int]]:
    groups: dict[bytes, list[int]] = {}
    for image in np.flatnonzero(chosen).tolist():
        groups.setdefault(scan.key[image], []).append(image)
    return groups


def _exact_groups(
    groups: dict[bytes, list[int]], membership: SplitMembership
) -> list[ExactGroup]:
    return [
        ExactGroup(
            tuple(images),
            membership.across(images),
            membership.disagree(images),
        )
        for images in groups.values()
        if len(images) > 1
    ]


def find_duplicates(scan: Scan, membership: SplitMembership) -> Duplicates:
    """All exact and near duplicates of readable images.

    Blank images are left out: all look alike.
    """
    usable = ~scan.blank
    usable[list(scan.unreadable)] = False
    groups = _by_content(scan, usable)
    exact = _exact_groups(groups, membership)
    chosen, content = _representatives(groups, membership)
    alike, complete = find_alike(scan.hashes[chosen], scan.cells[chosen])
    near = []
    for pair in alike:
        if content[pair.first] == content[pair.second]:
            continue
        images = (int(chosen[pair.first]), int(chosen[pair.second]))
        across = membership.across(images)
        near.append(
            NearPair(
                images,
                pair,
                across,
                membership.disagree(images),
                membership.same_subject(*images) and not across,
            )
        )
    return Duplicates(exact, near, complete)


def _representatives(
    groups: dict[bytes, list[int]], membership: SplitMembership
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One image of each content, split and class; and its content's number."""
    chosen: list[int] = []
    content: list[int] = []
    for number, images in enumerate(groups.values()):
        kept: dict[tuple[int, str], int] = {}
        for image in images:
            side = (membership.part[image], membership.expression[image])
            kept.setdefault(side, image)
        chosen += kept.values()
        content += [number] * len(kept)
    return np.array(chosen, np.int64), np.array(content, np.int64)


def shared_groups(membership: SplitMembership) -> dict[str, list[int]]:
    """Groups (subjects, photographs) that occur in splits that must not mix.

    Returns:
        Group to an image of each part in which it occurs.
    """
    first: dict[str, dict[int, int]] = {}
    for image, group in enumerate(membership.group):
        if group:
            first.setdefault(group, {}).setdefault(
                membership.part[image], image
            )
    return {
        group: list(images.values())
        for group, images in first.items()
        if membership.across(list(images.values()))
    }
