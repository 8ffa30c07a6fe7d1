"""Residual blocks of Gabor convolutions, and their form for inference."""

from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor, nn

from csgresnet_mm.layers.deployed_chain import Chain, ChainedModule
from csgresnet_mm.models.backbones.csresnet import (
    ShiftBasicBlock,
    ShiftBottleneck,
)


class DeployedBlock(ChainedModule):
    """A block for inference: norms, the sum and the ReLUs are folded.

    It holds the block's shift and downsample path, and its convolutions in
    their form for inference, under the block's names.

    Args:
        block: The trained block; its shift and downsample path are taken.
        num_convs: The block's convolutions.

    Shape:
        - Input and output: those of the block, (B, C, H, W)

    Raises:
        ValueError: If a norm or the activation cannot be folded.
    """

    def __init__(self, block: BasicBlock | Bottleneck, num_convs: int) -> None:
        super().__init__()
        if not isinstance(block.relu, nn.ReLU):
            raise ValueError(
                f'{type(block.relu).__name__} cannot be folded into a '
                'convolution, expected ReLU'
            )
        self.num_convs = num_convs
        for index in range(1, num_convs + 1):
            name = f'conv{index}'
            norm = getattr(block, f'norm{index}')
            conv = getattr(block, name).switch_to_deploy(norm, relu=True)
            setattr(self, name, conv)
        self.shift = block.shift
        self.downsample = block.downsample
        if self.downsample is not None:  # [pool, convolution, norm]
            norm = self.downsample.pop(len(self.downsample) - 1)
            conv = self.downsample[-1].switch_to_deploy(norm)
            self.downsample[-1] = conv

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block for features (B, C, H, W)."""
        if self.shift is not None:
            x = self.shift(x)
        identity = x if self.downsample is None else self.downsample(x)
        for index in range(1, self.num_convs):
            x = getattr(self, f'conv{index}')(x)
        return getattr(self, f'conv{self.num_convs}')(x, identity)

    def chain(self, chain: Chain, x: int) -> int:
        """Add to a chain what :meth:`forward` does."""
        if self.shift is not None:
            x = chain.add(self.shift, x)
        identity = x
        if self.downsample is not None:
            identity = chain.add(self.downsample, x)
        for index in range(1, self.num_convs):
            x = chain.add(getattr(self, f'conv{index}'), x)
        return chain.add(getattr(self, f'conv{self.num_convs}'), x, identity)


class _GBlock:
    """What the two blocks share; it stands before them in their bases."""

    num_convs: int

    def switch_to_deploy(self) -> DeployedBlock:
        """Give the form for inference, to be put in this block's place.

        Raises:
            ValueError: If a norm or the activation cannot be folded.
        """
        return DeployedBlock(self, self.num_convs)


class GBasicBlock(_GBlock, ShiftBasicBlock):
    """BasicBlock of Gabor convolutions."""

    num_convs = 2


class GBottleneck(_GBlock, ShiftBottleneck):
    """Bottleneck of Gabor convolutions."""

    num_convs = 3
