"""The table of the paper's claims, measured."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from csgresnet_mm.paper.claims import (
    Claim,
    Rival,
    claim_best_cell,
    claim_cells,
    claim_gain,
    claim_parameters,
    claim_receptive_field,
    claim_robustness,
    claim_shift_cost,
    claim_trade_off,
)
from csgresnet_mm.paper.claims_cells import is_claimed
from csgresnet_mm.paper.claims_cost import measure_shift_cost
from csgresnet_mm.paper.claims_data import (
    Robustness,
    measure_robustness,
)
from csgresnet_mm.paper.claims_field import main_path, receptive_field
from csgresnet_mm.paper.configs import compose
from csgresnet_mm.paper.counts import Operations, build
from csgresnet_mm.paper.data import DATA
from csgresnet_mm.paper.finished_runs import load_model, load_test_data
from csgresnet_mm.paper.paper_networks import NETWORKS, cell_name
from csgresnet_mm.paper.pictures import as_triple
from csgresnet_mm.paper.plan import (
    COMPARED,
    OURS,
    PAPER_DATA,
    Sizes,
    cells_of,
)
from csgresnet_mm.paper.reported import TABLES
from csgresnet_mm.paper.results import Results
from csgresnet_mm.paper.tables import PaperTable, number

COLUMNS = ('Claim', 'Where', 'Measured', '95 % interval', 'Verdict', 'Why')
SHIFT_STAGES = (1, 3)


def claim_tables(
    results: Results,
    sizes: Sizes,
    found: dict[str, Operations],
    undecidable: str | None,
) -> tuple[list[PaperTable], PaperTable]:
    """One row a claim; and the accuracies behind those on robustness.

    Args:
        results: Of the runs.
        sizes: How much was trained.
        found: What the networks cost.
        undecidable: Why these data can say nothing of accuracy, or None.

    Returns:
        What is the same at each run, and the claims on time and memory,
        which are not.
    """
    (data,) = sizes.data_of(['rafdb'])
    measured = _measure_robustness(results, data)
    claims = [
        *_structure(found),
        *_trade_off(results, data, found, undecidable),
        *_robustness(measured, undecidable),
        *(
            claim
            for name in sizes.data_of(PAPER_DATA)
            for claim in _gains(results, name, undecidable)
        ),
        *_cells(results, sizes, undecidable),
    ]
    shown = [_table('Claims of the text', claims)]
    shown.append(_robustness_table(measured, data))
    return shown, _table('Claims: time and memory', _costs(sizes))


def _table(title: str, claims: Sequence[Claim]) -> PaperTable:
    return PaperTable(
        title,
        COLUMNS,
        [
            [
                claim.text,
                claim.source,
                claim.measurement,
                claim.interval or '-',
                claim.verdict,
                claim.reason,
            ]
            for claim in claims
        ],
    )


def _structure(found: dict[str, Operations]) -> list[Claim]:
    fields = {
        name: receptive_field(
            main_path(build(compose(name, 'rafdb').model.to_dict()).backbone)
        )
        for name in ('gresnet18', 'resnet18', 'gresnet18-maxpool')
    }
    return [
        claim_receptive_field(*fields.values(), image=112),
        *(
            claim_parameters(
                found[f'resnet{depth}'].parameters,
                found[f'gresnet{depth}'].parameters,
                depth,
            )
            for depth in (18, 34)
        ),
    ]


def _trade_off(
    results: Results,
    data: str,
    found: dict[str, Operations],
    undecidable: str | None,
) -> list[Claim]:
    ours = as_triple(results.mean(OURS, data))
    if ours is None:
        return []
    rivals = [
        Rival(
            row.method,
            row.accuracy,
            None if row.parameters is None else row.parameters * 1e6,
            None if row.giga is None else row.giga * 1e9,
        )
        for row in TABLES['table3'][:-1]
    ]
    cost = found[OURS]
    return [
        claim_trade_off(
            rivals,
            ours,
            cost.parameters,
            cost.multiply_adds,
            undecidable=undecidable,
        )
    ]


def _gains(
    results: Results, data: str, undecidable: str | None
) -> list[Claim]:
    claims = []
    for a, b, text, source in (
        (
            'resnet18',
            'gresnet18',
            '"GResNet18/34 can achieve the better performance on all '
            'datasets"',
            'section 3.2',
        ),
        (
            'gresnet18',
            OURS,
            '"almost all the CS-GResNet18 obtain the better performance": '
            'the best setting',
            'section 3.2',
        ),
    ):
        differences = results.differences(a, b, data)
        if differences:
            claims.append(
                claim_gain(
                    text,
                    source,
                    f'{NETWORKS[b].title} minus {NETWORKS[a].title} on '
                    f'{DATA[data].title}',
                    differences,
                    undecidable=undecidable,
                )
            )
    return claims


Measured = dict[str, list[list[Robustness]]]
"""Network to what each of its seeds gave."""


def _measure_robustness(results: Results, data: str) -> Measured:
    return {
        name: [
            measure_robustness(load_model(result), load_test_data(result))
            for result in results.of(name, data)
        ]
        for name in COMPARED
    }


def _robustness(measured: Measured, undecidable: str | None) -> list[Claim]:
    if not all(measured.values()):
        return []
    return [
        claim_robustness(
            kind,
            measured[name],
            measured['resnet18'],
            network=NETWORKS[name].title,
            undecidable=undecidable,
        )
        for kind in ('rotation', 'scale')
        for name in COMPARED[1:]
    ]


def _robustness_table(measured: Measured, data: str) -> PaperTable:
    """Accuracy at each angle and scale, the mean over seeds."""
    found: dict[tuple[str, float], dict[str, list[float]]] = {}
    for name, runs in measured.items():
        for each in (entry for run in runs for entry in run):
            row = found.setdefault((each.kind, each.value), {})
            row.setdefault(name, []).append(each.accuracy)
    rows = [
        [
            kind,
            f'{value:g}',
            *(number(_mean(row.get(name))) for name in COMPARED),
        ]
        for (kind, value), row in found.items()
    ]
    seeds = ', '.join(
        f'{NETWORKS[name].title} {len(measured[name])}' for name in COMPARED
    )
    return PaperTable(
        f'Accuracy against rotation and scale: {DATA[data].title}, %',
        (
            'Test images',
            'Degrees or factor',
            *(NETWORKS[name].title for name in COMPARED),
        ),
        rows,
        (f'Mean over seeds, last epoch: {seeds}.',),
    )


def _mean(values: Sequence[float] | None) -> float | None:
    return None if values is None else sum(values) / len(values)


def _cells(
    results: Results, sizes: Sizes, undecidable: str | None
) -> list[Claim]:
    claims = []
    for data in sizes.data_of(PAPER_DATA):
        cells = {
            cell: as_triple(results.mean(cell_name(cell), data))
            for cell in cells_of(sizes)
        }
        base = as_triple(results.mean('gresnet18', data))
        title = DATA[data].title
        if base is None or not any(cells.values()):
            continue
        claims.append(claim_cells(cells, base, title, undecidable=undecidable))
        claimed = {is_claimed(cell) for cell, found in cells.items() if found}
        if len(claimed) == 2:
            claims.append(
                claim_best_cell(cells, title, undecidable=undecidable)
            )
    return claims


def _costs(sizes: Sizes) -> list[Claim]:
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    small = {'batch': 4, 'image': 48, 'rounds': 5, 'memory_rounds': 1}
    claims = []
    for stage in SHIFT_STAGES:
        measured = measure_shift_cost(
            stage, device=device, **(small if sizes.demo else {})
        )
        for quantity in ('time', 'memory'):
            claims += claim_shift_cost(measured, quantity)
    return claims
