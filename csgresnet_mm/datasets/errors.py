"""What can be wrong with a data set on disk, told once and counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mmengine.logging import print_log

from csgresnet_mm.printable import printable

ON_ERROR = ('raise', 'skip')


class DatasetError(ValueError):
    """Files on disk are not what the data set expects.

    The message names the file, the line or key, what was found and what was
    expected.
    """


class UnreadableImageError(DatasetError):
    """An image cannot be decoded at access.

    Args:
        message: Names the file and the cause.
        cause: A short cause, the same for like errors, for counting.
    """

    def __init__(self, message: str, cause: str = 'unreadable') -> None:
        super().__init__(message)
        self.cause = cause


def warn(message: str) -> None:
    """Log a warning to the running MMEngine logger."""
    print_log(printable(message), logger='current', level=logging.WARNING)


def note(message: str) -> None:
    """Log an information to the running MMEngine logger."""
    print_log(printable(message), logger='current', level=logging.INFO)


class Problems:
    """Collects malformed entries and messages while a data set is read.

    Args:
        on_error: 'raise' makes the first entry a :class:`DatasetError`;
            'skip' counts it, and :meth:`report` logs the counts by cause.
        source: Named at the head of the report.
    """

    def __init__(self, on_error: str, source: str) -> None:
        self.on_error = on_error
        self.source = source
        self.counts: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        self.messages: list[tuple[str, str]] = []

    def add(self, cause: str, message: str, count: int = 1) -> None:
        """Note ``count`` entries that are left out.

        Raises:
            DatasetError: With ``on_error='raise'``.
        """
        if self.on_error == 'raise':
            raise DatasetError(message)
        self.counts[cause] += count
        self.first.setdefault(cause, message)

    def warn(self, message: str) -> None:
        """Log a warning; it is logged again when a cached index is used."""
        self.messages.append(('warn', message))
        warn(message)

    def note(self, message: str) -> None:
        """Like :meth:`warn`, an information."""
        self.messages.append(('note', message))
        note(message)

    def replay(
        self,
        counts: Mapping[str, int],
        first: Mapping[str, str],
        messages: Iterable[Sequence[str]],
    ) -> None:
        """Say again what was said when the index was made."""
        self.counts.update(counts)
        self.first.update(first)
        for kind, message in messages:
            (self.warn if kind == 'warn' else self.note)(message)

    def report(self) -> None:
        """Log one warning with the counts by cause, if there are any."""
        if not self.counts:
            return
        causes = '; '.join(
            f'{count} {cause} (first: {self.first[cause]})'
            for cause, count in self.counts.items()
        )
        total = sum(self.counts.values())
        warn(f'{self.source}: skipped {total} entries: {causes}')
