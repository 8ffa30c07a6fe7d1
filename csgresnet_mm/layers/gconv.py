"""The Gabor convolution layer."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from csgresnet_mm.functional import (
    EXECUTIONS,
    PADDING_MODES,
    check_channels,
    dense_conv2d,
    filter_bank,
    gabor_conv2d,
    is_symmetric,
    resolve_orientations,
    sum_expanded_kernel,
    tracing,
)
from csgresnet_mm.layers.deployed_gconv import DeployedGConv


def _pair(
    value: int | Sequence[int], name: str, lowest: int = 1
) -> tuple[int, int]:
    """Give (vertical, horizontal) of a size that is one number or two."""
    pair = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(pair) != 2 or not all(
        isinstance(size, int) and size >= lowest for size in pair
    ):
        raise ValueError(
            f'{name}={value!r} must be one integer or two, at least {lowest}'
        )
    return pair


class GConv(nn.Module):
    r"""Gabor convolution, a drop-in for :class:`torch.nn.Conv2d`.

    .. math:: y_{oM+u} = b_o + \sum_c (W_{o,c} \cdot G_u) \otimes x_c

    CS-GResNet, Eq. 1 and 2; Luan et al., "Gabor Convolutional Networks"
    (GCN). Each learned kernel W is multiplied with the M fixed filters G of a
    Gabor bank, so that C output channels need C/M learned kernels. Channel
    counts are those of the feature maps; the orientation u is the fastest
    channel index. It is not an ``nn.Conv2d``, which convolution-BN fusion
    would fold wrongly.

    B batch, C_in and C_out channels, M orientations, O = C_out/M planes, h
    and w the kernel's height and width.

    Args:
        in_channels: C_in, the channels of the input.
        out_channels: C_out, the channels of the output.
        kernel_size: Kernel size in pixels, one number or (h, w).
        stride: Stride, one number or a pair.
        padding: Padding on each side, one number or a pair.
        dilation: Spacing of the taps, one number or a pair.
        groups: Must be 1.
        bias: Whether to learn one value a plane, added to its M channels.
        padding_mode: ``'zeros'``, ``'reflect'``, ``'replicate'`` or
            ``'circular'``.
        num_orientations: M, the number of orientations.
        scale: The scale index v of the Gabor filters.
        orientations: M angles in radians; None takes (u + 1) * pi / M.
        expand: Whether each input channel is repeated M times first, as in a
            first layer (equivalent to summing the kernel over the copies,
            which is what is done). None: where M does not divide C_in.
        bank: ``'gabor'``, ``'ones'`` or ``'random'``, see
            :func:`csgresnet_mm.functional.filter_bank`.
        execution: ``'auto'``, ``'dense'``, ``'factorised'``, ``'native'`` or
            ``'triton'``, see :func:`csgresnet_mm.functional.gabor_conv2d`; an
            attribute that may be changed at any time, see
            :func:`set_execution`.

    Shape:
        - Input: (B, C_in, H, W)
        - Output: (B, C_out, H_out, W_out)
        - weight: (O, C_in, h, w), with expansion (O, C_in*M, h, w)
        - bias: (O,)
        - bank (buffer, not in the state dict): (M, h, w)

    Raises:
        ValueError: If M does not divide C_out (or C_in with
            ``expand=False``), groups is not 1, or another argument is out of
            its range.

    Example:
        >>> GConv(64, 128, 3, padding=1)(torch.rand(1, 64, 8, 8)).shape
        torch.Size([1, 128, 8, 8])
    """

    bank: Tensor
    bias: Tensor | None
    keep_layout = True
    """Whether a contiguous input gives a contiguous output, see
    :func:`release_layout`."""

    __jit_unused_properties__ = ('input_kernel',)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = 'zeros',
        *,
        num_orientations: int = 4,
        scale: int = 3,
        orientations: Sequence[float] | None = None,
        expand: bool | None = None,
        bank: str = 'gabor',
        execution: str = 'auto',
    ) -> None:
        super().__init__()
        if execution not in EXECUTIONS:
            raise ValueError(
                f'execution={execution!r} must be one of {EXECUTIONS}'
            )
        if groups != 1:
            raise ValueError(
                f'groups={groups}: a Gabor convolution has no groups, '
                'expected groups=1'
            )
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f'padding_mode={padding_mode!r} must be one of {PADDING_MODES}'
            )
        planes = check_channels(out_channels, num_orientations, 'out_channels')
        if expand is None:
            expand = in_channels % num_orientations != 0
        if expand:
            weight_channels = in_channels * num_orientations
        else:
            check_channels(in_channels, num_orientations, 'in_channels')
            weight_channels = in_channels
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _pair(kernel_size, 'kernel_size')
        self.stride = _pair(stride, 'stride')
        self.padding = _pair(padding, 'padding', lowest=0)
        self.dilation = _pair(dilation, 'dilation')
        self.groups = groups
        self.padding_mode = padding_mode
        self.transposed = False  # read, as is the next, by mmcv's ConvModule
        self.output_padding = (0, 0)
        self.num_orientations = num_orientations
        self.scale = scale
        self.orientations = resolve_orientations(
            num_orientations, orientations
        )
        self.expand = expand
        self.bank_kind = bank
        self.make_bank = partial(
            filter_bank,
            bank,
            self.kernel_size,
            num_orientations,
            scale=scale,
            orientations=self.orientations,
        )
        self.symmetric = is_symmetric(bank, self.kernel_size)
        self.execution = execution
        self.weight = nn.Parameter(
            torch.empty(planes, weight_channels, *self.kernel_size)
        )
        if bias:
            self.bias = nn.Parameter(torch.empty(planes))
        else:
            self.register_parameter('bias', None)
        self.register_buffer('bank', None, persistent=False)
        self.init_weights()

    def _refresh_bank(self) -> None:
        """Cast the float64 bank to where and what the weight is."""
        self.bank = self.make_bank().to(self.weight)

    def init_weights(self) -> None:
        """Draw the weights: Kaiming, fan-out of the modulated kernel (GCN).

        MMEngine's Kaiming would count the O learned kernels only and draw
        sqrt(M) too large. The bank is made anew: it may hold anything after
        ``to_empty``.
        """
        self._refresh_bank()
        height, width = self.kernel_size
        fan_out = height * width * self.out_channels
        nn.init.normal_(self.weight, std=math.sqrt(2 / fan_out))
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def _apply(
        self, fn: Callable[[Tensor], Tensor], recurse: bool = True
    ) -> 'GConv':
        # .half().float() must not leave a coarse bank behind
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._refresh_bank()
        return self

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], *args: Any
    ) -> None:
        # load_state_dict(assign=True) may change dtype and device
        super()._load_from_state_dict(state_dict, *args)
        self._refresh_bank()

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, C_in, H, W) to (B, C_out, H_out, W_out)."""
        if tracing.is_scripting():
            kernel: Tensor = self.weight
            if self.expand:
                kernel = sum_expanded_kernel(kernel, self.num_orientations)
            y = dense_conv2d(
                x,
                kernel,
                self.bank,
                self.bias,
                self.stride,
                self.padding,
                self.dilation,
                self.padding_mode,
            )
        else:
            self._follow_weight()
            y = gabor_conv2d(
                x,
                self.input_kernel,
                self.bank,
                self.bias,
                self.stride,
                self.padding,
                self.dilation,
                self.padding_mode,
                self.execution,
                symmetric=self.symmetric,
                keep_layout=self.keep_layout,
            )
        return y

    def _follow_weight(self) -> None:
        """Renew the bank if the weight was replaced by another kind."""
        weight, bank = self.weight, self.bank
        if not tracing.is_proxy(weight) and (
            (bank.dtype, bank.device) != (weight.dtype, weight.device)
        ):
            self._refresh_bank()

    @property
    def input_kernel(self) -> Tensor:
        """Learned kernels (O, C_in, h, w), an expansion summed in."""
        if self.expand:
            return sum_expanded_kernel(self.weight, self.num_orientations)
        return self.weight

    def switch_to_deploy(
        self, norm: nn.Module | None = None, relu: bool = False
    ) -> DeployedGConv:
        """Give this layer, and what follows it, in the form for inference.

        Args:
            norm: The batch norm after it, in its evaluation mode.
            relu: Whether a ReLU follows.

        Returns:
            A new layer; this one stays as it is.

        Raises:
            ValueError: If the norm cannot be folded.
        """
        return DeployedGConv(self, norm, relu)

    def extra_repr(self) -> str:
        """Describe the layer as ``nn.Conv2d`` does."""
        parts = [
            f'{self.in_channels}, {self.out_channels}',
            f'kernel_size={self.kernel_size}, stride={self.stride}',
            f'padding={self.padding}, dilation={self.dilation}',
            f'bias={self.bias is not None}',
            f'num_orientations={self.num_orientations}, scale={self.scale}',
            f'expand={self.expand}, bank={self.bank_kind!r}',
            f'execution={self.execution!r}',
        ]
        return ', '.join(parts)


