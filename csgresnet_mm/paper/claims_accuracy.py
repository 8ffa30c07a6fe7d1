"""Claims about accuracy: robustness, gains, the trade-off of Fig. 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.evaluation import mean_interval
from csgresnet_mm.paper.claims_data import Robustness
from csgresnet_mm.paper.claims_verdict import (
    Claim,
    Estimate,
    explain,
    judge,
    show,
)

RESAMPLES = 2000


def retained(
    kind: str, runs: Sequence[Sequence[Robustness]]
) -> NDArray[np.float64]:
    """How much an image's correctness changes under transformations.

    Args:
        kind: ``'rotation'`` or ``'scale'``.
        runs: One a seed, from :func:`.claims_data.measure_robustness`.

    Returns:
        (n,): of each image the mean over transformations, minus the value
        untransformed, averaged over seeds, in points (-100 to 100).

    Raises:
        ValueError: If a run lacks the untransformed images or any other.
    """
    still = 0.0 if kind == 'rotation' else 1.0
    changes = []
    for run in runs:
        own = [r for r in run if r.kind == kind]
        base = [r.correct for r in own if r.value == still]
        moved = [r.correct for r in own if r.value != still]
        if not base or not moved:
            raise ValueError(
                f'{kind}: values {[r.value for r in own]}, expected {still} '
                'and others'
            )
        changes.append(100 * (np.mean(moved, 0) - base[0]))
    if not changes:
        raise ValueError(f'{kind}: no run, expected at least one')
    return np.mean(changes, 0)


def claim_robustness(
    kind: str,
    ours: Sequence[Sequence[Robustness]],
    resnet: Sequence[Sequence[Robustness]],
    *,
    network: str = 'GResNet-18',
    undecidable: str | None = None,
) -> Claim:
    """Whether a Gabor network loses less than ResNet when images are changed.

    Args:
        kind: ``'rotation'`` or ``'scale'``.
        ours: Of the Gabor network, one a seed.
        resnet: Of ResNet on the same images.
        network: The Gabor network's name.
        undecidable: Why these data cannot decide, or None.

    Raises:
        ValueError: If the two were not measured on the same number of images.
    """
    lost, lost_by_resnet = retained(kind, ours), retained(kind, resnet)
    if lost.shape != lost_by_resnet.shape:
        raise ValueError(
            f'{network} was measured on {len(lost)} images, ResNet on '
            f'{len(lost_by_resnet)}'
        )
    found = mean_interval(lost - lost_by_resnet, samples=RESAMPLES)
    low, high = found.interval or (None, None)
    values = sorted({r.value for r in ours[0] if r.kind == kind})
    return Claim(
        '"enhances the robustness of facial features against the scale '
        'changes and rotations"',
        f'section 1; {kind}',
        f'{network} changes by {lost.mean():.2f} points on average over '
        f'{kind} {values[0]:g} to {values[-1]:g}, ResNet-18 by '
        f'{lost_by_resnet.mean():.2f}: {found.mean:+.2f}',
        show(low, high),
        judge(low, high, 0, undecidable),
        undecidable
        or 'interval of the difference, paired, over the test images, seeds '
        'averaged; above 0 the Gabor network loses less',
    )


def claim_gain(
    text: str,
    source: str,
    measurement: str,
    differences: Sequence[float],
    *,
    undecidable: str | None = None,
) -> Claim:
    """Whether one network is more accurate than another, over seeds.

    Args:
        text: The claim.
        source: Where it stands.
        measurement: What is compared; the mean difference is added.
        differences: In points, one a seed.
        undecidable: Why these data cannot decide, or None.
    """
    found = mean_interval(list(differences))
    low, high = found.interval or (None, None)
    return Claim(
        text,
        source,
        f'{measurement}: {found.mean:+.2f} points, n = {found.n}',
        show(low, high),
        judge(low, high, 0, undecidable),
        explain(
            undecidable,
            low,
            'interval of the mean difference over seeds against 0',
        ),
    )


@dataclass(frozen=True)
class Rival:
    """A network beside ours in Fig. 1; no cost is a cost unknown.

    Args:
        name: Of the network.
        accuracy: In percent, as reported.
        parameters: A count, or None.
        multiply_adds: A count, or None.
    """

    name: str
    accuracy: float
    parameters: float | None = None
    multiply_adds: float | None = None


def claim_trade_off(
    rivals: Sequence[Rival],
    ours: Estimate,
    parameters: float,
    multiply_adds: float,
    *,
    undecidable: str | None = None,
) -> Claim:
    """Whether no rival is as accurate as ours at no more cost.

    Args:
        rivals: As reported; those without a cost count as no cheaper.
        ours: Accuracy measured here.
        parameters: Of ours.
        multiply_adds: Of ours.
        undecidable: Why these data cannot decide, or None.
    """
    cheaper = [
        r
        for r in rivals
        if r.parameters is not None
        and r.multiply_adds is not None
        and r.parameters <= parameters
        and r.multiply_adds <= multiply_adds
    ]
    best = max(rivals, key=lambda r: r.accuracy)
    bar = max(cheaper, key=lambda r: r.accuracy) if cheaper else best
    mean, low, high = ours
    return Claim(
        '"achieves the best trade-off between accuracy and efficiency '
        'compared with the latest state-of-the-art methods"',
        'Fig. 1',
        f'{mean:.2f}% with {parameters / 1e6:.2f} M parameters and '
        f'{multiply_adds / 1e9:.2f} G; {len(cheaper)} of {len(rivals)} '
        f'rivals cost no more; against {bar.name}, {bar.accuracy:.2f}%',
        show(low, high),
        judge(low, high, bar.accuracy, undecidable),
        explain(
            undecidable,
            low,
            'against the best of the rivals that cost no more'
            if cheaper
            else 'no rival costs as little: against the most accurate one',
        ),
    )
