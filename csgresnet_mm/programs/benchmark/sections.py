"""What is compared with what."""

from collections.abc import Callable, Iterator

import torch

from csgresnet_mm.apis.measuring.compared_networks import (
    MOBILE,
    OURS,
    POOLED,
    SAME_RESOLUTION,
    STOCK,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.memory import is_supported
from csgresnet_mm.apis.measuring.steps import (
    LayerArm,
    NetworkArm,
    find_layers,
)
from csgresnet_mm.programs.benchmark.cases import Arm, BenchmarkSizes, Case
from csgresnet_mm.programs.benchmark.daily import busy, small
from csgresnet_mm.programs.benchmark.environment import (
    has_bf16,
    own_execution,
)


def _our_forms(
    sizes: BenchmarkSizes, device: str, *, training: bool
) -> list[NetworkForm]:
    """Ours, the first being what we advise."""
    forms = [NetworkForm(own_execution(device), folded=not training)]
    for execution in ('native', 'dense', 'factorised'):
        if execution != 'native' or own_execution(device) == 'native':
            forms.append(NetworkForm(execution))
    if sizes.compiled:
        form = NetworkForm(
            own_execution(device), folded=not training, compiled=True
        )
        forms.append(form)
    return list(dict.fromkeys(forms))


def _peer_forms(sizes: BenchmarkSizes, *, training: bool) -> list[NetworkForm]:
    """Of which a peer is taken in the best."""
    forms = [NetworkForm(), NetworkForm(channels_last=True)]
    if not training:
        forms.append(NetworkForm(folded=True, channels_last=True))
    if sizes.compiled:
        forms.append(NetworkForm(compiled=True))
    if sizes.compiled and training:
        forms.append(NetworkForm(channels_last=True, compiled=True))
    if sizes.compiled and not training:
        forms += [
            NetworkForm(compiled=True, frozen=True),
            NetworkForm(
                folded=True, channels_last=True, compiled=True, frozen=True
            ),
        ]
    return forms


def _growth_forms(sizes: BenchmarkSizes) -> list[NetworkForm]:
    """Of a peer, in inference: folded or frozen, which saves the norms."""
    forms = _peer_forms(sizes, training=False)
    return [form for form in forms if form.folded or form.frozen]


def _all_arms(
    sizes: BenchmarkSizes,
    device: str,
    batch: int,
    *,
    training: bool = False,
    dtype: torch.dtype = torch.float32,
) -> list[Arm]:
    """Ours in all forms and every peer in all forms."""
    ours = _our_forms(sizes, device, training=training)
    peers = _peer_forms(sizes, training=training)
    wanted = [(ComparedNetwork(OURS), form) for form in ours]
    wanted.append((ComparedNetwork(POOLED), ours[0]))
    for role in (SAME_RESOLUTION, STOCK, MOBILE):
        wanted += [(ComparedNetwork(role), form) for form in peers]
    return [
        NetworkArm(network, form, batch, sizes.image, training, dtype)
        for network, form in wanted
    ]


def _growth_arms(
    sizes: BenchmarkSizes,
    device: str,
    batch: int,
    image: int,
    *,
    depth: int = 18,
    num_orientations: int = 4,
) -> list[Arm]:
    """Ours deployed, native and dense; the ResNets, norms folded."""
    ours = ComparedNetwork(OURS, depth, num_orientations)
    forms = dict.fromkeys(
        (
            NetworkForm(own_execution(device), folded=True),
            NetworkForm('dense', folded=True),
        )
    )
    wanted = [(ours, form) for form in forms]
    for role in (SAME_RESOLUTION, STOCK):
        wanted += [
            (ComparedNetwork(role, depth), f) for f in _growth_forms(sizes)
        ]
    return [NetworkArm(net, form, batch, image) for net, form in wanted]


def inference(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Inference in float32."""
    for batch in sizes.batches:
        yield Case(f'batch {batch}', _all_arms(sizes, device, batch))


def training(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """A training step in float32: forward, backward, SGD."""
    for batch in sizes.training_batches:
        arms = _all_arms(sizes, device, batch, training=True)
        yield Case(f'batch {batch}', arms)


def memory(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Peak memory of a training step, against the two ResNets."""
    if is_supported(device):
        roles = (OURS, SAME_RESOLUTION, STOCK)
        for case in training(sizes, device):
            yield Case(case.name, [a for a in case.arms if a.role in roles])


def bf16(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Inference with weights and images in bfloat16."""
    if device == 'cuda' or has_bf16():
        for batch in sizes.batches:
            arms = _all_arms(sizes, device, batch, dtype=torch.bfloat16)
            yield Case(f'batch {batch}', arms)


def layers(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Each distinct layer, native against the best layout of dense.

    ``inference`` is the deployed layer, whose dense form is F.conv2d with
    kernels modulated before; ``training`` is forward and backward.
    """
    if own_execution(device) != 'native':
        return
    found = find_layers(ComparedNetwork(OURS), sizes.image)
    modes = [('forward', batch) for batch in sizes.batches]
    modes += [('inference', batch) for batch in sizes.batches]
    modes += [('training', batch) for batch in sizes.training_batches]
    for mode, batch in modes:
        for layer in found:
            arms = []
            for role, execution, channels_last in (
                (OURS, 'native', True),
                ('dense', 'dense', True),
                ('dense', 'dense', False),
            ):
                folded = mode == 'inference'
                form = NetworkForm(execution, folded, channels_last)
                backward = mode == 'training'
                arms.append(LayerArm(layer, form, batch, backward, role))
            yield Case(f'{mode}, batch {batch}, {layer}', arms)


def growth_batch(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Inference at growing batch."""
    for batch in sizes.growth_batches:
        arms = _growth_arms(sizes, device, batch, sizes.image)
        yield Case(f'batch {batch}', arms)


def growth_resolution(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Inference at growing resolution."""
    for image in sizes.resolutions:
        arms = _growth_arms(sizes, device, sizes.growth_batch, image)
        yield Case(f'{image}x{image}', arms)


def growth_orientations(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Inference at growing M."""
    for m in sizes.orientations:
        arms = _growth_arms(
            sizes, device, sizes.growth_batch, sizes.image, num_orientations=m
        )
        yield Case(f'M={m}', arms)


def growth_depth(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Inference at growing depth."""
    for depth in sizes.depths:
        arms = _growth_arms(
            sizes, device, sizes.growth_batch, sizes.image, depth=depth
        )
        yield Case(f'depth {depth}', arms)


SECTIONS: dict[str, Callable[[BenchmarkSizes, str], Iterator[Case]]] = {
    'inference': inference,
    'training': training,
    'memory': memory,
    'bf16': bf16,
    'layers': layers,
    'growth-batch': growth_batch,
    'growth-resolution': growth_resolution,
    'growth-orientations': growth_orientations,
    'growth-depth': growth_depth,
    'small': small,
    'busy': busy,
}
"""Name -> the cases; none where this machine cannot run the section."""
