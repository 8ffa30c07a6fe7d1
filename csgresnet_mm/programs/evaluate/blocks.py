"""A page of headings, sentences, tables and pictures, in two languages."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csgresnet_mm.text_tables import markdown_table

_STYLE = """\
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto;
  max-width: 62em; padding: 0 1em; color: #1b1b1b; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .25em .8em; border-bottom: 1px solid #ddd;
  text-align: left; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
img { max-width: 100%; height: auto; }
h2 { margin-top: 1.8em; }
"""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the page's."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Sentence:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class TextTable:
    """Cells of plain text; of columns, the first ``words`` are no numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1


@dataclass(frozen=True)
class Picture:
    """A file beside the page, and what it shows."""

    file: str
    text: str


Block = Heading | Sentence | TextTable | Picture


def to_markdown(blocks: Iterable[Block]) -> str:
    """The page in Markdown."""
    parts = []
    for block in blocks:
        match block:
            case Heading(text, level):
                parts.append(f'{"#" * level} {_escape(text)}')
            case Sentence(text):
                parts.append(_escape(text))
            case Picture(file, text):
                parts.append(f'![{_escape(text)}]({file})')
            case TextTable(head, rows, words):
                first, *others = [map(_escape, row) for row in (head, *rows)]
                parts.append(markdown_table(list(first), others, words))
    return '\n\n'.join(parts) + '\n'


def _escape(text: str) -> str:
    text = _printable(text)
    for mark in '\\`*_[]<>':  # the table's writer escapes bars
        text = text.replace(mark, f'\\{mark}')
    return ' '.join(text.split())


def _printable(text: str) -> str:
    """With a mark for what of a file's name is no character."""
    return text.encode('utf-8', 'replace').decode()


def to_html(blocks: Sequence[Block]) -> str:
    """The page in HTML, which needs nothing but the pictures beside it."""
    titles = [b.text for b in blocks if isinstance(b, Heading)]
    title = html.escape(_printable(titles[0] if titles else ''))
    body = '\n'.join(map(_html_block, blocks))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n'
        f'{body}\n</body>\n</html>\n'
    )


def _html_block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f'<h{level}>{_html(text)}</h{level}>'
        case Sentence(text):
            return f'<p>{_html(text)}</p>'
        case Picture(file, text):
            return f'<p><img src="{_html(file)}" alt="{_html(text)}"></p>'
        case TextTable(head, rows, words):
            lines = [_html_row('th', head, words)]
            lines += [_html_row('td', row, words) for row in rows]
            return '<table>\n' + '\n'.join(lines) + '\n</table>'


def _html_row(tag: str, cells: Sequence[str], words: int) -> str:
    found = ''
    for place, cell in enumerate(cells):
        kind = '' if place < words else ' class="number"'
        found += f'<{tag}{kind}>{_html(cell)}</{tag}>'
    return f'<tr>{found}</tr>'


def _html(text: str) -> str:
    return html.escape(_printable(text))
