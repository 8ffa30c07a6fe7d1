"""A plan in groups, with the hours it may take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import torch

from csgresnet_mm.evaluation import TITLES
from csgresnet_mm.paper.configs import compose
from csgresnet_mm.paper.counts import build
from csgresnet_mm.paper.plan import OURS, Run, Sizes

TRAIN_IMAGES = {
    'affectnet': 283_901,
    'rafdb': 12_271,
    'fer2013': 28_709,
    'fer2013-paper': 32_295,
    'sfew': 958,
}
"""As published; those of the demo are an option."""
DEEPER = 2.1
"""Multiply-adds of GResNet-34 for one of GResNet-18."""
BATCH, STEPS = 16, 2


def describe_plan(runs: Sequence[Run], sizes: Sizes) -> str:
    """A line for each data set and protocol, and their sum.

    Args:
        runs: Of the plan.
        sizes: How much is trained.
    """
    if not runs:
        return '0 trainings: these items are counted, not trained'
    second = images_a_second(48 if sizes.demo else 112)
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.data, run.protocol), []).append(run)
    lines, total = [], 0.0
    for (data, protocol), own in groups.items():
        hours = sum(_images(run, sizes) for run in own) / second / 3600
        total += hours
        networks = Counter(run.network for run in own)
        seeds = len({run.seed for run in own})
        title = TITLES.get(protocol, protocol)
        lines.append(
            f'{data}, protocol {title}: {len(own)} trainings '
            f'({len(networks)} networks, {seeds} seeds), {hours:,.1f} h'
        )
    device = 'GPU' if torch.cuda.is_available() else 'CPU'
    lines.append(
        f'{len(runs)} trainings of {sizes.epochs_of_a_run} epochs, about '
        f"{total:,.1f} h one after another on this machine's {device}: "
        f'CS-GResNet-18 takes {second:,.0f} images a second in a step timed '
        'now; loading and tests are not in it'
    )
    return '\n'.join(lines)


def _images(run: Run, sizes: Sizes) -> float:
    """Images that go through, as if the network were CS-GResNet-18."""
    images = TRAIN_IMAGES.get(run.data, sizes.num_train)
    factor = DEEPER if '34' in run.network else 1.0
    return images * sizes.epochs_of_a_run * factor


def images_a_second(side: int) -> float:
    """Of a training step of CS-GResNet-18, timed here.

    Args:
        side: Of the images, in pixels.
    """
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    model = build(compose(OURS, 'rafdb').model.to_dict()).to(device).train()
    x = torch.zeros(BATCH, 3, side, side, device=device)
    seconds = []
    for _ in range(STEPS):  # the first one warms up
        begin = time.perf_counter()
        model(x, mode='tensor').sum().backward()
        if device == 'cuda':
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begin)
    return BATCH / min(seconds)
