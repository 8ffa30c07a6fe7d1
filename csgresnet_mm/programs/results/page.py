"""The page of results, made of its tables alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from csgresnet_mm.evaluation import BEST, HONEST, LAST, TITLES
from csgresnet_mm.evaluation.tallies import STATISTIC_TITLES
from csgresnet_mm.programs.results.tallies import ALL, IMAGES, Row, Tables
from csgresnet_mm.text_tables import markdown_table

HEAD = """\
# Results on real faces

Measured here, on real faces, by `tools/results.py`. Made from the tables in
[results/](results), and the same from them to the byte:

```bash
python tools/results.py
```

All figures are in percent; in brackets are 95 % bootstrap intervals over the
test images. They do not cover the choice of the seed, whose standard error is
about 0.75 points on FER2013. *Twinned* test images have an identical or nearly
identical copy in another split, by `tools/check_dataset.py`; *clean* ones have
none. *val-selected* is the epoch that did best on PublicTest; *best* is
chosen by the test set itself, as many papers do, and so too high.
The expected calibration error has 15 bins.

FER2013 is as published but for two labels: one of PublicTest and one of
PrivateTest differ from the published counts; 173 rows that show no face come
from an enlarged JPEG and may lie out of their place within a split. FER+ are
the same faces by the majority of its votes, eight classes, without the faces
that its rule leaves out.
"""

REPORTED = {('FER2013', 'ResNet-18', 'GResNet-18'): '+1.17'}
"""Data set, from, to: points that the paper says of the pair (section 3.2)."""


def write_page(tables: Tables) -> str:
    """The page, as Markdown."""
    lines = [HEAD]
    for data, split in _distinct(tables['figures'], 'data', 'split'):
        rows = _where(tables['figures'], data=data, split=split)
        lines += [f'## {data}: {split}', '']
        lines += [_figures(rows), '']
        lines += _inflations(rows)
        lines += _pairs(_where(tables['pairs'], data=data, split=split))
        lines += _classes(_where(tables['classes'], data=data, split=split))
    lines += ['## Cost', '', _costs(tables['costs'])]
    return '\n'.join(lines).rstrip('\n') + '\n'


def _figures(rows: Sequence[Row]) -> str:
    """One line a set of predictions: accuracy by images, and the rest."""
    keys = ('network', 'epochs', 'seed', 'chosen', 'epoch', 'view')
    counts = {
        row['images']: row['n']
        for row in rows
        if row['statistic'] == 'accuracy'
    }
    there = [images for images in IMAGES if images in counts]
    head = ['Network', 'Epochs', 'Seed', 'Epoch chosen', 'View']
    head += [f'Accuracy, {images} ({counts[images]})' for images in there]
    head += [
        title for name, title in STATISTIC_TITLES.items() if name != 'accuracy'
    ]
    cells = []
    for key in _distinct(rows, *keys):
        network, epochs, seed, chosen, epoch, view = key
        own = _where(rows, **dict(zip(keys, key, strict=True)))
        line = [network, epochs, seed, f'{TITLES[chosen]}: {epoch}', view]
        for images in there:
            line.append(_figure(own, images, 'accuracy'))
        for name in STATISTIC_TITLES:
            if name != 'accuracy':
                line.append(_figure(own, ALL, name))
        cells.append(line)
    return markdown_table(head, cells)


def _figure(rows: Sequence[Row], images: str, statistic: str) -> str:
    found = _where(rows, images=images, statistic=statistic)
    if not found:
        return '-'
    row = found[0]
    return f'{row["value"]} [{row["low"]}, {row["high"]}]'


def _inflations(rows: Sequence[Row]) -> list[str]:
    """How much the choice of the epoch is worth, by network."""
    accuracies = _where(rows, images=ALL, statistic='accuracy', view='one')
    cells = []
    for network, epochs in _distinct(accuracies, 'network', 'epochs'):
        own = _where(accuracies, network=network, epochs=epochs)
        by_seed = [
            {
                row['chosen']: float(row['value'])
                for row in _where(own, seed=seed)
            }
            for (seed,) in _distinct(own, 'seed')
        ]
        complete = [each for each in by_seed if len(each) == len(TITLES)]
        if complete:
            cells.append(
                [
                    network,
                    epochs,
                    str(len(complete)),
                    _mean(complete, lambda each: each[HONEST] - each[LAST]),
                    _mean(complete, lambda each: each[BEST] - each[LAST]),
                    _mean(complete, lambda each: each[BEST] - each[HONEST]),
                ]
            )
    if not cells:
        return []
    head = ['Network', 'Epochs', 'Seeds', 'val-selected - last']
    head += ['best - last', 'best - val-selected']
    return [
        'What the choice of the epoch is worth, in points, mean of the seeds:',
        '',
        markdown_table(head, cells),
        '',
    ]


def _mean(
    values: Iterable[dict[str, float]],
    difference: Callable[[dict[str, float]], float],
) -> str:
    return f'{fmean(map(difference, values)):+.2f}'


def _pairs(rows: Sequence[Row]) -> list[str]:
    """Paired comparisons, and what they allow to say."""
    if not rows:
        return []
    cells, said = [], []
    keys = ('from', 'to', 'epochs')
    for key in _distinct(rows, *keys):
        own = _where(rows, **dict(zip(keys, key, strict=True)))
        for row in own:
            cells.append(
                [
                    f'{row["to"]} - {row["from"]}',
                    row['epochs'],
                    row['seed'],
                    f'{row["images"]} ({row["n"]})',
                    f'{row["difference"]} [{row["low"]}, {row["high"]}]',
                    f'{row["only_from"]} / {row["only_to"]}',
                    row['p'],
                ]
            )
        cells[-len(own)][4] += f'; {verdict(own)}'
        said.append(say(own))
    head = ['To - from', 'Epochs', 'Seed', 'Images', 'Accuracy, points']
    head += ['Right: only from / only to', "McNemar's p"]
    return [
        'Pairs of networks on the same images, the last epoch, one view. '
        'Decided is a difference whose interval on all images leaves out 0 '
        'on the same side with every seed, of two at least:',
        '',
        markdown_table(head, cells),
        '',
        *said,
        '',
    ]


def say(rows: Sequence[Row]) -> str:
    """A pair in a line: the mean of its seeds, beside what was reported."""
    (first, *_) = rows
    pair = (first['data'], first['from'], first['to'])
    points = [float(r['difference']) for r in rows if r['images'] == ALL]
    seeds = f'{len(points)} seed{"s" if len(points) > 1 else ""}'
    line = (
        f'- {first["to"]} - {first["from"]}: {fmean(points):+.2f} points '
        f'after {first["epochs"]} epochs, {seeds}: {verdict(rows)}.'
    )
    if pair in REPORTED:
        line += f' {REPORTED[pair]} is reported by the paper.'
    return line


def verdict(rows: Sequence[Row]) -> str:
    """``'decided'`` or ``'undecided'``, of a pair's rows."""
    ends = [
        (float(row['low']), float(row['high']))
        for row in rows
        if row['images'] == ALL
    ]
    above = all(low > 0 for low, _ in ends)
    below = all(high < 0 for _, high in ends)
    decided = len(ends) > 1 and (above or below)
    return '**decided**' if decided else 'undecided'


