"""Tables as Markdown and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csgresnet_mm.evaluation import MeanInterval
from csgresnet_mm.paper.files import write_text
from csgresnet_mm.text_tables import csv_table, markdown_table


@dataclass(frozen=True)
class PaperTable:
    """A heading, columns and rows of text.

    Args:
        title: Above.
        columns: Names.
        rows: As many cells as columns.
        notes: Lines below.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """As Markdown."""
        lines = [
            f'## {self.title}',
            '',
            markdown_table(self.columns, self.rows),
            '',
            *(f'- {note}' for note in self.notes),
        ]
        return '\n'.join(lines).rstrip() + '\n'

    def csv(self) -> str:
        """As CSV: columns and rows."""
        return csv_table(self.columns, self.rows)


def write_tables(
    out: Path, tables: Sequence[PaperTable], head: Sequence[str] = ()
) -> None:
    """Write OUT.md with all, OUT.csv of the first, OUT-2.csv and so on.

    Args:
        out: Path without suffix.
        tables: At least one.
        head: Lines at the head of the Markdown.
    """
    parts = [*(f'{line}\n' for line in head), *(t.markdown() for t in tables)]
    write_text(out.with_name(f'{out.name}.md'), '\n'.join(parts))
    for number, table in enumerate(tables, 1):
        suffix = '' if number == 1 else f'-{number}'
        write_text(out.with_name(f'{out.name}{suffix}.csv'), table.csv())


ESTIMATE = ('n', 'mean', 'std', '95 % interval')
"""Columns of :func:`estimate`."""


def estimate(found: MeanInterval | None) -> list[str]:
    """The four cells of what some seeds gave; '-' where there is nothing."""
    if found is None:
        return ['0', '-', '-', '-']
    return [
        str(found.n),
        number(found.mean),
        '-' if found.std is None else number(found.std),
        '-'
        if found.interval is None
        else f'{number(found.interval.low)} to {number(found.interval.high)}',
    ]


def number(value: float | None, digits: int = 2) -> str:
    """A number, or '-'; no negative zero."""
    return '-' if value is None else f'{value + 0.0:.{digits}f}'


def difference(ours: MeanInterval | None, paper: float | None) -> str:
    """Ours minus the paper's, with its sign, or '-'."""
    if ours is None or paper is None:
        return '-'
    return f'{round(ours.mean - paper, 2) + 0.0:+.2f}'
