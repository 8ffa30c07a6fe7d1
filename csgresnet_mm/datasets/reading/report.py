"""What reading a data set found, beside its images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import DatasetError, note, warn


class ParseProblem(NamedTuple):
    """An entry that a reader could make no row of.

    ``before`` is the row that follows it; ``token`` is what stands there;
    ``text`` says what is wrong with it. ``line`` is 0 where there is none.
    """

    before: int
    file: str
    line: int
    cause: str
    token: str
    text: str

    @property
    def message(self) -> str:
        """File, line and text."""
        line = f', line {self.line}' if self.line else ''
        return f'{self.file}{line}: {self.text}'


class ReadReport:
    """Malformed entries, messages and what was recognised.

    Readers and checks fill it in; who wants to know something of how a data
    set was read asks its fields, and parses no message. It is kept with a
    cached index, and its messages are logged again with it.

    Args:
        on_error: 'raise' makes the first entry a :class:`DatasetError`;
            'skip' counts it, and :meth:`log_skipped` logs the counts by
            cause.
        source: Named at the head of those counts.

    Attributes:
        layout: Name of the layout that was recognised.
        where: Text that says how and where the data lie.
        release: Name of the release or repack, where a reader knows it.
        miscounted: Whether there are not as many images as were published.
        skipped: Cause to the number of entries that were left out.
        first: Cause to the message of its first entry.
        messages: ('warn' or 'note', text), in order.
    """

    def __init__(self, on_error: str, source: str) -> None:
        self.on_error = on_error
        self.source = source
        self.layout = ''
        self.where = ''
        self.release = ''
        self.miscounted = False
        self.skipped: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        self.messages: list[tuple[str, str]] = []

    def add(self, cause: str, message: str, count: int = 1) -> None:
        """Take ``count`` entries that are left out.

        Raises:
            DatasetError: With ``on_error='raise'``.
        """
        if self.on_error == 'raise':
            raise DatasetError(message)
        self.skipped[cause] += count
        self.first.setdefault(cause, message)

    def warn(self, message: str) -> None:
        """Log a warning; it is logged again when a cached index is used."""
        self.messages.append(('warn', message))
        warn(message)

    def note(self, message: str) -> None:
        """Like :meth:`warn`, an information."""
        self.messages.append(('note', message))
        note(message)

    def note_blank(self, path: object, count: int) -> None:
        """Like :meth:`note`, of the blank lines of a list, if it has any."""
        if count:
            self.note(f'{path}: passed over {count} blank lines')

    def warn_of_count(self, message: str) -> None:
        """Like :meth:`warn`, of another number of images than published."""
        self.miscounted = True
        self.warn(message)

    def summary(self) -> str:
        """The counts by cause, each with its first message."""
        causes = '; '.join(
            f'{count} {cause} (first: {self.first[cause]})'
            for cause, count in self.skipped.items()
        )
        total = self.skipped.total()
        return f'{self.source}: skipped {total} entries: {causes}'

    def log_skipped(self) -> None:
        """Log one warning with the counts by cause, if there are any."""
        if self.skipped:
            warn(self.summary())

    # ---- with a cached index -----------------------------------------

    def to_plain(self) -> dict[str, Any]:
        """All but the arguments, for JSON."""
        values = dict(vars(self))
        del values['on_error'], values['source']
        return values

    def replay(self, plain: Mapping[str, Any]) -> None:
        """Take what :meth:`to_plain` gave, and log its messages again.

        Raises:
            KeyError: Something is missing.
            TypeError: Something is of another type.
            ValueError: Causes and their messages differ.
        """
        texts = [plain[name] for name in ('layout', 'where', 'release')]
        skipped, first = dict(plain['skipped']), dict(plain['first'])
        messages = [(kind, text) for kind, text in plain['messages']]
        texts += [
            *first.values(),
            *(part for pair in messages for part in pair),
        ]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError('a message is no text')
        if not all(type(count) is int for count in skipped.values()):
            raise TypeError('a count is no number')
        if type(plain['miscounted']) is not bool:
            raise TypeError('miscounted is neither true nor false')
        if skipped.keys() != first.keys():
            raise ValueError('causes and messages differ')
        self.layout, self.where, self.release = texts[:3]
        self.miscounted = plain['miscounted']
        self.skipped.update(skipped)
        self.first.update(first)
        for kind, message in messages:
            (self.warn if kind == 'warn' else self.note)(message)
