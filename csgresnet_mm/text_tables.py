"""Tables as text: in Markdown, and as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def markdown_table(
    head: Sequence[object],
    rows: Iterable[Iterable[object]],
    words: int | None = None,
) -> str:
    r"""A table in Markdown, without a final newline.

    Args:
        head: Names of the columns.
        rows: As many cells; a bar within one is escaped, nothing else is.
        words: So many columns come before those of numbers, which are set
            to the right; None sets none so.

    Example:
        >>> print(markdown_table(('Name', 'n'), [('a|b', 2)], words=1))
        | Name | n |
        |---|---:|
        | a\|b | 2 |
    """
    left = len(head) if words is None else words
    rule = f'|{"---|" * left}{"---:|" * (len(head) - left)}'
    lines = [_line(cells) for cells in rows]
    return '\n'.join([_line(head), rule, *lines])


def _line(cells: Iterable[object]) -> str:
    texts = (str(cell).replace('|', r'\|') for cell in cells)
    return f'| {" | ".join(texts)} |'


def csv_table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    r"""A table as CSV, each line ending in a newline.

    Example:
        >>> csv_table(('Name', 'n'), [('a,b', 2)])
        'Name,n\n"a,b",2\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
