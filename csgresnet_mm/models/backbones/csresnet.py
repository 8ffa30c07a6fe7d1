"""ResNet with a channel shift."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmpretrain.models.backbones import ResNet
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor

from csgresnet_mm.layers import ChannelShift
from csgresnet_mm.models.registry import register_model

PLACEMENTS = {'last_block': -1, 'stage_input': 0}
"""Placement of a channel shift -> index of the block whose input it takes."""


class _Shifted:
    """A shift before both the residual and the identity path of a block.

    It stands before MMPretrain's block in the bases.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shift: ChannelShift | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block for features (B, C, H, W)."""
        return super().forward(x if self.shift is None else self.shift(x))


class ShiftBasicBlock(_Shifted, BasicBlock):
    """MMPretrain's BasicBlock with an optional shift of its input."""


class ShiftBottleneck(_Shifted, Bottleneck):
    """MMPretrain's Bottleneck with an optional shift of its input."""


@register_model
class CSResNet(ResNet):
    """MMPretrain's ResNet with a channel shift before one of its blocks.

    CS-GResNet, section 2.2. Without ``channel_shift`` it is ResNet, key for
    key. No shift but a stochastic one adds a key to the state dict.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: Channels of the input image.
        channel_shift: Arguments of
            :class:`csgresnet_mm.layers.ChannelShift`, and of them
            ``stage``, counted from 1 (default 3), and ``placement``,
            ``'last_block'`` (default: before the last block of the stage, as
            in the authors' code) or ``'stage_input'``. A list puts several.
        kwargs: Arguments of MMPretrain's ResNet.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: a tuple, one feature map for each of ``out_indices``

    Raises:
        KeyError: If the depth is unknown.
        ValueError: If ``channel_shift`` names a stage or placement that does
            not exist, or one block twice.

    Example:
        >>> import torch
        >>> net = CSResNet(18, channel_shift=dict(stage=3, divisor=8))
        >>> net(torch.rand(1, 3, 64, 64))[0].shape
        torch.Size([1, 512, 2, 2])
    """

    arch_settings = {
        18: (ShiftBasicBlock, (2, 2, 2, 2)),
        34: (ShiftBasicBlock, (3, 4, 6, 3)),
        50: (ShiftBottleneck, (3, 4, 6, 3)),
        101: (ShiftBottleneck, (3, 4, 23, 3)),
        152: (ShiftBottleneck, (3, 8, 36, 3)),
    }

    def __init__(
        self,
        depth: int,
        in_channels: int = 3,
        *,
        channel_shift: Mapping[str, Any]
        | Sequence[Mapping[str, Any]]
        | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(depth, in_channels, **kwargs)
        if channel_shift is None:
            channel_shift = ()
        elif isinstance(channel_shift, Mapping):
            channel_shift = (channel_shift,)
        for arguments in channel_shift:
            self._insert_shift(**arguments)

    def _insert_shift(
        self, *, stage: int = 3, placement: str = 'last_block', **kwargs: Any
    ) -> None:
        if not 1 <= stage <= self.num_stages:
            raise ValueError(
                f'channel_shift: stage={stage} must be between 1 and '
                f'num_stages={self.num_stages}'
            )
        if placement not in PLACEMENTS:
            raise ValueError(
                f'channel_shift: placement={placement!r} must be one of '
                f'{tuple(PLACEMENTS)}'
            )
        block = getattr(self, f'layer{stage}')[PLACEMENTS[placement]]
        if block.shift is not None:
            raise ValueError(
                f'channel_shift: stage={stage}, placement={placement!r} is '
                'given twice'
            )
        block.shift = ChannelShift(**kwargs)

    def train(self, mode: bool = True) -> 'CSResNet':
        """Set the mode, keeping frozen stages and norms in eval mode."""
        super().train(mode)  # MMPretrain's returns None
        return self

    def get_layer_depth(
        self, param_name: str, prefix: str = ''
    ) -> tuple[int, int]:
        """Give the depth of a parameter, for layer-wise learning rates.

        The numbering is that of MMPretrain's ResNet, which knows neither
        depth 18 nor another prefix than ``'backbone.'``.

        Args:
            param_name: Name of the parameter.
            prefix: Prefix of this backbone's parameters.

        Returns:
            The layer's depth, 0 for the stem, and the number of layers.
        """
        blocks = self.arch_settings[self.depth][1]
        group2, group3 = (4, 4) if self.depth == 152 else (2, 3)
        groups2 = -(-blocks[1] // group2)
        groups3 = -(-blocks[2] // group3)
        last = 2 + groups2 + groups3
        num_layers = last + 2
        if not param_name.startswith(prefix):
            return last + 1, num_layers  # the head
        parts = param_name[len(prefix) :].split('.')
        if not parts[0].startswith('layer'):
            return 0, num_layers
        depth = {
            'layer1': 1,
            'layer2': 2 + int(parts[1]) // group2,
            'layer3': 2 + groups2 + int(parts[1]) // group3,
            'layer4': last,
        }
        return depth[parts[0]], num_layers
