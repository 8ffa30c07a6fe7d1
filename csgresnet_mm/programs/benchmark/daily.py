"""Where people run it: small faces, and machines that others use, too."""

from collections.abc import Iterator

import torch

from csgresnet_mm.apis.measuring.compared_networks import (
    OURS,
    SAME_RESOLUTION,
    STOCK,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.steps import NetworkArm
from csgresnet_mm.programs.benchmark.cases import BenchmarkSizes, Case
from csgresnet_mm.programs.benchmark.environment import (
    has_bf16,
    own_execution,
)
from csgresnet_mm.programs.benchmark.neighbours import BUSY, LOADER

NEIGHBOURS = {
    'quiet': (),
    'beside two loaders': (LOADER, LOADER),
    'beside a busy process': (BUSY,),
}


def _arms(
    sizes: BenchmarkSizes,
    device: str,
    batch: int,
    image: int,
    *,
    training: bool = False,
    amp: torch.dtype | None = None,
) -> list[NetworkArm]:
    """Ours and the two ResNets, in the forms that were the fastest."""
    ours = NetworkForm(own_execution(device), folded=not training)
    peers = [NetworkForm(), NetworkForm(channels_last=True)]
    if not training:
        folded = NetworkForm(folded=True, channels_last=True)
        peers = [folded]
        if sizes.compiled:
            peers.append(
                NetworkForm(
                    folded=True,
                    channels_last=True,
                    compiled=True,
                    frozen=True,
                )
            )
    wanted = [(ComparedNetwork(OURS), ours)]
    for role in (SAME_RESOLUTION, STOCK):
        wanted += [(ComparedNetwork(role), form) for form in peers]
    return [
        NetworkArm(network, form, batch, image, training, amp=amp)
        for network, form in wanted
    ]


def small(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Faces of 44 and 48 pixels: inference, and a training step.

    Training in bfloat16 is that of ``tools/train.py --amp``, under autocast.
    """
    for image in sizes.small_images:
        for batch in sizes.small_batches:
            name = f'inference, batch {batch}, {image}x{image}'
            yield Case(name, _arms(sizes, device, batch, image))
        for amp in (None, torch.bfloat16):
            if amp is not None and device == 'cpu' and not has_bf16():
                continue
            batch = sizes.small_batches[-1]
            kind = 'fp32' if amp is None else 'bf16'
            name = f'training, {kind}, batch {batch}, {image}x{image}'
            arms = _arms(sizes, device, batch, image, training=True, amp=amp)
            yield Case(name, arms)


def busy(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Alone, and beside other processes that want the same processors.

    A loader works half of the time, a busy process always. What a program
    here sets for its threads is set for every network: see
    ``csgresnet_mm/process.py``; with ``GOMP_SPINCOUNT=300000`` in the
    environment they wait as they would without it.
    """
    image, batch = sizes.small_images[0], sizes.small_batches[-1]
    for title, programs in NEIGHBOURS.items():
        arms = _arms(sizes, device, batch, image, training=True)
        name = f'training, batch {batch}, {image}x{image}, {title}'
        yield Case(name, arms, neighbours=programs)
        arms = _arms(sizes, device, 1, image)
        name = f'inference, batch 1, {image}x{image}, {title}'
        yield Case(name, arms, neighbours=programs)
