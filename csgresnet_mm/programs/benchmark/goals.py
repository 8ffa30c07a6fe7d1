"""The goals of the Triton kernels on a GPU, and whether they were reached."""

from collections.abc import Sequence
from typing import NamedTuple

from csgresnet_mm.apis.measuring.compared_networks import DENSE, STOCK
from csgresnet_mm.functional.measured import Row
from csgresnet_mm.programs.benchmark.results import Ratio

STAGES = {'layer1': 16, 'layer2': 32, 'layer3': 64, 'layer4': 128}
"""Stage of GResNet-18 -> planes of its 3x3 layers, of no other stage."""


class Goal(NamedTuple):
    """A ratio that is to be reached: peer / ours, by role of the peer."""

    section: str
    case: str
    role: str
    least: float


GOALS = (
    Goal('fp16', 'batch 256', DENSE, 2.0),
    Goal('fp16', 'batch 256', STOCK, 1.0),
    Goal('training', 'fp16, batch 64', DENSE, 1.6),
    Goal('training', 'fp16, batch 256', DENSE, 1.6),
    Goal('training', 'tf32, batch 64', DENSE, 1.6),
    Goal('training', 'tf32, batch 256', DENSE, 1.6),
)


def verdicts(ratios: Sequence[Ratio], rows: Sequence[Row]) -> list[str]:
    """Say of each goal whether it was reached.

    Args:
        ratios: Of the run.
        rows: The table's, see :func:`measured_table.faster_rows`.

    Returns:
        A sentence a goal; what was not measured is said.
    """
    lines = []
    for goal in GOALS:
        values = [
            r.value
            for r in ratios
            if (r.ours.section, r.ours.case, r.peer.role)
            == (goal.section, goal.case, goal.role)
            and 'triton' in r.ours.form
        ]
        said = f'{goal.section}, {goal.case}, {goal.role} / ours: '
        if not values:
            lines.append(f'{said}not measured, goal {goal.least}')
            continue
        word = 'reached' if max(values) >= goal.least else 'missed'
        lines.append(f'{said}{max(values):.2f}, goal {goal.least}: {word}')
    for stage, planes in STAGES.items():
        found = [r for r in rows if r.kernel_size == 3 and r.planes == planes]
        inference = sum(not r.training for r in found)
        lines.append(
            f'auto takes Triton in {stage}: {inference} shapes in inference, '
            f'{len(found) - inference} in training, goal 1'
        )
    return lines
