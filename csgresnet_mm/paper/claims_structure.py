"""Claims about parameters, receptive field, and the cost of the shift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from csgresnet_mm.paper.claims_cost import (
    FROZEN,
    OURS,
    PLAIN,
    ShiftCost,
    ratios,
)
from csgresnet_mm.paper.claims_verdict import (
    CONFIRMED,
    CONTRADICTED,
    Claim,
    judge,
    show,
)

LIMITED = 1.05
"""Our reading of "very limited": at most this many times the cost."""


def claim_parameters(resnet: int, gresnet: int, depth: int) -> Claim:
    """Whether GResNet has about four times fewer parameters; exact."""
    ratio = resnet / gresnet
    return Claim(
        '"reduce about 4 times memory costs comparing with the corresponding '
        'ResNet"',
        f'section 3.2; depth {depth}',
        f'{resnet:,} / {gresnet:,} parameters = {ratio:.2f}',
        '',
        CONFIRMED if 3.5 <= ratio <= 4.5 else CONTRADICTED,
        'of parameters, counted; what training holds in memory is another '
        'matter',
    )


def claim_receptive_field(
    gresnet: int, resnet: int, gresnet_with_pool: int, image: int
) -> Claim:
    """Whether removing the max pool increases the receptive field; exact.

    Args:
        gresnet: Receptive field of GResNet in pixels.
        resnet: That of the paper's ResNet, which has the pool.
        gresnet_with_pool: That of GResNet with the pool.
        image: Side of the image in pixels.
    """
    both = min(gresnet, resnet) >= image
    return Claim(
        '"remove the max pool layer in ResNet, which increases the receptive '
        'field of the model"',
        'section 2.1',
        f'{gresnet} pixels for GResNet-18, {gresnet_with_pool} for the same '
        f'with max pool, {resnet} for ResNet-18',
        '',
        CONFIRMED if gresnet > gresnet_with_pool else CONTRADICTED,
        'computed layer by layer'
        + (f'; all exceed the image, {image} pixels' if both else ''),
    )


def claim_shift_cost(costs: Sequence[ShiftCost], quantity: str) -> list[Claim]:
    """Whether the shift costs little in training: the paper's form and ours.

    Args:
        costs: From :func:`.claims_cost.measure_shift_cost`, one stage.
        quantity: ``'time'`` or ``'memory'``.

    Raises:
        ValueError: If the quantity is unknown.
    """
    field = {'time': 'milliseconds', 'memory': 'mebibytes'}.get(quantity)
    if field is None:
        raise ValueError(f"quantity={quantity!r}, expected 'time' or 'memory'")
    by_form = {cost.form: cost for cost in costs}
    base = getattr(by_form[PLAIN], field)
    claims = []
    for form in (FROZEN, OURS):
        cost = by_form[form]
        values = getattr(cost, field)
        low = high = None
        shown = 'cannot be measured on this system'
        if values:
            found = ratios(values, base)
            low, high = (float(q) for q in np.quantile(found, (0.025, 0.975)))
            shown = f'{np.median(found):.3f} times that without a shift'
        claims.append(
            Claim(
                '"efficient during the back propagation", "very limited extra '
                'computational and memory cost"',
                f'sections 1 and 2.2; {form}, layer {cost.stage}',
                f'{quantity} of a training step: {shown} '
                f'({cost.frozen_parameters:,} frozen parameters)',
                show(low, high, 3),
                judge(*_negative(low, high), -LIMITED),
                f'"very limited" read as at most {LIMITED:g} times; interval: '
                '95% of the rounds',
                varies=True,
            )
        )
    return claims


def _negative(
    low: float | None, high: float | None
) -> tuple[float | None, float | None]:
    """The interval of the negative, to judge what ought to be small."""
    if low is None or high is None:
        return None, None
    return -high, -low
