"""What one finding is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from csgresnet_mm.printable import list_some

ERROR, WARNING, NOTE = 'error', 'warning', 'note'
EXAMPLES = 3
"""Shown of each finding."""


@dataclass(frozen=True)
class Finding:
    """One finding: an error makes the data unfit, the others are remarks.

    ``code`` is the same for like findings; ``count`` is how many images,
    pairs or groups it is about.
    """

    level: str
    code: str
    count: int
    text: str


def show_some(items: Iterable[object]) -> str:
    """The first :data:`EXAMPLES`, and how many more there are."""
    return list_some(items, EXAMPLES)
