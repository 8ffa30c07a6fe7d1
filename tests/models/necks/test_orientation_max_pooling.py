"""The maximum over orientations as a neck."""

import pytest
import torch
from mmpretrain.registry import MODELS

from csgresnet_mm.models import OrientationMaxPooling

from ...oracle.network_reference import orientation_max


def test_the_default_is_four_orientations() -> None:
    neck = MODELS.build({'type': 'OrientationMaxPooling'})
    assert type(neck) is OrientationMaxPooling
    assert neck(torch.rand(2, 512)).shape == (2, 128)
    assert 'num_orientations=4' in repr(neck)


@pytest.mark.parametrize('shape', [(3, 12), (3, 12, 5, 7)])
@pytest.mark.parametrize('m', [1, 2, 4])
def test_a_tensor(shape: tuple[int, ...], m: int) -> None:
    x = -torch.rand(shape, dtype=torch.float64)
    expected = torch.from_numpy(orientation_max(x.numpy(), m))
    assert torch.equal(OrientationMaxPooling(m)(x), expected)


def test_a_tuple() -> None:
    features = (torch.rand(2, 8), torch.rand(2, 16, 3, 3))
    outputs = OrientationMaxPooling()(features)
    assert isinstance(outputs, tuple)
    assert [tuple(y.shape) for y in outputs] == [(2, 2), (2, 4, 3, 3)]
    for output, x in zip(outputs, features, strict=True):
        expected = torch.from_numpy(orientation_max(x.numpy(), 4))
        assert torch.equal(output, expected)


@pytest.mark.parametrize('features', [[torch.rand(1, 8)], None, 3])
def test_other_input_raises(features: object) -> None:
    name = type(features).__name__
    with pytest.raises(TypeError, match=f'tuple of tensors, found {name}'):
        OrientationMaxPooling()(features)


def test_errors() -> None:
    with pytest.raises(ValueError, match='num_orientations=0 must be at'):
        OrientationMaxPooling(0)
    message = 'channels=6 is not divisible by num_orientations=4'
    with pytest.raises(ValueError, match=message):
        OrientationMaxPooling()(torch.rand(2, 6))


def test_gradient() -> None:
    x = torch.rand(2, 8, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(OrientationMaxPooling(2), x)
