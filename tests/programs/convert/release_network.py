"""The release's network, written literally from its description.

Weights (O, I, M, k, k), filters in buffers, one batch norm run over the M
chunks of a feature map, the shift a frozen depth-wise Conv1d before the last
block of layer 3. It is slow and plain, and shares no code with the package.
"""

import torch
from torch import nn

from tests.oracle.gabor_reference import gabor_bank

M = 4
ANGLES = tuple(u * torch.pi / M for u in range(M))


class MConv(nn.Module):
    def __init__(self, planes_in, planes, kernel, stride):
        super().__init__()
        size = (planes, planes_in, M, kernel, kernel)
        self.weight = nn.Parameter(torch.randn(size) * 0.2)
        bank = torch.ones(M, kernel, kernel)
        if kernel > 1:
            bank = torch.tensor(gabor_bank(kernel, kernel, ANGLES, 3)).float()
        self.register_buffer('MFilters', bank)
        self.stride = stride

    def forward(self, x):
        planes, planes_in, _, size, _ = self.weight.shape
        kernel = x.new_empty(planes * M, planes_in * M, size, size)
        for o in range(planes):
            for u in range(M):
                for i in range(planes_in):
                    for n in range(M):
                        kernel[o * M + u, i * M + n] = (
                            self.weight[o, i, n] * self.MFilters[u]
                        )
        return nn.functional.conv2d(
            x, kernel, None, self.stride, padding=size // 2
        )


class ChunkNorm(nn.Module):
    def __init__(self, channels, shared):
        super().__init__()
        self.shared = shared
        self.bn = nn.BatchNorm2d(channels // M if shared else channels)
        with torch.no_grad():
            self.bn.running_mean.normal_(0, 0.3)
            self.bn.running_var.uniform_(0.5, 2)
            self.bn.weight.uniform_(0.5, 1.5)
            self.bn.bias.normal_(0, 0.3)
            self.bn.num_batches_tracked.fill_(7)

    def forward(self, x):
        if not self.shared:
            return self.bn(x)
        return torch.cat([self.bn(part) for part in x.chunk(M, 1)], 1)


class Downsample(nn.Module):
    def __init__(self, planes_in, planes, shared):
        super().__init__()
        self.conv1x1 = MConv(planes_in, planes, 1, 2)
        self.bn = ChunkNorm(planes * M, shared)

    def forward(self, x):
        return self.bn(self.conv1x1(x))


class Block(nn.Module):
    def __init__(self, planes_in, planes, stride, shared):
        super().__init__()
        self.conv1 = MConv(planes_in, planes, 3, stride)
        self.bn1 = ChunkNorm(planes * M, shared)
        self.conv2 = MConv(planes, planes, 3, 1)
        self.bn2 = ChunkNorm(planes * M, shared)
        if stride == 2:
            self.downsample = Downsample(planes_in, planes, shared)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if hasattr(self, 'downsample'):
            x = self.downsample(x)
        return torch.relu(y + x)


class Shifted(nn.Module):
    """A block behind a frozen Conv1d with one group a position."""

    def __init__(self, net, height, divisor, first):
        super().__init__()
        self.net = net
        positions = M * height * height
        length = positions // divisor
        self.conv = nn.Conv1d(
            positions, positions, 3, 1, 1, groups=positions, bias=False
        )
        self.conv.weight.requires_grad_(False).zero_()
        for p in range(positions):
            block = p // length - first
            # left, and right, and still
            tap = {0: 2, 1: 0}.get(block, 1)
            self.conv.weight[p, 0, tap] = 1

    def forward(self, x):
        batch, channels, height, width = x.shape
        y = x.reshape(batch, channels // M, M * height * width)
        y = self.conv(y.transpose(1, 2)).transpose(1, 2)
        return self.net(y.reshape(x.shape))


class ReleaseNetwork(nn.Module):
    def __init__(self, planes=2, image=48, shared=True, divisor=16, first=0):
        super().__init__()
        self.conv1 = MConv(3, planes, 5, 2)
        self.bn1 = ChunkNorm(planes * M, shared)
        planes_in = planes
        for stage in range(4):
            width = planes * 2**stage
            blocks = [
                Block(planes_in, width, 2 if stage else 1, shared),
                Block(width, width, 1, shared),
            ]
            if stage == 2:
                blocks[1] = Shifted(blocks[1], image // 8, divisor, first)
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))
            planes_in = width
        self.fc = nn.Linear(planes_in, 7)

    def forward(self, x):
        x = x.repeat_interleave(M, 1)
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in range(1, 5):
            x = getattr(self, f'layer{stage}')(x)
        x = x.mean((2, 3))
        return self.fc(x.reshape(len(x), -1, M).max(2).values)
