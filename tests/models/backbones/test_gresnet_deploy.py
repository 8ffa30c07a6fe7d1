"""The form of GResNet for inference, and its executions."""

import copy

import pytest
import torch
from torch import nn

from csgresnet_mm.layers import set_execution
from csgresnet_mm.models import GResNet
from tests.models.builders import randomised

NETWORKS = {
    'plain': dict(depth=18),
    'shifted': dict(depth=18, channel_shift=dict(stage=3)),
    'at random': dict(
        depth=18, channel_shift=dict(stage=1, position='stochastic')
    ),
    'bottleneck': dict(depth=50),
    'deep stem': dict(depth=18, deep_stem=True, avg_down=True),
    'pooled': dict(depth=34, with_max_pool=True),
    'two': dict(depth=18, num_orientations=2),
    'half width': dict(
        depth=18, base_channels=32, stem_channels=32, in_channels=1
    ),
}


def error(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


@pytest.mark.parametrize('name', NETWORKS)
@torch.no_grad()
def test_every_form_is_the_network(name):
    net = randomised(**NETWORKS[name])
    x = torch.randn(2, NETWORKS[name].get('in_channels', 3), 49, 57)
    exact = copy.deepcopy(net).double()
    set_execution(exact, 'dense')
    expected = exact(x.double())[0]
    keys = list(net.state_dict())
    for execution in ('dense', 'factorised', 'native', 'auto'):
        set_execution(net, execution)
        assert error(net(x)[0], expected) < 2e-6
        assert list(net.state_dict()) == keys
    net.switch_to_deploy()
    assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    state = net.state_dict()
    assert error(net(x)[0], expected) < 2e-6
    net.switch_to_deploy()  # a second call changes nothing
    assert list(net.state_dict()) == list(state)
    built = GResNet(**NETWORKS[name], deploy=True).eval()
    built.load_state_dict(state, strict=True)
    for execution in ('auto', 'dense', 'factorised'):
        set_execution(built, execution)
        assert error(built(x)[0], expected) < 2e-6


@torch.no_grad()
def test_deployed_network_is_an_ordinary_module():
    net = randomised(**NETWORKS['shifted'])
    net.switch_to_deploy()
    x = torch.randn(2, 3, 48, 48)
    y = net(x)[0]
    assert torch.equal(copy.deepcopy(net)(x)[0], y)
    assert net.train() is net
    assert torch.equal(net(x)[0], y)  # nothing left that trains
    net.init_weights()
    assert torch.equal(net(x)[0], y)
    compiled = torch.compile(net, fullgraph=True, backend='aot_eager')
    assert error(compiled(x)[0], y) < 2e-6
    program = torch.export.export(net, (x,))
    assert error(program.module()(x)[0], y) < 2e-6
    used = {str(node.target) for node in program.graph.nodes}
    assert not any('csgresnet_mm' in target for target in used)


def test_plain_network_exports_a_torch_form():
    net = randomised(**NETWORKS['plain'])
    x = torch.randn(1, 3, 48, 48)
    program = torch.export.export(net, (x,))
    used = {str(node.target) for node in program.graph.nodes}
    assert any('conv2d' in target for target in used)
    assert not any('csgresnet_mm' in target for target in used)


def test_frozen_stages_do_not_hinder():
    net = GResNet(18, frozen_stages=2, deploy=True)
    assert net.train()(torch.rand(1, 3, 32, 32))[0].shape == (1, 512, 2, 2)


def test_norms_that_cannot_be_folded_are_named():
    norm_cfg = dict(type='GN', num_groups=4)
    with pytest.raises(ValueError, match='GroupNorm cannot be folded'):
        GResNet(18, norm_cfg=norm_cfg, deploy=True)


def test_unknown_execution():
    with pytest.raises(ValueError, match="execution='fast' must be one of"):
        GResNet(18, execution='fast')


def steps(execution, count, offset=0.0, **options):
    """Losses of some training steps from one seed; ``offset`` shifts x."""
    torch.manual_seed(0)
    net = GResNet(18, base_channels=32, stem_channels=32, **options)
    head = nn.Linear(256, 7)
    set_execution(net, execution)
    parameters = [*net.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.005, momentum=0.9)
    g = torch.Generator().manual_seed(1)
    patterns = torch.randn(7, 3, 48, 48, generator=g)
    losses = []
    for _ in range(count):
        labels = torch.randint(7, (16,), generator=g)
        x = patterns[labels] + torch.randn(16, 3, 48, 48, generator=g)
        optimizer.zero_grad()
        features = net(x + offset)[0].mean((2, 3))
        loss = nn.functional.cross_entropy(head(features), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def test_forms_train_alike():
    dense = steps('dense', 3)
    for execution in ('factorised', 'native'):
        torch.testing.assert_close(
            steps(execution, 3), dense, atol=1e-3, rtol=0
        )


@pytest.mark.long
def test_forms_train_alike_for_a_hundred_steps():
    """ReLUs flip on the last digit, so training is chaotic.

    The yardstick is the dense form itself on inputs that differ by 1e-6: no
    form may be farther from dense than three times that.
    """
    dense = steps('dense', 100)
    disturbed = (steps('dense', 100, offset=1e-6) - dense).abs().max()
    assert dense[-10:].mean() < 0.1 * dense[0]
    for execution in ('factorised', 'native'):
        apart = (steps(execution, 100) - dense).abs().max()
        assert apart < 3 * disturbed


@pytest.mark.filterwarnings('ignore:.*None of the inputs have requires_grad')
def test_checkpointing_with_the_native_form():
    plain = steps('native', 3)
    torch.testing.assert_close(steps('native', 3, with_cp=True), plain)


@pytest.mark.compiler
def test_bfloat16_training_under_autocast():
    torch.manual_seed(0)
    net = GResNet(18, base_channels=32, stem_channels=32, execution='native')
    x = torch.randn(4, 3, 48, 48)
    with torch.autocast('cpu', torch.bfloat16):
        y = net(x)[0]
    assert y.dtype == torch.bfloat16
    y.float().square().mean().backward()
    low = [p.grad.clone() for p in net.parameters()]
    assert all(g.dtype == torch.float32 for g in low)
    net.zero_grad()
    net(x)[0].square().mean().backward()
    full = [p.grad for p in net.parameters()]
    cosine = nn.functional.cosine_similarity(
        torch.cat([g.flatten() for g in low]),
        torch.cat([g.flatten() for g in full]),
        dim=0,
    )
    assert cosine > 0.95
