"""The table that ``execution='auto'`` reads, from the samples of layers."""

import json
from collections.abc import Iterable, Mapping, Sequence

from csgresnet_mm.functional.measured import Row
from csgresnet_mm.programs.benchmark.cases import Case
from csgresnet_mm.programs.benchmark.results import Ratio, Sample, compare


def faster_rows(cases: Iterable[Case], samples: Sequence[Sample]) -> list[Row]:
    """Give the shapes in which the Triton kernels are faster.

    Args:
        cases: Of the section ``layers``; those without a row do not count.
        samples: Of that section.

    Returns:
        One row a shape that is not slower (by median and by lower quartile)
        from some number of positions on, the largest that was measured
        included.
    """
    ratios = {r.ours.case: r for r in compare(samples)}
    shapes: dict[Row, list[tuple[int, bool]]] = {}
    for case in cases:
        if case.row is not None and case.name in ratios:
            shape = case.row._replace(positions=0)
            faster = _is_faster(ratios[case.name])
            shapes.setdefault(shape, []).append((case.row.positions, faster))
    rows = []
    for shape, measured in shapes.items():
        least = None
        for positions, faster in sorted(measured, reverse=True):
            if not faster:
                break
            least = positions
        if least is not None:
            rows.append(shape._replace(positions=least))
    return rows


def _is_faster(ratio: Ratio) -> bool:
    return ratio.value >= 1 and ratio.lower_quartile >= 1


def as_json(card: Mapping[str, str], torch: str, rows: Sequence[Row]) -> str:
    """Write the table.

    Args:
        card: From :func:`environment.describe_card`.
        torch: Its version.
        rows: From :func:`faster_rows`.

    Returns:
        What :mod:`csgresnet_mm.functional.measured` reads.
    """
    entry = {
        'card': card['Card'],
        'driver': card['Driver'],
        'torch': torch,
        'triton': card['Triton'],
        'rows': [row._asdict() for row in rows],
    }
    return json.dumps({card['Compute capability']: entry}, indent=1) + '\n'
