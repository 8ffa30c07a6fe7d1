"""The networks that are compared are what the tables call them."""

import pytest
import torch
from mmengine.analysis import FlopAnalyzer
from torch import nn

from csgresnet_mm.apis.measuring.compared_networks import (
    MOBILE,
    OURS,
    POOLED,
    SAME_RESOLUTION,
    STOCK,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.steps import (
    LayerArm,
    NetworkArm,
    TrainingStep,
    find_layers,
)
from csgresnet_mm.layers import set_execution
from tests.models.builders import images, randomise
from tests.oracle.counts import Network as ByHand

DERIVATIONS = {
    OURS: lambda depth: ByHand(depth, 5, max_pool=False),
    POOLED: lambda depth: ByHand(depth, 5, max_pool=True),
    SAME_RESOLUTION: lambda depth: ByHand(depth, 5, max_pool=False),
    STOCK: lambda depth: ByHand(depth, 7, max_pool=True),
}


@pytest.mark.parametrize('depth', [18, 34])
@pytest.mark.parametrize('role', DERIVATIONS)
def test_cost(role: str, depth: int) -> None:
    network = ComparedNetwork(role, depth)
    model = network.build().eval()
    set_execution(model, 'dense')
    by_hand = DERIVATIONS[role](depth)
    orientations = 4 if network.is_gabor else 1
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == by_hand.parameters(orientations)
    counted = FlopAnalyzer(model, (torch.zeros(1, 3, 112, 112),))
    counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    assert counted.by_operator()['conv'] == by_hand.dense()


def test_names() -> None:
    assert ComparedNetwork(OURS, 34).name == 'GResNet-34'
    assert ComparedNetwork(OURS, num_orientations=8).name == 'GResNet-18, M=8'
    assert ComparedNetwork(POOLED).name == 'GResNet-18, max pool'
    assert ComparedNetwork(SAME_RESOLUTION).name == 'same-resolution ResNet-18'
    assert ComparedNetwork(STOCK, 34).name == 'stock ResNet-34'
    assert ComparedNetwork(MOBILE).name == 'MobileNetV3-large'


@pytest.mark.parametrize(
    'role', [OURS, POOLED, SAME_RESOLUTION, STOCK, MOBILE]
)
def test_every_head_has_seven_classes(role: str) -> None:
    model = ComparedNetwork(role).build().eval()
    assert model(images(2, 32)).shape == (2, 7)


@pytest.mark.parametrize(
    ('role', 'form'),
    [
        (SAME_RESOLUTION, NetworkForm(channels_last=True)),
        (SAME_RESOLUTION, NetworkForm(folded=True, channels_last=True)),
        (STOCK, NetworkForm(folded=True)),
        (MOBILE, NetworkForm(folded=True)),
        (OURS, NetworkForm('native')),
        (OURS, NetworkForm('native', folded=True)),
        (OURS, NetworkForm('factorised')),
    ],
)
def test_every_form_computes_the_same(role: str, form: NetworkForm) -> None:
    model = randomise(ComparedNetwork(role).build()).eval()
    set_execution(model, 'dense')
    x = images(2, 32)
    expected = model(x)
    norms = (nn.BatchNorm2d,)
    found = form.apply(model)
    with torch.no_grad():
        error = (found(x) - expected).abs().max() / expected.abs().max()
    assert error < 1e-4
    has_norms = any(isinstance(m, norms) for m in found.modules())
    assert has_norms is not form.folded


def test_form_names() -> None:
    assert NetworkForm().name == 'eager'
    assert NetworkForm(channels_last=True).name == 'channels-last'
    assert (
        NetworkForm(folded=True, compiled=True, frozen=True).name
        == 'BN folded, compiled, frozen'
    )
    assert NetworkForm('native', folded=True).name == 'native, deployed'
    assert NetworkForm('dense').name == 'dense'


def test_layers_are_those_of_the_table() -> None:
    layers = find_layers(ComparedNetwork(OURS), 112)
    found = {
        (c.kernel_size, c.in_channels, c.out_channels, c.height // c.stride)
        for c in layers
    }
    by_hand = ByHand(18, 5, max_pool=False).convs
    assert found == {
        (c.kernel, c.channels_in, c.channels_out, c.out) for c in by_hand
    }
    assert len(layers) == len(found) == 11
    assert str(layers[2]) == (
        'layer2.0.conv1: 3x3/2, 64 to 128 channels, 56x56'
    )


def test_a_training_step_changes_the_weights() -> None:
    arm = NetworkArm(
        ComparedNetwork(STOCK), NetworkForm(), 2, 32, training=True
    )
    step = arm.build('cpu')
    assert isinstance(step, TrainingStep)
    assert step.model.training
    before = [p.detach().clone() for p in step.model.parameters()]
    step()
    after = list(step.model.parameters())
    assert not any(map(torch.equal, before, after))
    # 4 bytes; weight, gradient, momentum; running mean and variance, count
    by_hand = ByHand(18, 7, max_pool=True)
    channels = sum(conv.channels_out for conv in by_hand.convs)
    buffers = 8 * channels + 8 * len(by_hand.convs)
    assert step.state_bytes() == 12 * by_hand.parameters() + buffers


def test_an_inference_step_evaluates(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    build = ComparedNetwork.build

    def spy(network: ComparedNetwork) -> nn.Module:
        model = build(network)
        model.register_forward_hook(
            lambda module, inputs, output: seen.append(
                (module.training, inputs[0].dtype, output.requires_grad)
            )
        )
        return model

    monkeypatch.setattr(ComparedNetwork, 'build', spy)
    arm = NetworkArm(
        ComparedNetwork(STOCK), NetworkForm(), 1, 32, dtype=torch.bfloat16
    )
    arm.build('cpu')()
    assert seen == [(False, torch.bfloat16, False)] * 2


def test_a_backward_step_fills_both_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (stem, layer, *_) = find_layers(ComparedNetwork(OURS), 32)
    calls = []
    for found in (stem, layer):
        form = NetworkForm('native', channels_last=True)
        step = LayerArm(found, form, 2, True, 'ours').build('cpu')
        conv, x = _closure(step)['conv'], _closure(step)['x']
        step()
        calls.append((conv.weight.grad is not None, x.grad is not None))
        assert x.is_contiguous(memory_format=torch.channels_last)
    assert calls == [(True, False), (True, True)]


def _closure(step: object) -> dict[str, object]:
    names = step.__code__.co_freevars
    cells = (cell.cell_contents for cell in step.__closure__)
    return dict(zip(names, cells, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ('role', 'form', 'training'),
    [
        (SAME_RESOLUTION, NetworkForm(compiled=True, frozen=True), False),
        (OURS, NetworkForm('native', folded=True, compiled=True), False),
        (OURS, NetworkForm('native', compiled=True), True),
    ],
)
def test_compiled_forms_run(
    role: str, form: NetworkForm, training: bool
) -> None:
    torch.compiler.reset()
    arm = NetworkArm(ComparedNetwork(role), form, 2, 32, training)
    step = arm.build('cpu')
    with torch._dynamo.config.patch(error_on_recompile=True):
        step()


@pytest.mark.slow
def test_frozen_is_compiled_anew_with_constant_weights() -> None:
    torch.compiler.reset()
    counters = torch._dynamo.utils.counters
    key = 'mkldnn_conv_weight_pack_matcher_count'
    packed = []
    for frozen in (False, True):
        counters.clear()
        form = NetworkForm(compiled=True, frozen=frozen)
        NetworkArm(ComparedNetwork(STOCK), form, 2, 32).build('cpu')()
        packed.append(counters['inductor'][key])
    assert packed == [0, 20]
