"""What is wrong with labels and classes, whoever's they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.datasets.reading.names import find_expression
from csgresnet_mm.file_names import is_hidden
from csgresnet_mm.programs.audit.finding import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
    show_some,
)


def about_labels(parts: Sequence[Part], head: int | None) -> Iterator[Finding]:
    """Findings about labels and classes.

    Args:
        parts: The splits.
        head: Number of outputs of the network; None where it is not known.
    """
    for part in parts:
        yield from _about_lines(part)
        yield from _about_range(part, head)
        yield from _about_missing(part)
        yield from _about_names(part)
        yield from _about_head(part, head)
        yield from _about_folders(part)


def _about_lines(part: Part) -> Iterator[Finding]:
    for cause in dict.fromkeys(line.cause for line in part.broken):
        lines = [line for line in part.broken if line.cause == cause]
        shown = show_some(f'line {x.number} {x.text!r}' for x in lines)
        yield Finding(
            ERROR,
            'list-lines',
            len(lines),
            f'{part.name}: {lines[0].file}: {cause}: {len(lines)} ({shown}); '
            'expected a path, one space and a number counted from 0',
        )


def _about_range(part: Part, head: int | None) -> Iterator[Finding]:
    limits = [n for n in (len(part.classes), head) if n]
    if not limits or not part.labels:
        return
    limit = min(limits)
    wrong = [n for n, label in enumerate(part.labels) if label >= limit]
    if not wrong:
        return
    low, high = min(part.labels), max(part.labels)
    hint = ''
    if low == 1 and high == limit:
        hint = '; they seem to be numbered from 1, and count from 0'
    shown = show_some(f'{part.labels[n]} of {part.names[n]}' for n in wrong)
    yield Finding(
        ERROR,
        'label-range',
        len(wrong),
        f'{part.name}: labels outside 0 to {limit - 1}: {len(wrong)} '
        f'({shown}); found {low} to {high}{hint}',
    )


def _about_missing(part: Part) -> Iterator[Finding]:
    without = [n for n, label in enumerate(part.labels) if label < 0]
    if without:
        # of a test set whose labels are kept secret there are none at all
        secret = len(without) == len(part) and part.loaders == ('test',)
        yield Finding(
            WARNING if secret else ERROR,
            'unlabelled',
            len(without),
            f'{part.name}: images without a label: {len(without)} '
            f'({show_some(part.names[n] for n in without)})',
        )
    empty = [
        name
        for name, count in zip(part.classes, part.counts, strict=False)
        if not count
    ]
    if empty and len(without) < len(part):
        yield Finding(
            WARNING,
            'class-empty',
            len(empty),
            f'{part.name}: classes without images: {len(empty)} of '
            f'{len(part.classes)} ({show_some(empty)}); means over classes '
            'leave them out',
        )


def _about_names(part: Part) -> Iterator[Finding]:
    labels = np.unique([label for label in part.labels if label >= 0]).tolist()
    if not part.classes and labels:
        yield Finding(
            WARNING,
            'classes-unnamed',
            len(labels),
            f'{part.name}: the classes have no names (labels '
            f'{show_some(labels)}); name them: metainfo=dict(classes=[...])',
        )
    elif part.classes and all(
        name.strip().isdecimal() for name in part.classes
    ):
        yield Finding(
            NOTE,
            'classes-numbered',
            len(part.classes),
            f'{part.name}: the classes are called '
            f'{show_some(part.classes)}: nothing says what they mean',
        )
    for label, name in enumerate(part.classes):
        if is_hidden(name):
            yield Finding(
                ERROR,
                'hidden-class',
                part.counts[label],
                f'{part.name}: the hidden folder {name!r} is class {label} '
                f'({part.counts[label]} images) and moves the labels after '
                'it; delete it, or use type=OwnFolders',
            )


def _about_head(part: Part, head: int | None) -> Iterator[Finding]:
    if head and part.classes and head != len(part.classes):
        yield Finding(
            ERROR,
            'head-classes',
            len(part.classes),
            f'{part.name}: {len(part.classes)} classes '
            f'({show_some(part.classes)}), but the head has {head} outputs '
            '(model.head.num_classes)',
        )


def _about_folders(part: Part) -> Iterator[Finding]:
    """Whether class folders bear other names than their classes."""
    wrong = [
        f'label {label} is folder {folder!r}, called {name!r}'
        for label, (folder, name) in enumerate(
            zip(part.place.classes, part.classes, strict=False)
        )
        if _other_class(folder, name, part.place.classes, part.classes)
    ]
    if wrong:
        yield Finding(
            ERROR,
            'folders-renamed',
            len(wrong),
            f'{part.name}: class folders under the name of another class: '
            f'{"; ".join(wrong[:3])}',
        )


def _other_class(
    folder: str, name: str, folders: Sequence[str], names: Sequence[str]
) -> bool:
    """Whether a folder's own name says another class than it is called."""
    ours, theirs = find_expression(folder), find_expression(name)
    if ours and theirs:
        return ours != theirs
    return folder != name and (folder in names or name in folders)
