"""Which images go on the sheet, the most serious first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import cv2
import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.apis.contact_sheet import Card
from csgresnet_mm.datasets.errors import UnreadableImageError
from csgresnet_mm.programs.audit.pictures import read_face
from csgresnet_mm.programs.audit.report import Audit, printable


def suspicions(audit: Audit) -> list[Card]:
    """A card for each group of duplicates, and for each bad image.

    The kinds take turns, so that the first cards show some of every kind.
    """
    kinds = [
        sorted(cards, key=lambda card: not card.serious)
        for cards in (
            _exact(audit),
            _near(audit),
            _unreadable(audit),
            _shared_groups(audit),
            _blank(audit),
        )
    ]
    turns = zip_longest(*kinds)
    return [card for turn in turns for card in turn if card is not None]


def read_rgb(audit: Audit, image: int) -> NDArray[np.uint8] | None:
    """A face of the scan, RGB (H, W, 3) or grey (H, W); None: unreadable."""
    part = audit.parts[audit.membership.part[image]]
    task = part.tasks[int(audit.scan.entry[image])]
    if not isinstance(task, FileTask):
        return (
            task if task.ndim == 2 else np.ascontiguousarray(task[..., ::-1])
        )
    try:
        return cv2.cvtColor(read_face(task), cv2.COLOR_BGR2RGB)
    except (OSError, UnreadableImageError):
        return None


def _caption(audit: Audit, image: int) -> str:
    part = audit.parts[audit.membership.part[image]]
    label = part.labels[int(audit.scan.entry[image])]
    name = audit.membership.name[image].replace('\\', '/').rpartition('/')[2]
    return printable(f'{part.name}, {part.class_name(label)}: {name}')


def _card(
    audit: Audit, title: str, images: tuple[int, ...], serious: bool
) -> Card:
    captions = tuple(_caption(audit, image) for image in images)
    return Card(title, images, captions, serious)


def _where(across: bool, disagree: bool) -> str:
    return (', across splits' if across else '') + (
        ', labels disagree' if disagree else ''
    )


def _exact(audit: Audit) -> Iterator[Card]:
    for group in audit.duplicates.exact:
        first = group.images[0]
        # the one that says most: on another side, or of another class
        second = max(
            group.images[1:],
            key=lambda image: (
                audit.membership.across((first, image)),
                audit.membership.disagree((first, image)),
            ),
        )
        more = len(group.images) - 2
        title = (
            f'the same{_where(group.across, group.disagree)}'
            f'{f", {more} more" if more else ""}'
        )
        serious = group.across or group.disagree
        yield _card(audit, title, (first, second), serious)


def _near(audit: Audit) -> Iterator[Card]:
    for pair in audit.duplicates.near:
        if pair.same_subject:
            continue
        way = 'mirrored' if pair.near.mirrored else 'alike'
        title = f'{way}{_where(pair.across, pair.disagree)}'
        serious = pair.across or pair.disagree
        yield _card(audit, title, pair.images, serious)


def _unreadable(audit: Audit) -> Iterator[Card]:
    for image, (cause, _) in audit.scan.unreadable.items():
        yield _card(audit, f'unreadable: {cause}', (image,), True)


def _shared_groups(audit: Audit) -> Iterator[Card]:
    for group, images in audit.groups.items():
        title = f'{group} is in several splits'
        yield _card(audit, title, tuple(images[:2]), True)


def _blank(audit: Audit) -> Iterator[Card]:
    for image in np.flatnonzero(audit.scan.blank).tolist():
        yield _card(audit, 'blank', (image,), False)
