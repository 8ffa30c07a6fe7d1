"""GResNet in training: frozen stages, norms, checkpointing, a batch."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from csgresnet_mm.models import CSResNet, GResNet

from ..builders import NARROW, backbone, classifier, images, randomise


def stem_of(net: GResNet) -> list[nn.Module]:
    return [net.stem] if net.deep_stem else [net.conv1, net.bn1]


@pytest.mark.parametrize('deep_stem', [False, True])
@pytest.mark.parametrize('frozen_stages', [-1, 0, 1, 3, 4])
def test_frozen_stages(frozen_stages: int, deep_stem: bool) -> None:
    net = backbone(frozen_stages=frozen_stages, deep_stem=deep_stem)
    assert net.train() is net
    parts = {0: stem_of(net)}
    for stage in range(1, 5):
        parts[stage] = [getattr(net, f'layer{stage}')]
    for stage, modules in parts.items():
        frozen = stage <= frozen_stages
        for part in modules:
            parameters = list(part.parameters())
            assert parameters
            assert all(p.requires_grad is not frozen for p in parameters)
            for module in part.modules():
                if isinstance(module, _BatchNorm):
                    assert module.training is not frozen
    net.eval()
    assert not any(module.training for module in net.modules())


def test_frozen_stages_do_not_change() -> None:
    net = backbone(frozen_stages=2)
    net.train()
    before = {key: v.clone() for key, v in net.state_dict().items()}
    trained = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(trained, lr=0.1)
    net(images(4))[0].square().mean().backward()
    optimiser.step()
    frozen = ('conv1', 'bn1', 'layer1', 'layer2', 'orientations')
    for key, value in net.state_dict().items():
        moved = not torch.equal(value, before[key])
        assert moved is not key.startswith(frozen), key


@pytest.mark.parametrize('norm_eval', [False, True])
def test_norm_eval(norm_eval: bool) -> None:
    net = backbone(norm_eval=norm_eval)
    net.train()
    norms = [m for m in net.modules() if isinstance(m, _BatchNorm)]
    assert norms
    assert all(norm.training is not norm_eval for norm in norms)
    assert net.training


@pytest.mark.parametrize('depth', [18, 50])
@pytest.mark.parametrize('training', [False, True])
def test_checkpointing_computes_the_same(depth: int, training: bool) -> None:
    shift = {'stage': 3, 'divisor': 4}
    results = []
    for with_cp in (False, True):
        net = randomise(
            backbone(depth, with_cp=with_cp, channel_shift=shift)
        ).double()
        net.train(training)
        x = images(2, 48).double().requires_grad_()
        y = net(x)[0]
        y.square().mean().backward()
        gradients = [p.grad for p in net.parameters()]
        results.append([y.detach(), x.grad, *gradients])
    for plain, checkpointed in zip(*results, strict=True):
        torch.testing.assert_close(checkpointed, plain)


@pytest.mark.parametrize('depth', [18, 50])
@pytest.mark.parametrize('zero', [None, False, True])
def test_zero_init_residual(depth: int, zero: bool | None) -> None:
    options = {} if zero is None else {'zero_init_residual': zero}
    net = backbone(depth, **options)
    net.init_weights()
    value = 0 if zero else 1
    for stage in range(1, 5):
        for block in getattr(net, f'layer{stage}'):
            last = block.norm2 if depth == 18 else block.norm3
            assert (last.weight == value).all()
            assert (block.norm1.weight == 1).all()


@pytest.mark.parametrize('depth', [18, 50])
def test_drop_path_rate_of_each_block(depth: int) -> None:
    rates = {}
    for kind in ('GResNet', 'ResNet'):
        net = backbone(depth, kind, drop_path_rate=0.3)
        blocks = [b for s in range(1, 5) for b in getattr(net, f'layer{s}')]
        rates[kind] = [
            getattr(block.drop_path, 'drop_prob', 0.0) for block in blocks
        ]
    count = 8 if depth == 18 else 16
    expected = torch.linspace(0, 0.3, count).tolist()
    assert rates['GResNet'] == pytest.approx(expected, abs=1e-7)
    assert rates['GResNet'] == rates['ResNet']


def test_drop_path_drops() -> None:
    net = randomise(backbone(drop_path_rate=0.9))
    net.train()
    torch.manual_seed(0)
    first, second = (net(images(4))[0] for _ in range(2))
    assert not torch.allclose(first, second)
    net.eval()
    assert torch.equal(net(images(4))[0], net(images(4))[0])


@pytest.mark.parametrize(
    ('cls', 'options'),
    [
        (GResNet, {}),
        (GResNet, {'deep_stem': True, 'with_max_pool': True}),
        (GResNet, {'channel_shift': {'stage': 1}}),
        (CSResNet, {'channel_shift': {'stage': 2}}),
    ],
)
@pytest.mark.parametrize('depth', [18, 50])
def test_backward_reaches_every_parameter(
    cls: type, options: dict[str, Any], depth: int
) -> None:
    net = randomise(cls(depth, **NARROW, **options))
    net.train()
    x = images(4).requires_grad_()
    net(x)[0].square().mean().backward()
    for name, parameter in [('x', x), *net.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize('shift', [None, {'stage': 3, 'divisor': 16}])
def test_overfits_one_batch(shift: dict[str, Any] | None) -> None:
    torch.manual_seed(0)
    model = classifier(
        128, 32, type='GResNet', depth=18, channel_shift=shift, **NARROW
    )
    model.init_weights()
    model.train()
    x, labels = images(14), torch.arange(14) % 7
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(20):
        scores = model(x, mode='tensor')
        loss = nn.functional.cross_entropy(scores, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > 1
    assert losses[-1] < 0.05
