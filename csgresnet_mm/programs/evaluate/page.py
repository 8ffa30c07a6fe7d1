"""What stands on the page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmpretrain.evaluation import ConfusionMatrix, SingleLabelMetric
from numpy.typing import NDArray

from csgresnet_mm.evaluation import (
    LeakSplit,
    Predictions,
    reliability_bins,
    summarise,
)
from csgresnet_mm.evaluation.figure_rows import FIGURE_HEAD, figure_rows
from csgresnet_mm.programs.evaluate.blocks import (
    Block,
    Heading,
    Picture,
    Sentence,
    TextTable,
)
from csgresnet_mm.visualization import (
    draw_by_class,
    draw_confusion,
    draw_curves,
    draw_reliability,
)

PREDICTIONS = 'predictions.npz'
SHEET = 'mistakes.png'
STAMP = 'drawn faces: says nothing about real ones'


@dataclass(frozen=True, eq=False)
class Subject:
    """What a page is about.

    Args:
        title: Of the page.
        facts: Name to value: checkpoint, epoch, config ...
        split: 'train', 'val' or 'test'.
        predictions: On it.
        history: See :func:`~csgresnet_mm.apis.run_folder.read_history`.
        leaks: Images with a copy in another split apart, or None.
        audit: Where that is from, or why it is not there.
        synthetic: Whether the faces are drawn by a program.
    """

    title: str
    facts: Mapping[str, str]
    split: str
    predictions: Predictions
    history: Sequence[Mapping[str, Any]]
    leaks: LeakSplit | None
    audit: str
    synthetic: bool

    @property
    def stamp(self) -> str | None:
        """A line below each figure."""
        return STAMP if self.synthetic else None


def write_blocks(
    subject: Subject, worst: NDArray[np.int64], sheet: bool, folder: Path
) -> list[Block]:
    """Draw the pictures and give the page.

    Args:
        subject: What it is about.
        worst: Rows of the mistakes to list, the worst first.
        sheet: Whether there is a picture of them.
        folder: Where the pictures go.
    """
    return [
        *_head(subject),
        *_figures(subject),
        *_twins(subject),
        *_by_class(subject, folder),
        *_calibration(subject, folder),
        *_curves(subject, folder),
        *_mistakes(subject.predictions, worst, sheet),
        Heading('Files'),
        Sentence(
            f'{PREDICTIONS} holds the probabilities of every image; '
            'tools/compare.py takes two of them. Every picture is there as '
            'PNG and as SVG.'
        ),
    ]


def _head(subject: Subject) -> Iterator[Block]:
    yield Heading(subject.title, 1)
    if subject.synthetic:
        yield Sentence(f'Trained on {STAMP}.')
    rows = [(name, value) for name, value in subject.facts.items()]
    yield TextTable(('', 'Of this page'), rows, words=2)


def _figures(subject: Subject) -> Iterator[Block]:
    predictions = subject.predictions
    metrics = summarise(predictions)
    yield Heading('Figures')
    yield TextTable(FIGURE_HEAD, figure_rows(predictions))
    counts = metrics.confusion.sum(axis=1)
    commonest = 100 * counts.max() / counts.sum()
    yield Sentence(
        'Intervals by bootstrap over the images; how much another seed would '
        f'differ is not in them. Always {predictions.classes[counts.argmax()]}'
        f' would be {commonest:.2f} % right.'
    )
    absent = [
        name
        for name, count in zip(predictions.classes, counts, strict=True)
        if not count
    ]
    if absent:
        yield Sentence(
            'Classes without images, left out of the means: '
            f'{", ".join(absent)}.'
        )


def _twins(subject: Subject) -> Iterator[Block]:
    yield Heading('Images with a copy in another split')
    yield Sentence(subject.audit)
    if subject.leaks is None:
        return
    rows = []
    for title, share in (
        ('with a copy', subject.leaks.leaked),
        ('without', subject.leaks.clean),
    ):
        known = share.accuracy is not None and share.interval is not None
        rows.append(
            (
                title,
                f'{len(share.names):,}',
                f'{share.accuracy:.2f}' if known else '-',
                f'{share.interval.low:.2f} to {share.interval.high:.2f}'
                if known
                else '-',
            )
        )
    yield TextTable(('Images', 'Number', 'Accuracy, %', '95 % interval'), rows)


def _by_class(subject: Subject, folder: Path) -> Iterator[Block]:
    predictions, classes = subject.predictions, subject.predictions.classes
    size = len(classes)
    matrix = ConfusionMatrix.calculate(
        predictions.given, predictions.labels, num_classes=size
    ).numpy()
    precision, recall, f1, images = (
        values.numpy().astype(float)
        for values in SingleLabelMetric.calculate(
            predictions.given,
            predictions.labels,
            num_classes=size,
            average=None,
        )
    )
    recall[images == 0] = f1[images == 0] = np.nan
    precision[matrix.sum(axis=0) == 0] = np.nan
    yield Heading('Confusion matrix')
    draw_confusion(matrix, classes, folder / 'confusion', stamp=subject.stamp)
    yield Picture('confusion.png', 'Confusion matrix')
    yield Heading('Recall and precision by class')
    draw_by_class(
        recall,
        precision,
        images.astype(int).tolist(),
        classes,
        folder / 'by_class',
        stamp=subject.stamp,
    )
    yield Picture('by_class.png', 'Recall and precision by class')
    rows = [
        (
            name,
            f'{int(images[k]):,}',
            *(_number(values[k]) for values in (recall, precision, f1)),
            _taken_for(matrix[k], k, classes),
        )
        for k, name in enumerate(classes)
    ]
    head = ('Class', 'Images', 'Recall, %', 'Precision, %', 'F1, %')
    yield TextTable((*head, 'Most often taken for'), rows)


def _number(value: float) -> str:
    return '-' if np.isnan(value) else f'{value:.1f}'


def _taken_for(row: NDArray[Any], own: int, classes: Sequence[str]) -> str:
    others = row.copy()
    others[own] = 0
    if not others.any():
        return '-'
    other = int(others.argmax())
    return f'{classes[other]} ({100 * others[other] / row.sum():.0f} %)'


def _calibration(subject: Subject, folder: Path) -> Iterator[Block]:
    bins = reliability_bins(subject.predictions)
    draw_reliability(
        bins.images.tolist(),
        bins.confidence.tolist(),
        bins.accuracy.tolist(),
        folder / 'reliability',
        stamp=subject.stamp,
    )
    sure = 100 * float(subject.predictions.scores.max(axis=1).mean())
    right = 100 * float(subject.predictions.right.mean())
    way = 'too sure' if sure > right else 'not sure enough'
    yield Heading('Calibration')
    yield Sentence(
        f'The network is {sure:.1f} % sure on average and {right:.1f} % '
        f'right: {abs(sure - right):.1f} points {way}.'
    )
    yield Picture('reliability.png', 'Reliability diagram')


def _curves(subject: Subject, folder: Path) -> Iterator[Block]:
    yield Heading('Training curves')
    if not subject.history:
        yield Sentence('No log of training by epochs lies beside it.')
        return
    draw_curves(
        {'this run': subject.history}, folder / 'curves', stamp=subject.stamp
    )
    yield Picture('curves.png', 'Training loss and accuracy over epochs')


def worst_mistakes(predictions: Predictions, count: int) -> NDArray[np.int64]:
    """Rows of wrong answers, those that the network was surest of first."""
    wrong = np.flatnonzero(~predictions.right)
    sure = predictions.scores[wrong].max(axis=1)
    return wrong[np.argsort(-sure, kind='stable')][:count]


def _mistakes(
    predictions: Predictions, worst: NDArray[np.int64], sheet: bool
) -> Iterator[Block]:
    yield Heading('Surest mistakes')
    wrong = int((~predictions.right).sum())
    yield Sentence(
        f'{len(worst)} of {wrong:,} mistakes: those of which the network was '
        'surest. Some may be labels that are wrong.'
    )
    if not len(worst):
        return
    if sheet:
        yield Picture(SHEET, 'The mistakes, as the network saw them')
    # of one image alone the common folder would be its own name
    folders = {os.path.dirname(name) for name in predictions.names}
    common = os.path.commonpath(folders) if '' not in folders else ''
    rows = [
        (
            os.path.relpath(predictions.names[row], common or '.'),
            predictions.classes[predictions.labels[row]],
            predictions.classes[predictions.given[row]],
            f'{100 * predictions.scores[row].max():.1f}',
            f'{100 * predictions.scores[row, predictions.labels[row]]:.1f}',
        )
        for row in worst
    ]
    if common:
        yield Sentence(f'Names below {common}.')
    head = ('Image', 'True class', 'Given class')
    yield TextTable((*head, 'Sure, %', 'Of the true class, %'), rows, words=3)
