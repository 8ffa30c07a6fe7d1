"""Tables 1 and 2: what the networks and the shift cost, counted."""

from __future__ import annotations

from csgresnet_mm.paper.configs import compose
from csgresnet_mm.paper.counts import Operations, count, shift_cost
from csgresnet_mm.paper.paper_networks import MAIN, NETWORKS
from csgresnet_mm.paper.plan import OURS
from csgresnet_mm.paper.reported import GIGA, PARAMETERS, SHIFT_COST
from csgresnet_mm.paper.tables import PaperTable, number

PLANES = {1: (16, 56), 3: (64, 14)}
"""Stage to planes and side of what its last block takes, at 112x112.

Orientations are 4; GResNet-18's layer 3 gives 256 channels at 14x14.
"""


def costs() -> dict[str, Operations]:
    """Each network of the paper, counted at its input of 3x112x112."""
    return {
        name: count(compose(name, 'rafdb').model.to_dict()) for name in MAIN
    }


def structure(found: dict[str, Operations]) -> list[PaperTable]:
    """Table 1: parameters, beside the paper's, which cuts off."""
    rows = []
    for name in MAIN:
        paper = PARAMETERS.get(name)
        ours = found[name].parameters
        cut = f'{ours // 10_000 / 100:.2f}'
        verdict = '-' if paper is None else _same(cut == paper)
        rows.append(
            [
                NETWORKS[name].title,
                paper or '-',
                f'{ours:,}',
                cut,
                '-' if paper is None else f'{float(cut) - float(paper):+.2f}',
                verdict,
            ]
        )
    columns = (
        'Network',
        'Paper, 1e6',
        'Counted',
        'Counted, 1e6, cut off',
        'Difference',
        'Same',
    )
    notes = (
        'At 7 classes, neck and head included. The paper cuts off: 5,337,287 '
        'is its 5.33, 21,288,263 its 21.28; its text has 11.17 for the 11.18 '
        'of its Table 1.',
        'Table 1 leaves out the stride 2 of layers 2 to 4.',
    )
    return [PaperTable('Table 1: structure', columns, rows, notes)]


def _same(equal: bool) -> str:
    return 'yes' if equal else 'no'


def cost_tables(found: dict[str, Operations]) -> list[PaperTable]:
    """Table 2: what the shift costs; and the operations of all networks."""
    rows = []
    for stage, (planes, side) in PLANES.items():
        exact = shift_cost(planes, 4, side, side)
        for what, value, unit, paper in zip(
            ('parameters', 'multiply-adds'),
            exact,
            (1e6, 1e9),
            SHIFT_COST[stage],
            strict=True,
        ):
            shown = f'{value / unit:.1e}'.replace('e-0', 'e-')
            rows.append(
                [
                    f'layer {stage}, {what}',
                    paper,
                    f'{value:,}',
                    shown,
                    f'{value / unit - float(paper):+.1e}',
                    _same(shown == paper),
                    '0',
                ]
            )
    shift = PaperTable(
        'Table 2: what the channel shift costs',
        (
            'Shift',
            'Paper',
            'Frozen convolution, counted',
            "In the paper's unit",
            'Difference',
            'Same',
            'Ours',
        ),
        rows,
        (
            'Parameters in 1e6, multiply-adds in 1e9. The frozen depth-wise '
            "convolution is the paper's; ours shifts without parameters and "
            'multiplications.',
            'Does not match: layer 3 has 2,352 parameters, 2.4e-3; the paper '
            'prints 2.0e-3.',
        ),
    )
    return [shift, operations(found)]


def operations(found: dict[str, Operations]) -> PaperTable:
    """What each network of the paper costs."""
    rows = [
        [
            NETWORKS[name].title,
            number(GIGA) if name == OURS else '-',
            f'{cost.multiply_adds:,}',
            number(cost.multiply_adds / 1e9, 4),
            number(cost.all_operations / 1e9, 4),
        ]
        for name, cost in found.items()
    ]
    ours = found[OURS]
    return PaperTable(
        'Operations at 3x112x112',
        (
            'Network',
            'Paper, 1e9',
            'Multiply-adds of convolutions',
            '1e9',
            'with BN (2) and ReLU (1), 1e9',
        ),
        rows,
        (
            f"Does not match the convolutions: the paper's {GIGA} is "
            'convolutions + BN + ReLU '
            f'({ours.all_operations / 1e9:.3f}), not the convolutions alone '
            f'({ours.multiply_adds / 1e9:.4f}).',
            'Two baselines, never to be mixed: the ResNet-18 here is the '
            "paper's, with a max pool; one of GResNet's resolution has its "
            'operations.',
        ),
    )
