"""GConv inside DistributedDataParallel on gloo."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from csgresnet_mm.layers import ChannelShift, GConv
from tests.gloo import in_group

PROCESSES = 2


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        GConv(3, 8, 3, padding=1),
        ChannelShift(4, 'stochastic', num_orientations=4),
        GConv(8, 8, 3, padding=1),
    ).double()


def batch() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(4, 3, 6, 5, generator=generator, dtype=torch.float64)


def gradients(model: nn.Module, x: Tensor) -> list[Tensor]:
    model.zero_grad()
    model(x).square().mean().backward()
    return [parameter.grad for parameter in model.parameters()]


def train_part(rank: int, folder: str, world_size: int) -> None:
    """One process: backward of its part of the batch; rank 0 saves."""
    with in_group(rank, folder, world_size):
        model = DistributedDataParallel(network())
        part = batch().chunk(world_size)[rank]
        found = gradients(model, part)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        optimiser.step()
        state = model.module.state_dict()
        torch.save((found, state), f'{folder}/rank{rank}.pth')


@pytest.fixture
def expected() -> list[Tensor]:
    return gradients(network(), batch())


def check(folder: Path, rank: int, expected: list[Tensor]) -> None:
    found, state = torch.load(folder / f'rank{rank}.pth')
    assert len(found) == len(expected) == 4
    for gradient, full_batch in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, full_batch)
    model = network()
    gradients(model, batch())
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    torch.testing.assert_close(dict(state), dict(model.state_dict()))


def test_one_process(tmp_path: Path, expected: list[Tensor]) -> None:
    train_part(0, str(tmp_path), 1)
    check(tmp_path, 0, expected)


def test_two_processes_average_their_gradients(
    tmp_path: Path, expected: list[Tensor]
) -> None:
    multiprocessing.spawn(
        train_part, (str(tmp_path), PROCESSES), nprocs=PROCESSES
    )
    for rank in range(PROCESSES):
        check(tmp_path, rank, expected)
