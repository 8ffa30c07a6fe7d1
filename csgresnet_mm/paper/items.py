"""The tables of each item, from finished runs."""

from __future__ import annotations

from collections.abc import Iterator

from csgresnet_mm.evaluation import BEST, LAST, PROTOCOLS, TITLES
from csgresnet_mm.paper.counts import Operations
from csgresnet_mm.paper.data import DATA
from csgresnet_mm.paper.paper_networks import (
    BEYOND,
    NETWORKS,
    cell_name,
)
from csgresnet_mm.paper.plan import (
    FIG3,
    HONEST,
    OURS,
    PAPER_DATA,
    TEST,
    Sizes,
    cells_of,
)
from csgresnet_mm.paper.reported import (
    GAINS,
    TABLE_DATA,
    TABLES,
    accuracy_of,
)
from csgresnet_mm.paper.results import Results, describe_data
from csgresnet_mm.paper.tables import (
    ESTIMATE,
    PaperTable,
    difference,
    estimate,
    number,
)


def comparison(item: str, results: Results, sizes: Sizes) -> list[PaperTable]:
    """Tables 3 to 5: competitors as reported, ours measured."""
    names = list(sizes.data_of([TABLE_DATA[item]]))
    if item == 'table4' and not sizes.demo:
        names.append('fer2013')
    rows = [
        [
            row.method,
            'reported by the paper',
            '-' if row.year is None else str(row.year),
            row.cost,
            number(row.accuracy),
            *['-'] * (len(ESTIMATE) + 1),
        ]
        for row in TABLES[item]
    ]
    rows += [row for data in names for row in _measured_rows(data, results)]
    used = [
        result
        for data in names
        for kind in (HONEST if p == HONEST else TEST for p in PROTOCOLS)
        for result in results.of(OURS, data, kind)
    ]
    columns = (
        'Method',
        'Source',
        'Year',
        'Params/FLOPs',
        'Paper, %',
        *ESTIMATE,
        'Difference',
    )
    notes = [f'{DATA[data].title}: {DATA[data].note}.' for data in names]
    notes += [
        'last: the last epoch, the figure set beside the paper; best: the '
        'best epoch on test, optimistic; val-selected: chosen on val, test '
        'read once.',
        *describe_data(used),
    ]
    heading = f'Table {item[-1]}: accuracy on {DATA[TABLE_DATA[item]].title}'
    return [PaperTable(heading, columns, rows, notes)]


def _measured_rows(data: str, results: Results) -> Iterator[list[str]]:
    """Ours on one data set, a row a protocol."""
    for protocol in PROTOCOLS:
        if DATA[data].honest is None and protocol == HONEST:
            continue
        mean = results.mean(OURS, data, protocol)
        against = accuracy_of(data)  # of the paper's own split alone
        yield [
            f'CS-GResNet-18, {TITLES[protocol]}',
            f'measured: {DATA[data].title}',
            '-',
            '2.80M/1.72G',
            number(against),
            *estimate(mean),
            difference(mean, against),
        ]


def protocols(results: Results) -> PaperTable:
    """All three protocols, and how much each flatters."""
    rows = []
    for data in results.data_names():
        if not any(results.by_seed(OURS, data, p) for p in (LAST, HONEST)):
            continue  # pre-training
        for protocol in PROTOCOLS:
            mean = results.mean(OURS, data, protocol)
            rows.append(
                [
                    DATA[data].title,
                    TITLES[protocol],
                    *estimate(mean),
                    difference(mean, accuracy_of(data)),
                ]
            )
        for pair in ((BEST, LAST), (BEST, HONEST)):
            found = results.inflation(OURS, data, pair)
            name = 'inflation: ' + ' - '.join(TITLES[name] for name in pair)
            rows.append([DATA[data].title, name, *estimate(found), '-'])
    return PaperTable(
        'Protocols: CS-GResNet-18',
        ('Data', 'Protocol', *ESTIMATE, 'Against the paper'),
        rows,
        (
            'last and best come from one training on all of train; '
            'val-selected from one that leaves a part of it for val: where '
            'that part is taken from train, best - val-selected holds the '
            'cost of it, too.',
        ),
    )


def parameters_figure(
    results: Results, sizes: Sizes, found: dict[str, Operations]
) -> list[PaperTable]:
    """Fig. 3: ResNet and GResNet, and the gains of the text."""
    rows, gains, used = [], [], []
    for data in sizes.data_of(PAPER_DATA):
        for name in FIG3:
            used += results.of(name, data)[:1]
            rows.append(
                [
                    DATA[data].title,
                    NETWORKS[name].title,
                    f'{found[name].parameters:,}',
                    *estimate(results.mean(name, data)),
                ]
            )
        for depth in (18, 34):
            paper = GAINS.get((data, depth))
            mean = results.paired(f'resnet{depth}', f'gresnet{depth}', data)
            gains.append(
                [
                    DATA[data].title,
                    str(depth),
                    '-' if paper is None else f'{paper:+.2f}',
                    *estimate(mean),
                    difference(mean, paper),
                ]
            )
    return [
        PaperTable(
            'Fig. 3: accuracy of the last epoch, %',
            ('Data', 'Network', 'Parameters', *ESTIMATE),
            rows,
            describe_data(used),
        ),
        PaperTable(
            'Gain of GResNet over ResNet, points, seed by seed',
            ('Data', 'Depth', 'Paper', *ESTIMATE, 'Difference'),
            gains,
            (
                "The paper prints Fig. 3's bars without numbers; its text has "
                'these gains.',
            ),
        ),
    ]


def ablation_figure(results: Results, sizes: Sizes) -> list[PaperTable]:
    """Fig. 4: each cell against the network without a shift."""
    rows, used = [], []
    for data in sizes.data_of(PAPER_DATA):
        base = results.mean('gresnet18', data)
        used += results.of('gresnet18', data)[:1]
        rows.append([DATA[data].title, '-', '-', '-', *estimate(base), '-'])
        for cell in cells_of(sizes):
            name = cell_name(cell)
            gain = results.paired('gresnet18', name, data)
            rows.append(
                [
                    DATA[data].title,
                    str(cell[0]),
                    f'layer {cell[1]}',
                    cell[2],
                    *estimate(results.mean(name, data)),
                    '-' if gain is None else f'{gain.mean:+.2f}',
                ]
            )
    return [
        PaperTable(
            'Fig. 4: the channel shift in GResNet-18, last epoch, %',
            (
                'Data',
                'sigma',
                'Place',
                'Position',
                *ESTIMATE,
                'Against no shift, same seeds',
            ),
            rows,
            (
                'The first row of each data set is GResNet-18 without a '
                'shift. The paper prints bars without numbers; it names '
                'sigma 16 at layer 3 the best in general.',
                *describe_data(used),
            ),
        )
    ]


def beyond_figure(results: Results) -> list[PaperTable]:
    """Variations that the paper does not have."""
    rows = []
    for name in ('gresnet18', OURS, 'csresnet18', *BEYOND):
        network = NETWORKS[name]
        gain = results.paired(OURS, name, 'rafdb')
        rows.append(
            [
                network.title,
                network.about or '-',
                *estimate(results.mean(name, 'rafdb')),
                '-' if gain is None else f'{gain.mean:+.2f}',
            ]
        )
    return [
        PaperTable(
            'Beyond the paper: RAF-DB, last epoch, %',
            (
                'Network',
                'What is different',
                *ESTIMATE,
                'Against CS-GResNet-18, same seeds',
            ),
            rows,
            describe_data(results.of(OURS, 'rafdb')[:1]),
        )
    ]
