"""The figures of each item, drawn from finished runs."""

from __future__ import annotations

from pathlib import Path

from csgresnet_mm.evaluation import LAST, MeanInterval
from csgresnet_mm.paper.counts import Operations
from csgresnet_mm.paper.data import DATA
from csgresnet_mm.paper.paper_networks import MAIN, NETWORKS, cell_name
from csgresnet_mm.paper.plan import (
    FIG3,
    OURS,
    PAPER_DATA,
    Sizes,
    cells_of,
)
from csgresnet_mm.paper.reported import GAINS, TABLES
from csgresnet_mm.paper.results import Results
from csgresnet_mm.visualization import (
    CostPoint,
    Gain,
    draw_ablation,
    draw_accuracy_over_cost,
    draw_accuracy_over_parameters,
    draw_confusion,
    draw_curves,
)

Estimate = tuple[float, float | None, float | None]


def draw_fig1(
    results: Results,
    sizes: Sizes,
    found: dict[str, Operations],
    out: Path,
    stamp: str | None,
) -> None:
    """Accuracy over cost on RAF-DB: Table 3's rows, and ours."""
    points = [
        CostPoint(
            row.method,
            row.giga * 1e9,
            row.parameters * 1e6,
            row.accuracy,
            reported=True,
            lower_bound=row.at_least,
        )
        for row in TABLES['table3']
        if row.giga is not None and row.parameters is not None
    ]
    (data,) = sizes.data_of(['rafdb'])
    for name in MAIN:
        mean = results.mean(name, data)
        if mean is not None:
            points.append(_measured(name, found, mean))
    title = f'{DATA["rafdb"].title} (Fig. 1)'
    if data != 'rafdb':
        title = f'{title}; measured: {DATA[data].title}'
    draw_accuracy_over_cost(points, out, stamp=stamp, title=title)


def _measured(
    name: str, found: dict[str, Operations], mean: MeanInterval
) -> CostPoint:
    return CostPoint(
        NETWORKS[name].title,
        found[name].multiply_adds,
        found[name].parameters,
        mean.mean,
        mean.interval,
    )


def draw_fig3(
    results: Results,
    sizes: Sizes,
    found: dict[str, Operations],
    out: Path,
    stamp: str | None,
) -> None:
    """Accuracy over parameters, and the gains."""
    panels, gains = {}, []
    for data in sizes.data_of(PAPER_DATA):
        title = DATA[data].title
        means = {name: results.mean(name, data) for name in FIG3}
        points = [
            _measured(name, found, mean)
            for name, mean in means.items()
            if mean is not None
        ]
        if points:
            panels[title] = points
            gains += _gains(results, data, title)
    if panels:
        draw_accuracy_over_parameters(
            panels, out, stamp=stamp, gains=gains, title='Fig. 3'
        )


def _gains(results: Results, data: str, title: str) -> list[Gain]:
    gains = []
    for depth in (18, 34):
        if (data, depth) in GAINS:
            gains.append(Gain(title, depth, GAINS[data, depth], reported=True))
        mean = results.paired(f'resnet{depth}', f'gresnet{depth}', data)
        if mean is not None:
            gains.append(Gain(title, depth, mean.mean, mean.interval))
    return gains


def draw_fig4(
    results: Results, sizes: Sizes, out: Path, stamp: str | None
) -> None:
    """The ablation, a figure a data set."""
    for data in sizes.data_of(PAPER_DATA):
        cells = {
            cell: as_triple(results.mean(cell_name(cell), data))
            for cell in cells_of(sizes)
        }
        if any(cells.values()):
            draw_ablation(
                cells,
                as_triple(results.mean('gresnet18', data)),
                out.with_name(f'{out.name}-{data}'),
                stamp=stamp,
                title=f'{DATA[data].title} (Fig. 4)',
            )


def as_triple(found: MeanInterval | None) -> Estimate | None:
    """Mean and the ends of its interval, None where there is none."""
    if found is None:
        return None
    return (found.mean, *(found.interval or (None, None)))


def draw_details(results: Results, out: Path, stamp: str | None) -> None:
    """Confusion matrix and training curves on each data set.

    Args:
        results: Of the runs.
        out: Folder.
        stamp: A line below each.
    """
    for data in results.data_names():
        ours = results.of(OURS, data)
        if ours:
            metrics = ours[0].metrics(LAST)
            draw_confusion(
                metrics.confusion,
                metrics.classes,
                out / f'confusion-{data}',
                stamp=stamp,
                title=f'CS-GResNet-18 on {DATA[data].title}, seed 0',
            )
        curves = {
            NETWORKS[name].title: found[0].curve
            for name in MAIN
            if (found := results.of(name, data))
        }
        if curves:
            draw_curves(
                curves,
                out / f'curves-{data}',
                stamp=stamp,
                title=f'{DATA[data].title}, seed 0',
            )
