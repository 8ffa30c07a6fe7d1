"""The parts of GResNet for timm.

Axes: B batch, C channels, M orientations, H and W height and width.
"""

from collections.abc import Callable

from timm.layers import DropPath
from timm.models import register_notrace_module
from torch import Tensor, nn

from csgresnet_mm.functional import max_over_orientations
from csgresnet_mm.layers import ChannelShift, DeployedGConv, GConv
from csgresnet_mm.layers.deployed_chain import Chain, ChainedModule

# They look at sizes, which symbolic tracing does not know
for _leaf in (GConv, DeployedGConv, ChannelShift):
    register_notrace_module(_leaf)


@register_notrace_module
class OrientationMax(nn.Module):
    """Maximum over the orientations of each plane (the GCN classifier).

    Args:
        num_orientations: M, the number of orientations.

    Shape:
        - Input: (B, C)
        - Output: (B, C/M)
    """

    def __init__(self, num_orientations: int) -> None:
        super().__init__()
        self.num_orientations = num_orientations

    def forward(self, x: Tensor) -> Tensor:
        """Pool (B, C)."""
        return max_over_orientations(x, self.num_orientations)

    def extra_repr(self) -> str:
        """Name the argument."""
        return f'num_orientations={self.num_orientations}'


class GBasicBlock(nn.Module):
    """Two 3x3 Gabor convolutions and a shortcut.

    Args:
        in_channels: Channels of the input.
        channels: Channels of the output.
        conv: Makes a Gabor convolution, called as ``nn.Conv2d``.
        stride: Stride of the first convolution.
        dilations: Dilation of each convolution.
        act_layer: Makes an activation.
        norm_layer: Makes a norm of so many channels.
        drop_path: Chance to drop the residual path, in training.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, channels, H / stride, W / stride), rounded up
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        conv: Callable[..., GConv],
        *,
        stride: int,
        dilations: tuple[int, int],
        act_layer: Callable[..., nn.Module],
        norm_layer: Callable[[int], nn.Module],
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        first, second = dilations
        self.shift: nn.Module = nn.Identity()
        self.conv1 = conv(in_channels, channels, 3, stride, first, first)
        self.bn1 = norm_layer(channels)
        self.act1 = act_layer(inplace=True)
        self.conv2 = conv(channels, channels, 3, 1, second, second)
        self.bn2 = norm_layer(channels)
        self.drop_path = DropPath(drop_path) if drop_path else nn.Identity()
        self.act2 = act_layer(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Sequential(
                conv(in_channels, channels, 1, stride), norm_layer(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block for features (B, C, H, W)."""
        x = self.shift(x)
        y = self.act1(self.bn1(self.conv1(x)))
        y = self.drop_path(self.bn2(self.conv2(y)))
        return self.act2(y + self.downsample(x))

    def fuse(self) -> 'DeployedBlock':
        """Give this block in the form for inference, as timm names it.

        Raises:
            ValueError: If the activation is not ReLU or a norm cannot be
                folded.
        """
        return DeployedBlock(self)


class DeployedBlock(ChainedModule):
    """A :class:`GBasicBlock` for inference: norms, sum and ReLUs folded.

    Args:
        block: The trained block; its convolutions are copied.

    Shape:
        - Input and output: as the block's

    Raises:
        ValueError: If the activation is not ReLU or a norm cannot be folded.
    """

    def __init__(self, block: GBasicBlock) -> None:
        super().__init__()
        check_relu(block.act1)
        self.shift = block.shift
        self.conv1 = block.conv1.switch_to_deploy(block.bn1, relu=True)
        self.conv2 = block.conv2.switch_to_deploy(block.bn2, relu=True)
        self.downsample: nn.Module = nn.Identity()
        if isinstance(block.downsample, nn.Sequential):
            conv, norm = block.downsample
            self.downsample = nn.Sequential(conv.switch_to_deploy(norm))

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block for features (B, C, H, W)."""
        x = self.shift(x)
        return self.conv2(self.conv1(x), self.downsample(x))

    def chain(self, chain: Chain, x: int) -> int:
        """Add to a chain what :meth:`forward` does."""
        x = chain.add(self.shift, x)
        identity = chain.add(self.downsample, x)
        return chain.add(self.conv2, chain.add(self.conv1, x), identity)


def check_relu(activation: nn.Module) -> None:
    """Check that an activation can be folded.

    Args:
        activation: What follows a convolution.

    Raises:
        ValueError: If it is not ReLU.
    """
    if type(activation) is not nn.ReLU:
        raise ValueError(
            f'{type(activation).__name__} cannot be folded into a '
            'convolution, expected ReLU'
        )
