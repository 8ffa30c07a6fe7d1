"""Tables with a row a run."""

from __future__ import annotations

from csgresnet_mm.evaluation import (
    TITLES,
    LeakSplit,
    bootstrap_intervals,
    split_by_leak,
)
from csgresnet_mm.evaluation.tallies import STATISTIC_TITLES
from csgresnet_mm.paper.data import DATA
from csgresnet_mm.paper.results import Results
from csgresnet_mm.paper.tables import PaperTable, number


def metrics(results: Results) -> list[PaperTable]:
    """All figures of each run, and the recall of each class."""
    rows, recalls = [], []
    for result in results.found:
        for protocol in result.reported:
            predictions = result.predictions(protocol)
            found = result.metrics(protocol)
            ends = bootstrap_intervals(predictions)
            cells = [
                f'{getattr(found, name):.2f} '
                f'({ends[name].low:.2f} to {ends[name].high:.2f})'
                for name in STATISTIC_TITLES
            ]
            head = [result.run.id, TITLES[protocol]]
            rows.append([*head, str(found.n), *cells])
            recalls += [
                [*head, name, number(value)]
                for name, value in zip(
                    found.classes, found.class_recall, strict=True
                )
            ]
    titles = list(STATISTIC_TITLES.values())
    return [
        PaperTable(
            'Figures of each run, %',
            ('Run', 'Protocol', 'Images', *titles),
            rows,
            ('In brackets: 95 % bootstrap interval over the test images.',),
        ),
        PaperTable(
            'Recall of each class, %',
            ('Run', 'Protocol', 'Class', 'Recall'),
            recalls,
        ),
    ]


def leaks(results: Results) -> list[PaperTable]:
    """Accuracy on test images that the audit flags, and on the others.

    A report of the audit that does not fit the test images is named below the
    table, as are data without one.
    """
    rows: list[list[str]] = []
    left_out: list[str] = []
    for result in results.found:
        report = results.audit_of(result.run.data)
        if report is None:
            title = DATA[result.run.data].title
            left_out.append(f'Not audited: {title}.')
            continue
        for protocol in result.reported:
            try:
                parts = split_by_leak(result.predictions(protocol), report)
            except ValueError as error:
                left_out.append(f'Left out: {result.run.id}: {error}.')
                continue
            head = [result.run.id, TITLES[protocol]]
            rows += [[*head, *cells] for cells in _shares(parts)]
    return [
        PaperTable(
            'Test images that are also in another split, by the audit',
            ('Run', 'Protocol', 'Images', 'n', 'Accuracy, %', '95 % interval'),
            rows,
            (
                'From WORK_DIR/audit/DATA/report.json: python '
                'tools/check_dataset.py WORK_DIR/runs/RUN/config.py --out '
                'WORK_DIR/audit/DATA, then the same command again.',
                *dict.fromkeys(left_out),
            ),
        )
    ]


def _shares(parts: LeakSplit) -> list[list[str]]:
    return [
        [
            name,
            str(len(part.names)),
            number(part.accuracy),
            _interval(part.interval),
        ]
        for name, part in (('flagged', parts.leaked), ('clean', parts.clean))
    ]


def _interval(found: tuple[float, float] | None) -> str:
    return '-' if found is None else f'{found[0]:.2f} to {found[1]:.2f}'


def timing(results: Results) -> PaperTable:
    """Time and memory, which differ from one run to the next."""
    rows = [
        [
            result.run.id,
            number(result.facts['train_seconds'], 1),
            number(result.facts['peak_memory_mb'], 0),
        ]
        for result in results.found
    ]
    return PaperTable(
        'Time and memory',
        ('Run', 'Training, s', 'Peak memory, MiB'),
        rows,
    )
