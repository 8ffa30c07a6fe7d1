"""Claims about the cells of Fig. 4."""

from __future__ import annotations

from collections.abc import Mapping

from csgresnet_mm.paper.claims_verdict import (
    Claim,
    Estimate,
    explain,
    judge,
    show,
)

ALMOST_ALL = 0.9
"""Our reading of "almost all" cells: at least this part of them."""
BEST_DIVISOR, BEST_STAGE = 16, 3

Cell = tuple[int, int, str]
"""Divisor, stage, position."""


def claim_cells(
    cells: Mapping[Cell, Estimate | None],
    backbone: Estimate,
    data: str,
    *,
    undecidable: str | None = None,
) -> Claim:
    """How many cells of Fig. 4 beat the network without a shift.

    Args:
        cells: Accuracy of each cell; None is one that was not run.
        backbone: That of GResNet-18.
        data: Name of the data set.
        undecidable: Why these data cannot decide, or None.

    Raises:
        ValueError: If no cell was run.
    """
    run = _run_cells(cells)
    mean, low, high = backbone
    above = sum(cell[0] > mean for cell in run.values())
    clearly = possibly = None
    if low is not None and high is not None:
        ends = [(c[1], c[2]) for c in run.values() if c[1] is not None]
        if len(ends) == len(run):
            clearly = sum(a > high for a, _ in ends)
            possibly = sum(b > low for _, b in ends)
    missing = len(cells) - len(run)
    if missing and undecidable is None:
        undecidable = f'{missing} of {len(cells)} cells were not run'
    share = (None, None)
    if clearly is not None and possibly is not None:
        share = (clearly / len(run), possibly / len(run))
    return Claim(
        '"almost all the CS-GResNet18 obtain the better performance than our '
        'backbone GResNet18"',
        f'section 3.2, Fig. 4; {data}',
        f'{above} of {len(run)} cells have a higher mean',
        ''
        if clearly is None
        else f'{clearly} to {possibly} of {len(run)} cells',
        # at least, not above
        judge(*share, ALMOST_ALL - 1e-9, undecidable),
        explain(
            undecidable,
            clearly,
            f'"almost all" read as {ALMOST_ALL:.0%}; from cells whose '
            'interval lies above that of the backbone to those where it '
            'does not lie below',
        ),
    )


def claim_best_cell(
    cells: Mapping[Cell, Estimate | None],
    data: str,
    *,
    undecidable: str | None = None,
) -> Claim:
    """Whether the best cell of Fig. 4 has sigma 16 and layer 3.

    Args:
        cells: Accuracy of each cell; None is one that was not run.
        data: Name of the data set.
        undecidable: Why these data cannot decide, or None.

    Raises:
        ValueError: If no cell was run, or none of the claimed or the others.
    """
    run = _run_cells(cells)
    best = {True: [], False: []}
    for cell, estimate in run.items():
        best[is_claimed(cell)].append((estimate, cell))
    if not best[True] or not best[False]:
        raise ValueError(
            f'cells {sorted(run)}: expected some with sigma {BEST_DIVISOR} '
            f'in layer {BEST_STAGE} and some others'
        )
    (a, ours), (b, other) = (
        max(best[claimed], key=lambda pair: pair[0][0])
        for claimed in (True, False)
    )
    missing = len(cells) - len(run)
    if missing and undecidable is None:
        undecidable = f'{missing} of {len(cells)} cells were not run'
    low = high = None
    if None not in a and None not in b:
        low, high = a[1] - b[2], a[2] - b[1]
    return Claim(
        '"generally achieves the best results when sigma is 16 and the '
        'position is Layer3"',
        f'section 3.2, Fig. 4; {data}',
        f'best of them: {_name(ours)}, {a[0]:.2f}; best of the others: '
        f'{_name(other)}, {b[0]:.2f}',
        show(low, high),
        judge(low, high, 0, undecidable),
        explain(
            undecidable,
            low,
            'interval: from one end of the two intervals to the other; '
            'the best of many cells is too good by its choice',
        ),
    )


def is_claimed(cell: Cell) -> bool:
    """Whether the paper names this setting the best."""
    return cell[:2] == (BEST_DIVISOR, BEST_STAGE)


def _run_cells(
    cells: Mapping[Cell, Estimate | None],
) -> dict[Cell, Estimate]:
    run = {cell: e for cell, e in cells.items() if e is not None}
    if not run:
        raise ValueError('no cell of Fig. 4 was run')
    return run


def _name(cell: Cell) -> str:
    return f'sigma {cell[0]}, layer {cell[1]}, {cell[2]}'
