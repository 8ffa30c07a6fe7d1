"""Parameters and multiply-adds by hand, from the paper's Table 1.

Every figure is a sum over a written-out list of convolutions, so it can be
followed with a pencil; nothing here builds a network.
"""

from dataclasses import dataclass

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
WIDTHS = (64, 128, 256, 512)
CLASSES = 7
IMAGE_CHANNELS = 3


@dataclass(frozen=True)
class Conv:
    """One convolution: k x k, C_in to C_out, on out x out positions."""

    kernel: int
    channels_in: int
    channels_out: int
    out: int

    def weights(self, num_orientations: int = 1) -> int:
        """Learned weights: 1/M of the outputs are learned."""
        learned = self.channels_out // num_orientations
        return self.kernel**2 * self.channels_in * learned

    def dense(self) -> int:
        """Multiply-adds of the convolution with the modulated kernel."""
        per_position = self.kernel**2 * self.channels_in * self.channels_out
        return per_position * self.out**2

    def factorised(self, num_orientations: int) -> int:
        """Multiply-adds when the M orientations share one product.

        The mix over orientations is k*k*C a position; a 1x1 has none, since
        its M outputs are equal.
        """
        taps = self.kernel**2
        shared = taps * self.channels_in * self.channels_out
        mix = taps * self.channels_out if self.kernel > 1 else 0
        return (shared // num_orientations + mix) * self.out**2


@dataclass(frozen=True)
class Network:
    """Table 1's layers for a square image.

    Args:
        depth: 18 or 34.
        stem_kernel: 7 (ResNet) or 5 (GResNet).
        max_pool: keep the pooling after the stem.
        image: side of the image in pixels.
        image_channels: 3, or 1 of grey images.
        width: channels of the stem; each stage's follow from it.
    """

    depth: int
    stem_kernel: int
    max_pool: bool
    image: int = 112
    image_channels: int = IMAGE_CHANNELS
    width: int = WIDTHS[0]

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the four stages."""
        return tuple(w * self.width // WIDTHS[0] for w in WIDTHS)

    @property
    def stem(self) -> Conv:
        """The stem on the image's own three channels (not expanded)."""
        size = half(self.image)
        return Conv(self.stem_kernel, self.image_channels, self.width, size)

    @property
    def body(self) -> list[Conv]:
        """Every convolution after the stem."""
        size = half(self.stem.out) if self.max_pool else self.stem.out
        convs = []
        channels = self.width
        for width, blocks in zip(self.widths, BLOCKS[self.depth], strict=True):
            for block in range(blocks):
                if block == 0 and width != self.width:
                    size = half(size)
                    convs.append(Conv(1, channels, width, size))
                convs.append(Conv(3, channels, width, size))
                convs.append(Conv(3, width, width, size))
                channels = width
        return convs

    @property
    def convs(self) -> list[Conv]:
        """Stem and body."""
        return [self.stem, *self.body]

    def parameters(self, num_orientations: int = 1) -> int:
        """Convolutions, batch norms (2 a channel) and the linear head."""
        m = num_orientations
        stem = self.stem.weights(m) * m  # expansion: C_in*M input planes
        body = sum(conv.weights(m) for conv in self.body)
        norms = sum(2 * conv.channels_out for conv in self.convs)
        features = self.widths[-1] // m
        return stem + body + norms + (features + 1) * CLASSES

    def dense(self) -> int:
        """Multiply-adds of all convolutions, stem not expanded."""
        return sum(conv.dense() for conv in self.convs)

    def dense_expanded(self, num_orientations: int = 4) -> int:
        """The same with every image channel really repeated M times."""
        extra = (num_orientations - 1) * self.stem.dense()
        return self.dense() + extra

    def factorised(self, num_orientations: int = 4) -> int:
        """Factorised body, dense stem: the figure of record."""
        body = sum(conv.factorised(num_orientations) for conv in self.body)
        return body + self.stem.dense()

    def factorised_stem_too(self, num_orientations: int = 4) -> int:
        """Factorised body and stem."""
        return sum(conv.factorised(num_orientations) for conv in self.convs)

    def factorised_folded(self, num_orientations: int = 4) -> int:
        """The same with opposite taps added first: (k*k + 1) / 2 maps."""
        saved = [
            (conv.kernel**2 // 2) * conv.channels_out * conv.out**2
            for conv in self.convs
        ]
        return self.factorised_stem_too(num_orientations) - sum(saved)

    def norm_flops(self) -> int:
        """Batch norm at 2 an element, as MMEngine's counter has it."""
        return sum(2 * conv.channels_out * conv.out**2 for conv in self.convs)

    def pool_flops(self) -> int:
        """The final average, as MMEngine's counter has it.

        One an *input* element of the adaptive average (the counter's own
        rule); a max pool is not counted.
        """
        return self.widths[-1] * self.body[-1].out ** 2

    def relu_flops(self) -> int:
        """One an element: after the stem, and two a basic block."""
        elements = [
            conv.channels_out * conv.out**2
            for conv in self.convs
            if conv.kernel > 1
        ]
        return sum(elements)


def half(size: int) -> int:
    """Output side of a stride-2 layer with padding k // 2."""
    return (size + 1) // 2


@dataclass(frozen=True)
class FrozenShift:
    """The paper's frozen depth-wise Conv1d with P groups of 3 taps."""

    planes: int
    positions: int

    def parameters(self) -> int:
        """Three taps a position."""
        return 3 * self.positions

    def multiply_adds(self) -> int:
        """Three a position and plane."""
        return self.parameters() * self.planes