def _classes(rows: Sequence[Row]) -> list[str]:
    """Recall by class of the longest trainings, one view."""
    longest = str(max(int(row['epochs']) for row in rows))
    rows = _where(rows, epochs=longest, view='one')
    for chosen in (LAST, HONEST):
        if own := _where(rows, chosen=chosen):
            return _recalls(own, f'{longest} epochs, {TITLES[chosen]}')
    return []


def _recalls(rows: Sequence[Row], what: str) -> list[str]:
    lines = [f'Recall by class, percent of its images; one view, {what}:', '']
    names = [name for (name,) in _distinct(rows, 'class')]
    cells = []
    keys = ('network', 'seed', 'images')
    for key in _distinct(rows, *keys):
        own = _where(rows, **dict(zip(keys, key, strict=True)))
        by_class = {row['class']: row for row in own}
        cells.append([*key, *(_recall(by_class[name]) for name in names)])
    head = ['Network', 'Seed', 'Images', *names]
    return [*lines, markdown_table(head, cells), '']


def _recall(row: Row) -> str:
    n, correct = int(row['n']), int(row['correct'])
    return f'{100 * correct / n:.1f} of {n}' if n else '-'


def _costs(rows: Sequence[Row]) -> str:
    head = ['Network', 'Input', 'Parameters', 'Multiply-adds an image']
    cells = []
    for (network,) in _distinct(rows, 'network'):
        own = _where(rows, network=network)
        counted = ', '.join(
            f'{int(row["multiply_adds"]) / 1e9:.3f} G ({row["form"]})'
            for row in own
        )
        parameters = f'{int(own[0]["parameters"]) / 1e6:.2f} M'
        cells.append([network, own[0]['input'], parameters, counted])
    return markdown_table(head, cells)


def _where(rows: Iterable[Row], **wanted: str) -> list[Row]:
    return [
        row
        for row in rows
        if all(row[key] == value for key, value in wanted.items())
    ]


def _distinct(rows: Iterable[Row], *keys: str) -> list[tuple[str, ...]]:
    """The values of some columns, each once, in the order of the rows."""
    return list(dict.fromkeys(tuple(row[key] for key in keys) for row in rows))
