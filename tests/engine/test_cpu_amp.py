"""Mixed precision on the CPU."""

import torch
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
