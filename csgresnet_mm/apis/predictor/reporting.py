"""What the command says: answers on stdout, all else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from csgresnet_mm.apis.predictor.faces import Face, Frame
from csgresnet_mm.apis.predictor.images import HEIC_HINT


def report(line: str) -> None:
    """Write a line to stderr."""
    print(line, file=sys.stderr, flush=True)


@dataclass
class Counts:
    """What was seen.

    Args:
        pictures: All.
        faces: In them.
        unreadable: Pictures that could not be read.
    """

    pictures: int = 0
    faces: int = 0
    unreadable: int = 0

    def add(self, frame: Frame) -> None:
        """Count a picture."""
        self.pictures += 1
        self.faces += len(frame.faces)
        self.unreadable += bool(frame.error)

    def __str__(self) -> str:
        """In one line, without its end."""
        return (
            f'{self.pictures} picture{"s" * (self.pictures != 1)}, '
            f'{self.faces} face{"s" * (self.faces != 1)}, '
            f'{self.unreadable} unreadable'
        )


class Answers:
    """Says what is in a picture, or why it could not be read.

    Args:
        quiet: Leave the answers out.
    """

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._hinted = False

    def __call__(self, frame: Frame) -> None:
        """Say it of one picture."""
        if frame.note:
            report(frame.note)
        if not frame.error:
            self._answer(frame)
            return
        hint = HEIC_HINT in frame.error
        if not (hint and self._hinted):  # once for all of a phone's
            report(frame.error)
        self._hinted |= hint

    def _answer(self, frame: Frame) -> None:
        if self.quiet:
            return
        try:
            print(summary(frame), flush=True)
        except BrokenPipeError:  # of `csgresnet photos/ | head`
            self.quiet = True
            # else Python complains once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def summary(frame: Frame) -> str:
    """A line a face."""
    name = frame.name
    if frame.time is not None:
        name = f'{name} ({frame.time:.2f} s)'
    lines = [f'{name}: {_answer(face)}' for face in frame.faces]
    return '\n'.join(lines) or f'{name}: no face'


def _answer(face: Face) -> str:
    who = '' if face.track is None else f'person {face.track} '
    box = ' '.join(f'{value:.0f}' for value in face.box)
    doubt = ' (unsure)' if face.unsure else ''
    return f'{who}{face.label} {face.probability:.0%}{doubt}, box {box}'


@contextmanager
def progress(name: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar on the terminal, where there is one and rich is installed.

    Args:
        name: Before the bar.
        total: Pictures; None where nobody knows. Of one there is no bar.

    Yields:
        To be called after each picture.
    """
    if total == 1 or not sys.stderr.isatty() or find_spec('rich') is None:
        yield lambda: None
        return
    # not installed with the smallest extra, and slow to import
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    with Progress(
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        # what is printed belongs above the bar, but not into stderr's file
        redirect_stdout=sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task(escape(name), total=total)
        yield lambda: bar.advance(task)
