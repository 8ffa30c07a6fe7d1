"""The tables that a page of results stands on, as CSV files.

Each table is a list of rows, a row a dictionary of texts; figures are in
percent with two digits, as they are shown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.apis.run_folder import (
    find_checkpoint,
    find_config,
    read_history,
)
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.evaluation import (
    LAST,
    Metrics,
    Predictions,
    bootstrap_intervals,
    difference_intervals,
    leaked_rows,
    mcnemar,
    summarise,
)
from csgresnet_mm.evaluation.tallies import STATISTICS
from csgresnet_mm.programs.results.plan import FinishedRun, ResultsPlan
from csgresnet_mm.text_tables import csv_table

ALL, CLEAN, TWINNED = 'all', 'clean', 'twinned'
IMAGES = (ALL, CLEAN, TWINNED)
"""All test images, those without and those with a copy in another split."""

_RUN = ('data', 'split', 'network', 'epochs', 'seed')
_SAVED = (*_RUN, 'chosen', 'epoch', 'view', 'images')
COLUMNS: Mapping[str, tuple[str, ...]] = {
    'figures': (*_SAVED, 'n', 'statistic', 'value', 'low', 'high'),
    'classes': (*_SAVED, 'class', 'n', 'correct'),
    'pairs': (
        *('data', 'split', 'from', 'to', 'epochs', 'seed', 'images', 'n'),
        *('only_from', 'only_to', 'p', 'difference', 'low', 'high'),
    ),
    'curves': (*_RUN, 'epoch', 'loss', 'accuracy'),
    'costs': ('network', 'input', 'parameters', 'form', 'multiply_adds'),
}
"""Table, which is also the stem of its file, to its columns."""

Row = dict[str, str]
Tables = dict[str, list[Row]]
Parts = dict[str, Predictions]
"""Some of :data:`IMAGES` to their predictions."""


def make_tables(plan: ResultsPlan) -> Tables:
    """Count what a plan names.

    Raises:
        OSError: A file is not there.
        ValueError: A file is not what it should be.
    """
    tables: Tables = {name: [] for name in COLUMNS}
    opened: dict[tuple[str, str, int, int], Parts] = {}
    for run in plan.runs:
        tables['curves'] += _curve(run)
        for saved in run.predictions:
            parts = _parts(plan, run.data, Predictions.load(saved.file))
            if saved.chosen == LAST and saved.view == 'one':
                key = (run.data, run.network, run.epochs, run.seed)
                opened[key] = parts
            for images, part in parts.items():
                place = _place(run) | _text(vars(saved)) | {'images': images}
                del place['file']
                metrics = summarise(part)
                tables['figures'] += _figures(place, part, metrics)
                tables['classes'] += _classes(place, metrics)
    for run in plan.runs:
        tables['pairs'] += _pairs(plan, run, opened)
    tables['costs'] = _costs(plan)
    return tables


def write_tables(tables: Tables, folder: Path) -> None:
    """Write them as CSV files, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        rows = ([row[key] for key in columns] for row in tables[name])
        with atomic_write(folder / f'{name}.csv', 0o644) as file:
            file.write(csv_table(columns, rows).encode())


def read_tables(folder: Path) -> Tables:
    """Read what :func:`write_tables` wrote.

    Raises:
        FileNotFoundError: A table is not there.
        ValueError: A file has other columns, or a row of another length:
            naming file and line.
    """
    tables: Tables = {}
    for name, columns in COLUMNS.items():
        path = folder / f'{name}.csv'
        with path.open(encoding='utf-8', newline='') as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if header != list(columns):
                raise ValueError(
                    f'{path}, line 1: {",".join(header)}; expected '
                    f'{",".join(columns)}'
                )
            tables[name] = []
            for cells in reader:
                if len(cells) != len(columns):
                    raise ValueError(
                        f'{path}, line {reader.line_num}: {len(cells)} '
                        f'cells; expected {len(columns)}'
                    )
                row = dict(zip(columns, cells, strict=True))
                tables[name].append(row)
    return tables


