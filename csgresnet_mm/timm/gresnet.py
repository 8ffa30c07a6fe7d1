"""GResNet and CS-GResNet as timm's models."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from timm.layers import get_act_layer, get_norm_layer
from timm.models import build_model_with_cfg, register_model
from torch import Tensor, nn

from csgresnet_mm.functional import check_orientations, resolve_orientations
from csgresnet_mm.layers import (
    ChannelShift,
    DeployedGConv,
    GConv,
    release_layout,
)
from csgresnet_mm.layers.chained_call import run_chained
from csgresnet_mm.layers.deployed_chain import Chain
from csgresnet_mm.timm.blocks import GBasicBlock, OrientationMax, check_relu
from csgresnet_mm.timm.interface import STAGES, StagedNetwork
from csgresnet_mm.timm.weights import (
    WEIGHTS,
    registry_entries,
    rename_weights,
)

OUTPUT_STRIDES = (4, 8, 16)
PLACEMENTS = {'last_block': -1, 'stage_input': 0}
"""Placement of a channel shift -> index of the block whose input it takes."""

DEPTHS_34 = (3, 4, 6, 3)
PAPER_SHIFT = {'stage': 3, 'divisor': 16, 'position': 'start'}

default_cfgs = registry_entries(WEIGHTS)


class GResNet(StagedNetwork):
    """Gabor-ResNet, and with ``channel_shift`` CS-GResNet.

    CS-GResNet, section 2.1 and Table 1: ResNet of basic blocks with every
    convolution a :class:`csgresnet_mm.layers.GConv`, a 5x5 stem and no max
    pool, so that feature strides are 2, 2, 4, 8, 16. The classifier takes the
    maximum over the M orientations of each plane after global pooling: C/M
    features reach it. Without global pooling there is no maximum.

    The angles decide what the network computes, but the weights do not show
    them: they are a buffer, and loading other angles raises.

    B batch, C channels, M orientations, H and W height and width.

    Args:
        depths: Blocks of the four stages.
        num_classes: Number of classes; 0 gives the features before them.
        in_chans: Channels of the input image.
        output_stride: Stride of the last features, 16, 8 or 4; dilation
            takes the place of strides.
        global_pool: timm's name of a pooling, or ``''``.
        width: Channels of the stem and of the first stage; each further
            stage has twice as many as the one before.
        num_orientations: M, the number of orientations.
        scale: The scale index v of the Gabor filters.
        orientations: M angles in radians; None takes (u + 1) * pi / M.
        bank: ``'gabor'``, ``'ones'`` or ``'random'``.
        execution: ``'auto'``, ``'dense'``, ``'factorised'`` or ``'native'``.
        channel_shift: Arguments of
            :class:`csgresnet_mm.layers.ChannelShift`, with M by default, and
            of them ``stage``, counted from 1 (default 3), and ``placement``,
            ``'last_block'`` (default) or ``'stage_input'``. A list puts
            several.
        act_layer: An activation or timm's name of it.
        norm_layer: A norm or timm's name of it.
        drop_rate: Chance to drop a feature before the classifier.
        drop_path_rate: Chance to drop the residual path of the last block;
            it grows from 0 with each block.
        zero_init_last: Whether the last norm of each block starts at 0.
        device: Where weights are made.
        dtype: Of the weights.

    Shape:
        - Input: (B, in_chans, H, W)
        - Output: (B, num_classes)
        - orientations (buffer): (M,)

    Raises:
        ValueError: If M does not divide a layer's channels, or another
            argument is out of its range.

    Example:
        >>> net = GResNet((1, 1, 1, 1), channel_shift=dict(stage=3))
        >>> net(torch.rand(1, 3, 48, 48)).shape
        torch.Size([1, 7])
    """

    orientations: Tensor

    def __init__(
        self,
        depths: Sequence[int] = (2, 2, 2, 2),
        num_classes: int = 7,
        in_chans: int = 3,
        output_stride: int = 16,
        global_pool: str = 'avg',
        *,
        width: int = 64,
        num_orientations: int = 4,
        scale: int = 3,
        orientations: Sequence[float] | None = None,
        bank: str = 'gabor',
        execution: str = 'auto',
        channel_shift: Mapping[str, Any]
        | Sequence[Mapping[str, Any]]
        | None = None,
        act_layer: str | Callable[..., nn.Module] = 'relu',
        norm_layer: str | Callable[..., nn.Module] = 'batchnorm2d',
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
        zero_init_last: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if output_stride not in OUTPUT_STRIDES:
            raise ValueError(
                f'output_stride={output_stride} must be one of '
                f'{OUTPUT_STRIDES}'
            )
        self.in_chans = in_chans
        self.drop_rate = drop_rate
        self.num_orientations = num_orientations
        self.angles = resolve_orientations(num_orientations, orientations)
        conv = partial(
            GConv,
            bias=False,
            num_orientations=num_orientations,
            scale=scale,
            orientations=self.angles,
            bank=bank,
            execution=execution,
        )
        act, norm = get_act_layer(act_layer), get_norm_layer(norm_layer)
        block = partial(GBasicBlock, conv=conv, act_layer=act, norm_layer=norm)
        self.conv1 = conv(in_chans, width, 5, 2, 2, expand=True)
        self.bn1 = norm(width)
        self.act1 = act(inplace=True)
        self.feature_info = [dict(num_chs=width, reduction=2, module='act1')]
        self._make_stages(depths, output_stride, drop_path_rate, block)
        self._insert_shifts(channel_shift)
        release_layout(self)
        self.num_features = self.feature_info[-1]['num_chs']
        self.orientation_max = OrientationMax(num_orientations)
        self.register_buffer('orientations', torch.tensor(self.angles))
        self.reset_classifier(num_classes, global_pool)
        if zero_init_last:
            self.init_weights(zero_init_last)
        if device is not None or dtype is not None:
            self.to(device=device, dtype=dtype)

    def _make_stages(
        self,
        depths: Sequence[int],
        output_stride: int,
        drop_path_rate: float,
        make_block: Callable[..., GBasicBlock],
    ) -> None:
        rates = torch.linspace(0, drop_path_rate, sum(depths), device='cpu')
        remaining = iter(rates.tolist())
        channels = self.feature_info[0]['num_chs']
        reduction, dilation = 2, 1
        for stage, (name, depth) in enumerate(
            zip(STAGES, depths, strict=True)
        ):
            out_channels = channels if stage == 0 else 2 * channels
            stride = 1 if stage == 0 or reduction == output_stride else 2
            before = dilation
            if stage and stride == 1:
                dilation *= 2
            reduction *= stride
            blocks = []
            for index in range(depth):
                blocks.append(
                    make_block(
                        out_channels if index else channels,
                        out_channels,
                        stride=1 if index else stride,
                        dilations=(dilation if index else before, dilation),
                        drop_path=next(remaining),
                    )
                )
            self.add_module(name, nn.Sequential(*blocks))
            channels = out_channels
            self.feature_info.append(
                dict(num_chs=channels, reduction=reduction, module=name)
            )

    def _insert_shifts(
        self, shifts: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
    ) -> None:
        if isinstance(shifts, Mapping):
            shifts = (shifts,)
        for arguments in shifts or ():
            self._insert_shift(**arguments)

    def _insert_shift(
        self, *, stage: int = 3, placement: str = 'last_block', **kwargs: Any
    ) -> None:
        if not 1 <= stage <= len(STAGES):
            raise ValueError(
                f'channel_shift: stage={stage} must be between 1 and '
                f'{len(STAGES)}'
            )
        if placement not in PLACEMENTS:
            raise ValueError(
                f'channel_shift: placement={placement!r} must be one of '
                f'{tuple(PLACEMENTS)}'
            )
        block = getattr(self, STAGES[stage - 1])[PLACEMENTS[placement]]
        if not isinstance(block.shift, nn.Identity):
            raise ValueError(
                f'channel_shift: stage={stage}, placement={placement!r} is '
                'given twice'
            )
        block.shift = ChannelShift(
            **{'num_orientations': self.num_orientations, **kwargs}
        )

    def forward_features(self, x: Tensor) -> Tensor:
        """Map images (B, in_chans, H, W) to features (B, C, H', W')."""
        if isinstance(self.conv1, DeployedGConv):
            found = run_chained(self, x, self._chain)
            if found is not None:
                return found[0]
        return super().forward_features(x)

    def _chain(self, chain: Chain) -> list[int]:
        x = chain.add(self.conv1, 0)
        for name in STAGES:
            x = chain.add(getattr(self, name), x)
        return [x]

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *args: Any
    ) -> None:
        name = prefix + 'orientations'
        if name in state_dict:
            check_orientations(state_dict[name], self.angles, name)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def switch_to_deploy(self) -> None:
        """Turn into the form for inference, in place.

        Batch norms, residual sums and ReLUs are folded into the
        convolutions, in their evaluation mode. The result is not meant for
        training; a second call changes nothing. timm's own
        ``reparameterize_model`` folds the blocks and leaves the stem.

        Raises:
            ValueError: If a norm or an activation cannot be folded.
        """
        if isinstance(self.conv1, GConv):
            check_relu(self.act1)
            self.conv1 = self.conv1.switch_to_deploy(self.bn1, relu=True)
            self.bn1, self.act1 = nn.Identity(), nn.Identity()
        for name in STAGES:
            stage = getattr(self, name)
            for index, block in enumerate(stage):
                if isinstance(block, GBasicBlock):
                    stage[index] = block.fuse()


def _create(variant: str, pretrained: bool, **kwargs: Any) -> nn.Module:
    return build_model_with_cfg(
        GResNet,
        variant,
        pretrained,
        pretrained_filter_fn=rename_weights,
        **kwargs,
    )


@register_model
def gresnet18(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """GResNet-18, Table 1 of the paper, right column."""
    return _create('gresnet18', pretrained, **kwargs)


@register_model
def gresnet34(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """GResNet-34, Table 1 of the paper, right column."""
    arguments = {'depths': DEPTHS_34, **kwargs}
    return _create('gresnet34', pretrained, **arguments)


@register_model
def csgresnet18(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """CS-GResNet-18: the paper's best setting of the channel shift."""
    arguments = {'channel_shift': PAPER_SHIFT, **kwargs}
    return _create('csgresnet18', pretrained, **arguments)


@register_model
def csgresnet34(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """CS-GResNet-34: the paper's best setting of the channel shift."""
    arguments = {'depths': DEPTHS_34, 'channel_shift': PAPER_SHIFT, **kwargs}
    return _create('csgresnet34', pretrained, **arguments)


@register_model
def csgresnet18_half(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """CS-GResNet-18 of half the width, for small devices."""
    arguments = {'width': 32, 'channel_shift': PAPER_SHIFT, **kwargs}
    return _create('csgresnet18_half', pretrained, **arguments)
