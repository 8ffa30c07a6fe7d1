"""What is compared on a GPU: the sections of ``--device cuda``.

Few forms, since a card is lent by the minute: everything channels-last, with
and without a CUDA graph, compiled in one case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from csgresnet_mm.apis.measuring.compared_networks import (
    DENSE,
    MOBILE,
    OURS,
    POOLED,
    SAME_RESOLUTION,
    STOCK,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.steps import (
    Layer,
    LayerArm,
    NetworkArm,
    find_layers,
)
from csgresnet_mm.functional.measured import Row
from csgresnet_mm.programs.benchmark.cases import Arm, BenchmarkSizes, Case

DTYPES = {
    'fp32': torch.float32,
    'tf32': torch.float32,
    'fp16': torch.float16,
    'bf16': torch.bfloat16,
}
"""Precision -> dtype; the first two differ by torch's switch."""

_PEERS = (SAME_RESOLUTION, STOCK, MOBILE)

SIZES = BenchmarkSizes(
    batches=(1, 32, 256),
    training_batches=(64, 256),
    least_ms=15.0,
    memory_rounds=1,
)


def _forms(sizes: BenchmarkSizes, *, training: bool) -> list[NetworkForm]:
    """With a CUDA graph first; without, where only trying out."""
    eager = NetworkForm(folded=not training, channels_last=True)
    return [replace(eager, graph=True), eager] if sizes.graphs else [eager]


def _arms(
    sizes: BenchmarkSizes,
    batch: int,
    precision: str,
    *,
    training: bool = False,
    compiled: bool = False,
) -> Iterator[Arm]:
    forms = _forms(sizes, training=training)
    wanted = [
        *(
            (ComparedNetwork(OURS), replace(f, execution='triton'))
            for f in forms
        ),
        (ComparedNetwork(OURS), replace(forms[0], execution='factorised')),
        *(
            (ComparedNetwork(DENSE), replace(f, execution='dense'))
            for f in forms
        ),
        (ComparedNetwork(POOLED), replace(forms[0], execution='triton')),
        *((ComparedNetwork(role), f) for role in _PEERS for f in forms),
    ]
    if compiled:
        form = replace(forms[-1], compiled=True)
        wanted.append(
            (ComparedNetwork(OURS), replace(form, execution='triton'))
        )
        wanted += [(ComparedNetwork(role), form) for role in _PEERS[:2]]
    dtype = DTYPES[precision]
    for network, form in wanted:
        if training:  # as --amp: weights stay float32
            amp = None if dtype == torch.float32 else dtype
            yield NetworkArm(network, form, batch, sizes.image, True, amp=amp)
        else:
            yield NetworkArm(network, form, batch, sizes.image, False, dtype)


def _inference(
    precision: str,
) -> Callable[[BenchmarkSizes, str], Iterator[Case]]:
    def section(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
        for batch in sizes.batches:
            last = precision == 'fp16' and batch == sizes.batches[-1]
            arms = _arms(
                sizes, batch, precision, compiled=last and sizes.compiled
            )
            yield Case(f'batch {batch}', list(arms), precision)

    section.__doc__ = f'Inference in {precision}, deployed, on a GPU.'
    return section


def training(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """A training step on a GPU, in TF32 and under autocast in float16."""
    for precision in ('tf32', 'fp16'):
        for batch in sizes.training_batches:
            yield Case(
                f'{precision}, batch {batch}',
                list(_arms(sizes, batch, precision, training=True)),
                precision,
            )


def layers(sizes: BenchmarkSizes, device: str) -> Iterator[Case]:
    """Each distinct layer, Triton against cuDNN's dense form.

    ``inference`` is the deployed layer, whose dense form is F.conv2d with
    kernels modulated before; ``training`` is forward and backward.
    """
    for precision, dtype in DTYPES.items():
        for layer in find_layers(ComparedNetwork(OURS), sizes.image):
            if layer.kernel_size > 3:
                continue  # the stem shares nothing
            for training, batches in (
                (False, sizes.batches),
                (True, sizes.training_batches),
            ):
                for batch in batches:
                    arms = [
                        LayerArm(
                            layer,
                            NetworkForm(execution, not training, True),
                            batch,
                            training,
                            role,
                            dtype,
                        )
                        for role, execution in (
                            (OURS, 'triton'),
                            ('dense', 'dense'),
                        )
                    ]
                    mode = 'training' if training else 'inference'
                    yield Case(
                        f'{mode}, {precision}, batch {batch}, {layer}',
                        arms,
                        precision,
                        _row(layer, batch, dtype, training),
                    )


def _row(layer: Layer, batch: int, dtype: torch.dtype, training: bool) -> Row:
    (height, width) = (
        -(-size // layer.stride) for size in (layer.height, layer.width)
    )
    return Row(
        str(dtype).removeprefix('torch.'),
        layer.kernel_size,
        layer.stride,
        4,
        layer.in_channels,
        layer.out_channels // 4,
        training,
        batch * height * width,
    )


SECTIONS: dict[str, Callable[[BenchmarkSizes, str], Iterator[Case]]] = {
    'layers': layers,
    'fp16': _inference('fp16'),
    'training': training,
    'tf32': _inference('tf32'),
    'bf16': _inference('bf16'),
    'inference': _inference('fp32'),
}
"""Name -> the cases, the most wanted first."""
