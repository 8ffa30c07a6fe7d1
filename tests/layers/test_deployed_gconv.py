"""The form for inference computes what layer, norm, sum and ReLU compute."""

import copy
import io

import pytest
import torch
from torch import nn

from csgresnet_mm.functional import plans
from csgresnet_mm.layers import DeployedGConv, GConv, set_execution

VARIANTS = {
    'plain': {},
    'strided': dict(stride=2),
    'no padding, bias': dict(padding=0, bias=True),
    'dilated': dict(dilation=2, padding=2),
    'circular': dict(padding_mode='circular'),
    'reflect': dict(padding_mode='reflect'),
    'eight': dict(num_orientations=8),
    'three': dict(num_orientations=3),
    'random bank': dict(bank='random'),
    'stem': dict(in_channels=3, kernel_size=5, stride=2, padding=2),
    'point': dict(kernel_size=1, padding=0),
}


def trained_pair(**options):
    """A layer and its norm after three steps: nothing at its initial value."""
    torch.manual_seed(0)
    arguments = dict(
        in_channels=24, out_channels=48, kernel_size=3, padding=1, bias=False
    )
    arguments.update(options)
    conv, norm = GConv(**arguments), nn.BatchNorm2d(48)
    model = nn.Sequential(conv, norm)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        x = torch.randn(4, arguments['in_channels'], 10, 11)
        (model(x) * torch.randn(48, 1, 1)).square().mean().backward()
        optimizer.step()
    return conv, norm.eval(), x


def close(a, b, bound=2e-6):
    return ((a - b).abs().max() / b.abs().max()).item() < bound


@pytest.mark.parametrize('execution', ['auto', 'dense', 'factorised'])
@pytest.mark.parametrize('variant', VARIANTS)
@torch.no_grad()
def test_equals_the_layers_it_replaces(variant, execution):
    with torch.enable_grad():
        conv, norm, x = trained_pair(**VARIANTS[variant])
    conv.execution = execution
    y = norm(conv(x))
    residual = torch.randn_like(y)
    assert close(conv.switch_to_deploy(norm)(x), y)
    deployed = conv.switch_to_deploy(norm, relu=True)
    assert close(deployed(x, residual), (y + residual).relu())
    assert close(deployed(x), y.relu())
    assert close(conv.switch_to_deploy()(x), conv(x))


def test_the_layer_stays_as_it_was():
    conv, norm, x = trained_pair()
    before = conv(x)
    deployed = conv.switch_to_deploy(norm)
    with torch.no_grad():
        deployed.weight.zero_()
    assert torch.equal(conv(x), before)


def test_state_dict_is_portable_and_small():
    conv, norm, _ = trained_pair()
    state = conv.switch_to_deploy(norm).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        'weight': (12, 24, 3, 3),
        'scale': (48,),
        'bias': (48,),
    }


@torch.no_grad()
def test_loading_prepares_anew():
    with torch.enable_grad():
        conv, norm, x = trained_pair()
        other = trained_pair(num_orientations=4)[0]
    other.init_weights()
    deployed = conv.switch_to_deploy(norm)
    loaded = other.switch_to_deploy(norm)
    assert not close(loaded(x), deployed(x))
    loaded.load_state_dict(deployed.state_dict())
    assert torch.equal(loaded(x), deployed(x))


@torch.no_grad()
def test_copies_pickles_and_moves():
    with torch.enable_grad():
        conv, norm, x = trained_pair()
    deployed = conv.switch_to_deploy(norm)
    y = deployed(x)
    assert torch.equal(copy.deepcopy(deployed)(x), y)
    file = io.BytesIO()
    torch.save(deployed, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x), y)
    double = copy.deepcopy(deployed).double()
    assert double.packed.numel() == 0
    assert close(double(x.double()), y.double())
    assert torch.equal(double.float()(x), y)
    half = copy.deepcopy(deployed).bfloat16()
    assert close(half(x.bfloat16()).float(), y, 2e-2)
    with torch.autocast('cpu', torch.bfloat16):
        lowered = deployed(x, deployed(x))
    assert lowered.dtype == torch.bfloat16
    assert deployed.to('meta').weight.is_meta


def test_a_foreign_pack_is_never_unpickled():
    conv, norm, x = trained_pair()
    deployed = conv.switch_to_deploy(norm)
    y = deployed(x)
    deployed.packed = torch.zeros(7, dtype=torch.uint8)  # another CPU's
    file = io.BytesIO()
    torch.save(deployed, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x), y)


def test_gradient_of_the_input():
    conv, norm, x = trained_pair()
    deployed = conv.switch_to_deploy(norm, relu=True)
    found, expected = x.clone().requires_grad_(), x.clone().requires_grad_()
    deployed(found).sum().backward()
    norm(conv(expected)).relu().sum().backward()
    assert close(found.grad, expected.grad, 1e-4)
    assert not any(p.requires_grad for p in deployed.parameters())


@pytest.mark.compiler
@torch.no_grad()
def test_native_is_used_where_it_exists(monkeypatch):
    with torch.enable_grad():
        conv, norm, x = trained_pair()
    deployed = conv.switch_to_deploy(norm)
    calls = []
    fused = plans.Plan.convolve_fused

    def record(*args):
        calls.append(args)
        return fused(*args)

    monkeypatch.setattr(plans.Plan, 'convolve_fused', record)
    deployed(x)
    assert len(calls) == 1
    set_execution(deployed, 'dense')
    deployed(x)
    assert len(calls) == 1
    dense = copy.deepcopy(conv)
    dense.execution = 'dense'
    deployed = dense.switch_to_deploy(norm)
    set_execution(deployed, 'native')  # packs what dense did not need
    deployed(x)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ('norm', 'message'),
    [
        (nn.GroupNorm(4, 48), 'GroupNorm cannot be folded'),
        (
            nn.BatchNorm2d(48, track_running_stats=False),
            'expected a batch norm with running statistics',
        ),
    ],
)
def test_other_norms_are_refused(norm, message):
    with pytest.raises(ValueError, match=message):
        GConv(24, 48, 3).switch_to_deploy(norm)


def test_norm_without_affine():
    conv, _, x = trained_pair()
    norm = nn.BatchNorm2d(48, affine=False).eval()
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    assert close(conv.switch_to_deploy(norm)(x), norm(conv(x)))


def test_repr_names_the_sizes():
    assert 'DeployedGConv(24, 48, kernel_size=(3, 3)' in repr(
        DeployedGConv(GConv(24, 48, 3))
    )


@pytest.mark.parametrize('channels', [12, 48])
def test_another_number_of_channels_is_refused(channels):
    conv, norm, _ = trained_pair()
    deployed = conv.switch_to_deploy(norm)
    with pytest.raises(ValueError, match='does not fit'), torch.no_grad():
        deployed(torch.rand(1, channels, 9, 9))


@pytest.mark.compiler
def test_M7_a_residual_keeps_its_gradient():
    """The kernel gives none: a residual that wants one takes torch's way."""
    conv, norm, x = trained_pair()
    layer = conv.switch_to_deploy(norm)
    set_execution(layer, 'native')
    residual = torch.randn(4, 48, 10, 11, requires_grad=True)
    assert layer.plan(x) is not None
    layer(x, residual).sum().backward()
    assert torch.equal(residual.grad, torch.ones_like(residual))