def _place(run: FinishedRun) -> Row:
    return {key: str(getattr(run, key)) for key in _RUN}


def _text(values: Mapping[str, object]) -> Row:
    return {key: str(value) for key, value in values.items()}


def _parts(plan: ResultsPlan, data: str, predictions: Predictions) -> Parts:
    """All images; clean and twinned ones where the data were audited."""
    parts = {ALL: predictions}
    if data in plan.audits:
        twinned = leaked_rows(predictions, plan.audits[data])
        for name, rows in ((CLEAN, ~twinned), (TWINNED, twinned)):
            if rows.any():
                parts[name] = predictions.take(rows)
    return parts


def _figures(place: Row, part: Predictions, metrics: Metrics) -> Iterator[Row]:
    intervals = bootstrap_intervals(part)
    for name in STATISTICS:
        low, high = intervals[name]
        yield place | {
            'n': str(len(part)),
            'statistic': name,
            'value': f'{getattr(metrics, name):.2f}',
            'low': f'{low:.2f}',
            'high': f'{high:.2f}',
        }


def _classes(place: Row, metrics: Metrics) -> Iterator[Row]:
    confusion = metrics.confusion
    for label, name in enumerate(metrics.classes):
        yield place | {
            'class': name,
            'n': str(confusion[label].sum()),
            'correct': str(confusion[label, label]),
        }


def _pairs(
    plan: ResultsPlan,
    run: FinishedRun,
    opened: Mapping[tuple[str, str, int, int], Parts],
) -> Iterator[Row]:
    """The comparisons that a run is the second of, last epoch, one view."""
    second = opened.get((run.data, run.network, run.epochs, run.seed))
    for start, end in plan.pairs:
        first = opened.get((run.data, start, run.epochs, run.seed))
        if end != run.network or first is None or second is None:
            continue
        for images, a in first.items():
            b = second[images]
            test = mcnemar(a, b)
            low, high = difference_intervals(a, b)['accuracy']
            difference = 100 * (_mean(b.right) - _mean(a.right))
            place = {key: _place(run)[key] for key in _RUN if key != 'network'}
            yield place | {
                'from': start,
                'to': end,
                'images': images,
                'n': str(len(a)),
                'only_from': str(test.only_a),
                'only_to': str(test.only_b),
                'p': f'{test.p_value:.2g}',
                'difference': f'{difference:+.2f}',
                'low': f'{low:+.2f}',
                'high': f'{high:+.2f}',
            }


def _mean(right: NDArray[np.bool_]) -> float:
    return float(right.mean())


def _curve(run: FinishedRun) -> Iterator[Row]:
    for entry in read_history(run.folder, 'val'):
        yield _place(run) | {
            'epoch': str(entry['epoch']),
            'loss': f'{entry["loss"]:.4f}' if 'loss' in entry else '',
            'accuracy': f'{entry["top1"]:.2f}' if 'top1' in entry else '',
        }


def _costs(plan: ResultsPlan) -> list[Row]:
    """Of each network once, in the order of the runs."""
    # torch is not needed to write a page from its tables
    from csgresnet_mm.apis.measuring.cost import count
    from csgresnet_mm.apis.trained import load_trained

    networks: dict[str, FinishedRun] = {}
    for run in plan.runs:
        networks.setdefault(run.network, run)
    rows = []
    for name, run in networks.items():
        trained = load_trained(
            find_config(run.folder), find_checkpoint(run.folder)
        )
        cost = count(trained.model, trained.info)
        for form, number in cost.multiply_adds.items():
            rows.append(
                {
                    'network': name,
                    'input': 'x'.join(map(str, trained.info.input_size)),
                    'parameters': str(cost.parameters),
                    'form': form,
                    'multiply_adds': str(number),
                }
            )
    return rows
