"""Gabor convolutions into ordinary ones, for people without this package."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from csgresnet_mm.apis.trained import MismatchError, Trained, fixed_input
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.functional import modulate
from csgresnet_mm.layers import GConv
from csgresnet_mm.models import GResNet
from csgresnet_mm.programs.convert import plain_network
from csgresnet_mm.programs.convert.plain_network import PlainNetwork

TOLERANCE = 1e-5
"""Of the probabilities of the fixed inputs."""
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
EXPRESSED = {
    'avg_down': False,
    'deep_stem': False,
    'strides': (1, 2, 2, 2),
    'dilations': (1, 1, 1, 1),
    'num_stages': 4,
}
"""What the plain network can be: attributes of GResNet, and their values."""


def to_plain(trained: Trained) -> dict[str, Any]:
    """A checkpoint of nn.Conv2d weights, with the architecture it needs.

    One way: the learned kernels cannot be had back. It loads into
    :class:`~.plain_network.PlainNetwork`, and is compared with the original
    on fixed inputs.

    Args:
        trained: A GResNet-18 or -34 classifier.

    Returns:
        ``state_dict``, ``architecture``, ``classes``.

    Raises:
        ValueError: The network is none of these, or its shift is drawn at
            random, which plain layers do not express.
        MismatchError: The outputs differ.
    """
    backbone = trained.model.backbone
    if not isinstance(backbone, GResNet) or backbone.deployed:
        raise ValueError(
            f'the backbone is a {type(backbone).__name__}'
            f'{", deployed" if isinstance(backbone, GResNet) else ""}; '
            'expected a GResNet as it is trained'
        )
    architecture = _architecture(trained, backbone)
    state = _modulated(trained.model)
    plain = PlainNetwork(architecture)
    plain.load_state_dict(state)
    plain.eval()
    _compare(trained, plain)
    return {
        'state_dict': state,
        'architecture': architecture,
        'classes': list(trained.info.classes),
    }


def write_plain(checkpoint: Mapping[str, Any], out: Path) -> Path:
    """Write the checkpoint, and beside it the network as a Python file.

    Args:
        checkpoint: From :func:`to_plain`.
        out: The checkpoint's path.

    Returns:
        The path of the Python file.
    """
    buffer = io.BytesIO()
    torch.save(dict(checkpoint), buffer)
    source = Path(plain_network.__file__).read_bytes()
    code = out.with_name('plain_network.py')
    for path, content in ((out, buffer.getvalue()), (code, source)):
        with atomic_write(path, 0o644) as file:
            file.write(content)
    return code


def _architecture(trained: Trained, backbone: GResNet) -> dict[str, Any]:
    if backbone.depth not in BLOCKS:
        raise ValueError(
            f'depth={backbone.depth}; expected one of {tuple(BLOCKS)}'
        )
    for name, expected in EXPRESSED.items():
        found = getattr(backbone, name)
        found = tuple(found) if isinstance(found, (list, tuple)) else found
        if found != expected:
            raise ValueError(f'{name}={found}; expected {expected}')
    info = trained.info
    shifts = []
    for name, module in backbone.named_modules():
        if name.endswith('.shift') and module is not None:
            shifts.append(_shift(name, module))
    return {
        'depth': backbone.depth,
        'blocks': BLOCKS[backbone.depth],
        'in_channels': backbone.conv1.in_channels,
        'num_classes': len(info.classes),
        'num_orientations': backbone.conv1.num_orientations,
        'stem_channels': backbone.conv1.out_channels,
        'stem_kernel_size': backbone.stem_kernel_size,
        'base_channels': backbone.layer1[0].conv2.out_channels,
        'max_pool': backbone.with_max_pool,
        'shifts': shifts,
        'input_size': info.input_size,
        'channel_order': info.channel_order,
        'mean': info.mean,
        'std': info.std,
    }


def _shift(name: str, shift: nn.Module) -> dict[str, Any]:
    if shift.position == 'stochastic':
        raise ValueError(
            f"backbone.{name}: position='stochastic' has no plain form; "
            'expected a shift of two blocks'
        )
    divisor = shift.divisor
    named = {'start': 0, 'middle': divisor // 2 - 1, 'end': divisor - 2}
    index = named.get(shift.position, shift.position)
    stage, block = name.removesuffix('.shift').split('.')
    return {
        'stage': int(stage.removeprefix('layer')),
        'block': int(block),
        'arguments': (
            divisor,
            index,
            tuple(shift.directions),
            shift.num_orientations,
        ),
    }


def _modulated(model: nn.Module) -> dict[str, Tensor]:
    """The state dict with each Gabor convolution's whole kernel."""
    state = dict(model.state_dict())
    state.pop('backbone.orientations')
    for name, module in model.named_modules():
        if isinstance(module, GConv):
            bank = module.make_bank().to(module.weight)
            kernel = modulate(module.input_kernel.detach(), bank)
            state[f'{name}.weight'] = kernel
    return state


@torch.no_grad()
def _compare(trained: Trained, plain: nn.Module) -> None:
    x = fixed_input(trained.info, batch=4)
    expected = trained.model(x, mode='tensor').softmax(1)
    error = float((plain(x).softmax(1) - expected).abs().max())
    if not error <= TOLERANCE:
        raise MismatchError(
            f'the plain network differs by {error:.1e} in probability; '
            f'expected at most {TOLERANCE:.0e}'
        )