def set_execution(model: nn.Module, execution: str) -> None:
    """Switch every Gabor convolution of a model, in place.

    Args:
        model: The model.
        execution: ``'auto'``, ``'dense'``, ``'factorised'``, ``'native'`` or
            ``'triton'``.

    Raises:
        ValueError: If ``execution`` is unknown.

    Example:
        >>> conv = GConv(4, 8, 3)
        >>> set_execution(conv, 'dense')
        >>> conv.execution
        'dense'
    """
    if execution not in EXECUTIONS:
        raise ValueError(
            f'execution={execution!r} must be one of {EXECUTIONS}'
        )
    for module in model.modules():
        if isinstance(module, (GConv, DeployedGConv)):
            module.execution = execution
            if isinstance(module, DeployedGConv):
                module.prepare()


def release_layout(model: nn.Module) -> None:
    """Let Gabor convolutions leave their output in channels-last memory.

    For a network whose layers all take either memory format: it saves a copy
    after each kernel of ours. Elsewhere a contiguous input gives a
    contiguous output, as in ``nn.Conv2d``, which ``view`` relies on.

    Args:
        model: The model.

    Example:
        >>> conv = GConv(4, 8, 3)
        >>> release_layout(conv)
        >>> conv.keep_layout
        False
    """
    for module in model.modules():
        if isinstance(module, (GConv, DeployedGConv)):
            module.keep_layout = False
