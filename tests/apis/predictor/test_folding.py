"""numpy's Gabor kernels, norms and shifts are those of torch."""

import math

import numpy as np
import pytest
import torch

from csgresnet_mm import functional
from csgresnet_mm.apis.predictor.folding import (
    BANKS,
    fold_norm,
    gabor_bank,
    modulate,
    shift_masks,
)


@pytest.mark.parametrize('kind', BANKS)
@pytest.mark.parametrize('size', [(1, 1), (2, 2), (3, 3), (5, 5), (7, 7)])
@pytest.mark.parametrize('count', [1, 4, 6])
def test_banks_are_those_of_torch(kind, size, count):
    for scale, offset in ((1, 0.0), (3, 0.3)):
        angles = [offset + u * math.pi / count for u in range(count)]
        found = gabor_bank(kind, size, scale, angles)
        wanted = functional.filter_bank(
            kind, size, count, scale=scale, orientations=angles
        )
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)


def test_modulation_is_that_of_torch():
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((3, 8, 3, 3)).astype(np.float32)
    bank = functional.gabor_filter_bank((3, 3), 4)
    wanted = functional.modulate(torch.from_numpy(weight), bank.float())
    found = modulate(weight, bank.numpy(), expand=False)
    np.testing.assert_array_equal(found, wanted)
    wanted = functional.modulate(
        functional.sum_expanded_kernel(torch.from_numpy(weight), 4),
        bank.float(),
    )
    found = modulate(weight, bank.numpy(), expand=True)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_a_folded_norm_is_the_norm():
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(3, 5, 3, bias=False)
    norm = torch.nn.BatchNorm2d(5, eps=1e-3).eval()
    for value in (*norm.parameters(), norm.running_mean, norm.running_var):
        value.data.uniform_(0.5, 2)
    scale, bias = fold_norm(
        norm.running_mean.numpy(),
        norm.running_var.numpy(),
        norm.weight.detach().numpy(),
        norm.bias.detach().numpy(),
        1e-3,
    )
    x = torch.rand(2, 3, 6, 6)
    kernel = conv.weight * torch.from_numpy(scale)[:, None, None, None]
    found = torch.nn.functional.conv2d(x, kernel, torch.from_numpy(bias))
    torch.testing.assert_close(found, norm(conv(x)))


@pytest.mark.parametrize(
    'position', ['start', 'middle', 'end', 'stochastic', 3]
)
@pytest.mark.parametrize('seed', [0, 5, -7])
def test_shifted_positions_are_those_of_torch(position, seed):
    for shape, divisor in (((4, 5, 5), 16), ((1, 7, 3), 8), ((6, 2, 2), 5)):
        found = shift_masks(shape, divisor, position, seed)
        wanted = functional.shift_blocks(
            math.prod(shape), divisor, position, seed=seed
        )
        for mask, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(mask.ravel(), other)


@pytest.mark.parametrize(
    ('divisor', 'position'),
    [(1, 'start'), (0, 'start'), (200, 'start'), (16, 'nowhere'), (4, 3)],
)
def test_shifts_that_do_not_fit_are_reported(divisor, position):
    with pytest.raises(ValueError, match='channel_shift: '):
        shift_masks((4, 5, 5), divisor, position, 0)
