"""The Gabor convolution with what follows it, for inference."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from csgresnet_mm.functional import (
    expand_bias,
    gabor_conv2d,
    modulate,
    plans,
    tracing,
)
from csgresnet_mm.functional.dense import pad
from csgresnet_mm.functional.gabor_conv import is_channels_last

if TYPE_CHECKING:
    from csgresnet_mm.layers.gconv import GConv


def fold_norm(conv: 'GConv', norm: nn.Module | None) -> tuple[Tensor, Tensor]:
    """Give what bias and batch norm do after a Gabor convolution.

    Args:
        conv: The convolution.
        norm: The batch norm after it, in its evaluation mode; None is none.

    Returns:
        A scale and a bias for each channel, float64, both (C_out,).

    Raises:
        ValueError: If the norm cannot be folded: not a batch norm, or one
            without running statistics.
    """
    channels = conv.out_channels
    scale = torch.ones(channels, dtype=torch.float64)
    bias = torch.zeros(channels, dtype=torch.float64)
    if conv.bias is not None:
        bias = conv.bias.detach().double().cpu()
        bias = expand_bias(bias, conv.num_orientations)
    if norm is None:
        return scale, bias
    if (
        not isinstance(norm, _BatchNorm)
        or norm.running_mean is None
        or norm.running_var is None
    ):
        raise ValueError(
            f'{type(norm).__name__} cannot be folded into a convolution, '
            'expected a batch norm with running statistics'
        )
    mean = norm.running_mean.double().cpu()
    scale = (norm.running_var.double().cpu() + norm.eps).rsqrt()
    if norm.affine:
        scale = scale * norm.weight.detach().double().cpu()
    bias = (bias - mean) * scale
    if norm.affine:
        bias = bias + norm.bias.detach().double().cpu()
    return scale, bias


class DeployedGConv(nn.Module):
    """A Gabor convolution with batch norm, residual and ReLU after it.

    ``y = relu(scale * gabor_conv(x) + bias + residual)``. Made from a trained
    :class:`GConv` by its ``switch_to_deploy``; it is not meant for training,
    its parameters take no gradient. Kernels are prepared once, for the C++
    kernel where it covers the case, else modulated: what was prepared belongs
    to this machine and is never saved, the state dict is portable.

    B batch, C_in and C_out channels, M orientations, O = C_out/M planes.

    Args:
        conv: The trained layer; it is copied.
        norm: The batch norm after it, folded; None is none.
        relu: Whether a ReLU follows.

    Shape:
        - Input: (B, C_in, H, W); residual: (B, C_out, H_out, W_out)
        - Output: (B, C_out, H_out, W_out)
        - weight: (O, C_in, h, w), scale and bias: (C_out,)
        - bank, packed, kernel (buffers, not in the state dict)

    Raises:
        ValueError: If the norm cannot be folded.

    Example:
        >>> from csgresnet_mm.layers import GConv
        >>> conv = GConv(4, 8, 3).switch_to_deploy(nn.BatchNorm2d(8))
        >>> conv(torch.rand(1, 4, 5, 5)).shape
        torch.Size([1, 8, 3, 3])
    """

    bank: Tensor
    packed: Tensor
    kernel: Tensor
    is_folded: bool
    keep_layout = True  # for pickles of before

    def __init__(
        self, conv: 'GConv', norm: nn.Module | None = None, relu: bool = False
    ) -> None:
        super().__init__()
        self.stride = conv.stride
        self.padding = conv.padding
        self.dilation = conv.dilation
        self.padding_mode = conv.padding_mode
        self.num_orientations = conv.num_orientations
        self.symmetric = conv.symmetric
        self.execution = conv.execution
        self.keep_layout = conv.keep_layout
        self.relu = relu
        self._make_bank = conv.make_bank  # no reference to conv
        scale, bias = fold_norm(conv, norm)
        weight = conv.input_kernel.detach().clone()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.scale = nn.Parameter(scale.to(weight), requires_grad=False)
        self.bias = nn.Parameter(bias.to(weight), requires_grad=False)
        for name in ('bank', 'packed', 'kernel'):
            self.register_buffer(name, None, persistent=False)
        self.prepare()

    def prepare(self) -> None:
        """Make the bank and the kernels for this device, dtype and CPU."""
        weight = self.weight
        self.bank = self._make_bank().to(weight)
        self.packed = torch.empty(0, dtype=torch.uint8, device=weight.device)
        self.kernel = weight.new_empty(0)
        self.is_folded = False
        if weight.is_meta:
            return
        with torch.no_grad():
            image = weight.new_empty((1, *weight.shape[1:]))
            plan = self.plan(image)
        if plan is not None:
            self.packed = plan.pack(weight, self.bank)
        self.is_folded = plan is None and self.execution != 'factorised'
        if self.is_folded:
            self.kernel = self._fold_kernel()

    def plan(self, x: Tensor) -> plans.Plan | None:
        """Who computes images (B, C_in, H, W); None is torch."""
        return plans.plan(
            self.execution,
            x,
            self.weight,
            self.bank,
            self.stride,
            self.padding,
            self.dilation,
            self.padding_mode,
            self.symmetric,
        )

    def _fold_kernel(self) -> Tensor:
        kernel = modulate(self.weight, self.bank)
        return kernel * self.scale[:, None, None, None]

    def _apply(
        self, fn: Callable[[Tensor], Tensor], recurse: bool = True
    ) -> 'DeployedGConv':
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.prepare()
        return self

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], *args: Any
    ) -> None:
        super()._load_from_state_dict(state_dict, *args)
        self.prepare()

    def __setstate__(self, state: dict[str, Any]) -> None:
        # an unpickled module may come from another CPU
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.prepare()

    def forward(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        """Convolve (B, C_in, H, W), add the residual, rectify."""
        if not tracing.is_scripting():
            fused = self._fused(x, residual)
            if fused is not None:
                return fused
        y = self._torch_form(x)
        if residual is not None:
            y = y + residual
        return F.relu(y) if self.relu else y

    def _fused(self, x: Tensor, residual: Tensor | None) -> Tensor | None:
        """Give the output of a kernel of ours, or None if torch computes."""
        if tracing.is_proxy(x):
            return None
        if not tracing.is_tracing():
            self._check(x)
        differentiable = torch.is_grad_enabled() and (
            x.requires_grad
            or (residual is not None and residual.requires_grad)
        )
        plan = None if differentiable else self.plan(x)
        if plan is None:
            return None
        y = plan.convolve_fused(
            x,
            self.weight,
            self.packed,
            self.bank,
            self.scale,
            self.bias,
            residual,
            self.relu,
        )
        if self.keep_layout and not is_channels_last(x):
            y = y.contiguous()
        return y

    def _check(self, x: Tensor) -> None:
        channels = self.weight.shape[1]
        if not isinstance(x, Tensor):
            raise TypeError(
                f'x is a {type(x).__name__}, expected a tensor of shape '
                f'(B, {channels}, H, W)'
            )
        if x.dim() != 4 or x.shape[1] != channels:
            raise ValueError(
                f'x of shape {tuple(x.shape)} does not fit, expected '
                f'(B, {channels}, H, W)'
            )

    def _torch_form(self, x: Tensor) -> Tensor:
        if not tracing.is_scripting():
            if self.execution == 'factorised':
                return self._factorised(x)
        padding = self.padding
        if self.padding_mode != 'zeros':
            x = pad(x, padding, self.padding_mode)
            padding = (0, 0)
        kernel = self.kernel if self.is_folded else self._fold_kernel()
        groups = 1  # FX quantisation wants it said
        return F.conv2d(
            x, kernel, self.bias, self.stride, padding, self.dilation, groups
        )

    def _factorised(self, x: Tensor) -> Tensor:
        y = gabor_conv2d(
            x,
            self.weight,
            self.bank,
            None,
            self.stride,
            self.padding,
            self.dilation,
            self.padding_mode,
            'factorised',
        )
        return y * self.scale[:, None, None] + self.bias[:, None, None]

    def extra_repr(self) -> str:
        """Name sizes and options."""
        planes, channels, *kernel_size = self.weight.shape
        return (
            f'{channels}, {planes * self.num_orientations}, '
            f'kernel_size={tuple(kernel_size)}, stride={self.stride}, '
            f'padding={self.padding}, relu={self.relu}, '
            f'execution={self.execution!r}'
        )
