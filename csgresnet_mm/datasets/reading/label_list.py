"""Label lists: one image and one label a line, ``name label``.

Fields are separated by white space, with a third one in occlusion lists
(``name label kind``); or by commas (``image,label``), with a header or not.
"""

from __future__ import annotations

from pathlib import Path

from .checks import Review
from .columns import (
    file_names,
    find_base,
    labels_from_zero,
    parse_whole,
    whole_numbers,
)
from .files import FolderIndex
from .lists import Form, read_list, require_rows
from .report import ReadReport
from .table import Table

FORM = Form(
    ('image', 'label', 'kind'),
    numbers=('label',),
    optional=1,
    line='name label kind',
)


def read_label_list(
    path: Path,
    report: ReadReport,
    *,
    files: FolderIndex,
    num_classes: int = 7,
    base: int | str = 'auto',
    hint: str = '',
) -> Table:
    """Read a label list.

    Args:
        path: The list; .csv, or one with commas, is comma separated.
        report: Takes malformed lines.
        files: Reads the list, and remembers that it did.
        num_classes: Labels are base .. base + num_classes - 1.
        base: 0, 1 or 'auto': a list with a 0 counts from 0, one with
            ``num_classes`` from 1; both or neither is an error.
        hint: Added to the error of a label out of range.

    Returns:
        Rows in the order of the file, labels from 0, and ``image`` in
        ``extra``: what the list calls it, which may be a path.

    Raises:
        DatasetError: The list cannot be read, holds nothing, its base is
            not clear, it is another set's, or (``on_error='raise'``) a line
            is malformed.
    """
    listed = read_list(path, files.text(path), FORM)
    review = Review(listed.table, report, listed.problems)
    labels = whole_numbers(review, 'label', parse_whole)
    names = file_names(review, 'image', paths=True)
    table = review.done(label=labels, extra={'image': names})
    require_rows(path, listed, table, FORM, report)
    base = find_base(table, num_classes, base)
    review = Review(table, report)
    shown = table.extra['image']
    labels = labels_from_zero(review, shown, num_classes, base, hint)
    return review.done(label=labels)
