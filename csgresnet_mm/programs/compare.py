"""Two networks on one test set: figures, intervals and a paired test."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from csgresnet_mm.apis.run_folder import RUN
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.evaluation import (
    HONEST,
    LAST,
    PROTOCOLS,
    TITLES,
    Interval,
    Metrics,
    Predictions,
    bootstrap_intervals,
    difference_intervals,
    find_protocol,
    mcnemar,
    split_by_leak,
    summarise,
)
from csgresnet_mm.evaluation.tallies import STATISTIC_TITLES
from csgresnet_mm.printable import to_bytes
from csgresnet_mm.program import command
from csgresnet_mm.safe_json import read_json
from csgresnet_mm.text_tables import markdown_table


def load_predictions(
    place: Path, protocol: str | None = None
) -> tuple[str, Predictions]:
    """The predictions of a run or of a file, and how to call them.

    Args:
        place: An .npz file of
            :class:`~csgresnet_mm.evaluation.Predictions`, or the folder of a
            finished run of ``tools/reproduce.py``.
        protocol: Which of a run's; default: the val-selected one where the
            run has it, else the last. Of no use with a file.

    Raises:
        FileNotFoundError: There is nothing, or no such protocol.
        ValueError: A file is not what it should be.
    """
    if place.is_file():
        _refuse_pickle(place)
        return str(place), Predictions.load(place)
    run = place / RUN
    if not run.is_file():
        raise FileNotFoundError(
            f'{place}: no {RUN}; expected the folder of a finished run, or '
            'an .npz file of test.py --save-predictions'
        )
    try:
        facts = read_json(run)
        name = str(facts['run'])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f'{run}: {type(error).__name__}: {error}; expected a JSON object '
            'with the key "run"'
        ) from error
    there = [kind for kind in PROTOCOLS if (place / f'{kind}.npz').is_file()]
    chosen = protocol or (HONEST if HONEST in there else LAST)
    if chosen not in there:
        raise FileNotFoundError(
            f'{place}: no {chosen}.npz; found '
            f'{", ".join(f"{kind}.npz" for kind in there) or "none"}'
        )
    return f'{name} ({TITLES[chosen]})', Predictions.load(
        place / f'{chosen}.npz'
    )


def _refuse_pickle(path: Path) -> None:
    """A pickle can run code, and test.py's --out has no names of classes."""
    with open(path, 'rb') as file:
        pickled = file.read(2)[:1] == b'\x80'
    if pickled or path.suffix in ('.pkl', '.pickle'):
        raise ValueError(
            f'{path} is a pickle, as test.py --out writes; expected an .npz '
            'file, which this writes: python tools/test.py CONFIG CHECKPOINT '
            f'--save-predictions {path.with_suffix(".npz")}'
        )


def compare(
    names: tuple[str, str],
    a: Predictions,
    b: Predictions,
    report: Path | None = None,
) -> str:
    """What can be said of two networks, as Markdown.

    Args:
        names: What to call them.
        a: Of the first.
        b: Of the second, on the same images.
        report: Of the leak audit, for accuracy on leaked and on clean
            images; None leaves that out.

    Raises:
        ValueError: The images are not the same, or the report is not
            theirs.
    """
    intervals = difference_intervals(a, b)
    first, second = summarise(a), summarise(b)
    lines = [
        f'A: {names[0]}  ',
        f'B: {names[1]}',
        '',
        f'{len(a)} images of {len(a.classes)} classes. In brackets 95 % '
        'bootstrap intervals over the images; those of B - A draw the same '
        'images for both.',
        '',
        _figures((a, b), (first, second), intervals),
        '',
        _mcnemar_line(a, b),
        '',
        _classes(first, second),
    ]
    if report is not None:
        lines += ['', _leaks((a, b), report)]
    return '\n'.join(lines) + '\n'


def _figures(
    predictions: tuple[Predictions, Predictions],
    metrics: tuple[Metrics, Metrics],
    differences: dict[str, Interval],
) -> str:
    ours, theirs = map(bootstrap_intervals, predictions)
    rows = []
    for key, title in STATISTIC_TITLES.items():
        x, y = (getattr(each, key) for each in metrics)
        rows.append(
            [
                title,
                f'{x:.2f} {_brackets(ours[key])}',
                f'{y:.2f} {_brackets(theirs[key])}',
                f'{y - x:+.2f} {_brackets(differences[key], "+")}',
            ]
        )
    return markdown_table(('%', 'A', 'B', 'B - A'), rows)


def _mcnemar_line(a: Predictions, b: Predictions) -> str:
    test = mcnemar(a, b)
    return (
        f'McNemar ({test.test}): only A has {test.only_a} images right, only '
        f'B {test.only_b}; p = {test.p_value:.3g}.'
    )


def _classes(a: Metrics, b: Metrics) -> str:
    rows = []
    images = a.confusion.sum(axis=1)
    for label, name in enumerate(a.classes):
        x, y = a.class_recall[label], b.class_recall[label]
        recalls = (
            ['-', '-', '-']
            if math.isnan(x)
            else [f'{x:.2f}', f'{y:.2f}', f'{y - x:+.2f}']
        )
        rows.append([name, images[label], *recalls])
    head = ('Recall of class, %', 'Images', 'A', 'B', 'B - A')
    return markdown_table(head, rows)


def _leaks(predictions: tuple[Predictions, Predictions], report: Path) -> str:
    parts = [split_by_leak(each, report) for each in predictions]
    rows = []
    for title, shares in (
        ('with a copy in another split', [part.leaked for part in parts]),
        ('without', [part.clean for part in parts]),
    ):
        cells = [title, str(len(shares[0].names))]
        for share in shares:
            cells.append(
                '-'
                if share.accuracy is None or share.interval is None
                else f'{share.accuracy:.2f} {_brackets(share.interval)}'
            )
        rows.append(cells)
    head = ('Accuracy on test images, %', 'Images', 'A', 'B')
    return markdown_table(head, rows)


def _brackets(interval: Interval, sign: str = '') -> str:
    return f'[{interval.low:{sign}.2f}, {interval.high:{sign}.2f}]'


def _protocol(word: str) -> str:
    try:
        return find_protocol(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Compare two networks on the same test images: figures '
        "with bootstrap intervals, McNemar's test, recall of each class. "
        'Prints Markdown.'
    )
    for name in ('run_a', 'run_b'):
        parser.add_argument(
            name,
            type=Path,
            help='folder of a run of reproduce.py, or the file of test.py '
            '--save-predictions',
        )
    parser.add_argument(
        '--protocol',
        type=_protocol,
        metavar='|'.join(TITLES.values()),
        help=f"of a run's predictions; default: {TITLES[HONEST]} where it "
        f'has them, else {TITLES[LAST]}',
    )
    parser.add_argument(
        '--leaks',
        type=Path,
        metavar='REPORT',
        help='report.json of check_dataset.py: accuracy on test images with '
        'a copy in another split apart',
    )
    parser.add_argument('--out', type=Path, help='also write a file')
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Compare two runs, print the tables and write them.

    Args:
        arguments: Default: those of the command line.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    (name_a, a), (name_b, b) = (
        load_predictions(place, args.protocol)
        for place in (args.run_a, args.run_b)
    )
    text = compare((name_a, name_b), a, b, args.leaks)
    print(text, end='')
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(args.out, 0o644) as file:
            file.write(to_bytes(text))
