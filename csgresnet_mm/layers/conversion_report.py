"""What a conversion to Gabor convolutions did, and what it costs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from csgresnet_mm.functional.flops import multiply_adds
from csgresnet_mm.layers.gconv import GConv


@dataclass(frozen=True)
class Cost:
    """Multiply-adds of one image: of a convolution, or of all.

    Args:
        before: Of the convolution as it was.
        dense: Of what stands there now, executed ``dense``.
        factorised: The same executed ``factorised`` or ``native``.
    """

    before: int = 0
    dense: int = 0
    factorised: int = 0

    def __add__(self, other: 'Cost') -> 'Cost':
        return Cost(
            self.before + other.before,
            self.dense + other.dense,
            self.factorised + other.factorised,
        )


@dataclass(frozen=True)
class ConvertedLayer:
    """One convolution of the network and what became of it.

    Args:
        names: Its names; a shared module has several.
        shape: What it is, for example ``'3x3, 64 to 128'``.
        reason: Why it was left; empty where it was converted.
        notes: What else changed.
        parameters: Before and after.
        cost: Multiply-adds, where an input size was given.
    """

    names: tuple[str, ...]
    shape: str
    reason: str
    notes: tuple[str, ...]
    parameters: tuple[int, int]
    cost: Cost | None = None


@dataclass(frozen=True)
class ConversionReport:
    """What :func:`csgresnet_mm.layers.convert_to_gconv` did.

    Args:
        layers: Every convolution, in the order of the model.
        parameters: Of the whole model, before and after.
        input_size: (C, H, W) that costs are for, or None.
    """

    layers: tuple[ConvertedLayer, ...]
    parameters: tuple[int, int]
    input_size: tuple[int, int, int] | None = None

    @property
    def converted(self) -> tuple[ConvertedLayer, ...]:
        """The convolutions that were converted."""
        return tuple(layer for layer in self.layers if not layer.reason)

    @property
    def left(self) -> tuple[ConvertedLayer, ...]:
        """The convolutions that were left, each with its reason."""
        return tuple(layer for layer in self.layers if layer.reason)

    @property
    def cost(self) -> Cost | None:
        """Multiply-adds of all 2-D convolutions, or None without a size."""
        if self.input_size is None:
            return None
        costs = [layer.cost for layer in self.layers if layer.cost]
        return sum(costs, Cost())

    def __str__(self) -> str:
        before, after = self.parameters
        lines = [
            f'{len(self.converted)} of {len(self.layers)} convolutions are '
            f'Gabor convolutions now; parameters {before:,} -> {after:,}'
        ]
        if self.cost is not None and self.input_size is not None:
            size = 'x'.join(map(str, self.input_size))
            lines.append(
                f'multiply-adds of convolutions at {size}: '
                f'{self.cost.before:,} -> {self.cost.dense:,} dense, '
                f'{self.cost.factorised:,} factorised'
            )
        for layer in self.layers:
            what = f'left: {layer.reason}'
            if not layer.reason:
                what = '{:,} -> {:,} parameters'.format(*layer.parameters)
            what = '; '.join((what, *layer.notes))
            lines.append(
                f'  {" = ".join(layer.names)} ({layer.shape}): {what}'
            )
        return '\n'.join(lines)


def count_parameters(module: nn.Module) -> int:
    """Count parameters, a shared one once; one without a size is none."""
    return sum(p.numel() for p in module.parameters() if not is_lazy(p))


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; each module's own mode again after."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def count_positions(
    model: nn.Module,
    convs: Sequence[nn.Module],
    input_size: tuple[int, int, int],
) -> dict[nn.Module, int]:
    """Run one image and count what each convolution computes.

    Args:
        model: The network; its modes and statistics stay as they are.
        convs: The convolutions.
        input_size: (C, H, W).

    Returns:
        Convolution -> positions of its output, over all its calls.
    """
    positions = dict.fromkeys(convs, 0)

    def count(module: nn.Module, args: tuple[Any, ...], out: Tensor) -> None:
        positions[module] += out.shape[-2] * out.shape[-1]

    image = torch.zeros(1, *input_size)
    image = image.to(next(model.parameters(), image))
    handles = [conv.register_forward_hook(count) for conv in positions]
    try:
        with _evaluating(model), torch.no_grad():
            model(image)
    finally:
        for handle in handles:
            handle.remove()
    return positions


def cost_of(old: nn.Module, new: nn.Module, positions: int) -> Cost:
    """Give the multiply-adds before and after.

    Args:
        old: The convolution as it was.
        new: What stands there now; the same where it was left.
        positions: Positions of the output.
    """
    dense = _dense(new) * positions
    factorised = dense
    if isinstance(new, GConv):
        kernel = new.input_kernel.shape
        out = (1, new.out_channels, positions, 1)
        factorised = multiply_adds((), kernel, new.bank.shape, out)
    return Cost(_dense(old) * positions, dense, factorised)


def _dense(conv: nn.Module) -> int:
    """Multiply-adds at one position of the output."""
    if not isinstance(conv, (nn.Conv2d, GConv)):
        return 0
    height, width = conv.kernel_size
    channels = conv.in_channels * conv.out_channels // conv.groups
    return height * width * channels
