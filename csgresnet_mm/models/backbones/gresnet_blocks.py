"""Residual blocks of Gabor convolutions, and their form for inference."""

from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor, nn

from csgresnet_mm.layers import DeployedGConv
from csgresnet_mm.models.backbones.csresnet import (
    ShiftBasicBlock,
    ShiftBottleneck,
)


def _deploy_downsample(downsample: nn.Sequential | None) -> None:
    """Fold the norm of [pool, convolution, norm], in place."""
    if downsample is not None:
        norm = downsample.pop(len(downsample) - 1)
        downsample[-1] = downsample[-1].switch_to_deploy(norm)


def _deploy_convs(block: BasicBlock | Bottleneck, count: int) -> None:
    """Fold the norms of a block's ``conv1`` to ``conv{count}``, in place."""
    if not isinstance(block.relu, nn.ReLU):
        raise ValueError(
            f'{type(block.relu).__name__} cannot be folded into a '
            'convolution, expected ReLU'
        )
    for index in range(1, count + 1):
        norm_name = getattr(block, f'norm{index}_name')
        conv = getattr(block, f'conv{index}')
        norm = getattr(block, norm_name)
        setattr(block, f'conv{index}', conv.switch_to_deploy(norm, relu=True))
        delattr(block, norm_name)
    _deploy_downsample(block.downsample)


class _GBlock:
    """What the two blocks share; it stands before them in their bases."""

    num_convs: int

    def switch_to_deploy(self) -> None:
        """Fold the norms, in place; a second call changes nothing.

        Raises:
            ValueError: If a norm or the activation cannot be folded.
        """
        if not isinstance(self.conv1, DeployedGConv):
            _deploy_convs(self, self.num_convs)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block for features (B, C, H, W)."""
        if not isinstance(self.conv1, DeployedGConv):
            return super().forward(x)
        if self.shift is not None:
            x = self.shift(x)
        identity = x if self.downsample is None else self.downsample(x)
        for index in range(1, self.num_convs):
            x = getattr(self, f'conv{index}')(x)
        return getattr(self, f'conv{self.num_convs}')(x, identity)


class GBasicBlock(_GBlock, ShiftBasicBlock):
    """BasicBlock of Gabor convolutions.

    After :meth:`switch_to_deploy` it has no norms: they, the sum with the
    identity and the ReLUs are computed with the convolutions.
    """

    num_convs = 2


class GBottleneck(_GBlock, ShiftBottleneck):
    """Bottleneck of Gabor convolutions.

    After :meth:`switch_to_deploy` it has no norms: they, the sum with the
    identity and the ReLUs are computed with the convolutions.
    """

    num_convs = 3
