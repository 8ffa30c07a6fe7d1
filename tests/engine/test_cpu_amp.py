"""Mixed precision on the CPU."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import CrossEntropyLoss, LabelSmoothLoss
from torch import nn

from csgresnet_mm.engine import CPUAmpOptimWrapper
from csgresnet_mm.layers import GConv


def test_the_forward_pass_is_bfloat16_and_the_weights_are_not():
    torch.manual_seed(0)
    model = nn.Sequential(GConv(4, 8, 3), nn.Flatten(), nn.Linear(8, 2))
    wrapper = CPUAmpOptimWrapper(torch.optim.SGD(model.parameters(), 0.1))
    before = [p.detach().clone() for p in model.parameters()]
    with wrapper.optim_context(model):
        y = model(torch.rand(5, 4, 3, 3))
    assert y.dtype == torch.bfloat16
    wrapper.update_params(y.float().square().mean())
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert parameter.dtype == torch.float32
        assert not torch.equal(parameter, old)
    with torch.no_grad():
        assert model(torch.rand(5, 4, 3, 3)).dtype == torch.float32


@pytest.mark.parametrize(
    'loss',
    [
        CrossEntropyLoss(),
        CrossEntropyLoss(use_soft=True),
        CrossEntropyLoss(use_sigmoid=True),
        LabelSmoothLoss(label_smooth_val=0.1),
    ],
)
def test_losses_are_float32(loss):
    """As under autocast on CUDA; bfloat16 has three digits."""
    torch.manual_seed(0)
    scores = torch.randn(6, 5).bfloat16().requires_grad_()
    labels = torch.randint(5, (6,))
    if getattr(loss, 'use_soft', False) or getattr(loss, 'use_sigmoid', False):
        labels = F.one_hot(labels, 5).float()
    wrapper = CPUAmpOptimWrapper(torch.optim.SGD([scores], 0.1))
    with wrapper.optim_context(nn.Identity()):
        found = loss(scores, labels)
    expected = loss(scores.float(), labels)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
