"""The whole network under autocast, other layouts, compile, export, EMA."""

import copy
import pickle
from typing import Any

import pytest
import torch
from mmengine.model import ExponentialMovingAverage
from torch import nn
from torch.export import Dim

from csgresnet_mm.layers import set_execution

from .builders import NARROW, backbone, classifier, images, randomise

SHIFT = {'stage': 3, 'divisor': 8}
SHIFTS = [None, SHIFT, {**SHIFT, 'position': 'stochastic'}]
WITH_SHIFTS = pytest.mark.parametrize(
    'shift', SHIFTS, ids=['plain', 'start', 'stochastic']
)


def model(kind: str = 'GResNet', **options: Any) -> nn.Module:
    head_channels = 32 if kind == 'GResNet' else 128
    net = classifier(
        128, head_channels, type=kind, depth=18, **NARROW, **options
    )
    return randomise(net).eval()


@WITH_SHIFTS
@pytest.mark.parametrize(
    ('dtype', 'tolerance'), [(torch.bfloat16, 0.1), (torch.float16, 0.02)]
)
def test_autocast(
    dtype: torch.dtype, tolerance: float, shift: dict[str, Any] | None
) -> None:
    net, x = model(channel_shift=shift), images(2, 64)
    expected = net(x)
    with torch.autocast('cpu', dtype):
        found = net(x)
        features = net.backbone(x)[0]
    assert found.dtype == features.dtype == dtype
    error = (found.float() - expected).abs().max() / expected.abs().max()
    assert error < tolerance
    net.train()
    with torch.autocast('cpu', dtype):
        loss = nn.functional.cross_entropy(net(x), torch.tensor([0, 1]))
    loss.backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.dtype == torch.float32, name
        assert parameter.grad.isfinite().all(), name


@WITH_SHIFTS
def test_channels_last(shift: dict[str, Any] | None) -> None:
    net = model(channel_shift=shift)
    x = images(2, 64)
    expected = net(x)
    net = net.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
    torch.testing.assert_close(net(x), expected)
    features = net.backbone(x)[0]
    assert features.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ('kind', 'shift', 'training'),
    [
        ('GResNet', None, True),
        ('GResNet', SHIFT, False),
        ('GResNet', {**SHIFT, 'position': 'stochastic'}, True),
        ('CSResNet', SHIFT, False),
    ],
)
def test_compiles_without_graph_breaks(
    kind: str, shift: dict[str, Any] | None, training: bool
) -> None:
    torch.compiler.reset()
    net = randomise(backbone(kind=kind, channel_shift=shift)).double()
    net.train(training)
    backend = 'aot_eager' if training else 'eager'
    compiled = torch.compile(net, fullgraph=True, backend=backend)
    x = images(2, 64).double()
    torch.testing.assert_close(compiled(x)[0], net(x)[0])
    compiled(x)[0].square().mean().backward()
    found = net.conv1.weight.grad.clone()
    net.zero_grad()
    net(x)[0].square().mean().backward()
    torch.testing.assert_close(found, net.conv1.weight.grad)


@pytest.mark.parametrize(
    'shift',
    [
        pytest.param(None, id='plain', marks=pytest.mark.long),
        pytest.param(SHIFT, id='start', marks=pytest.mark.slow),
    ],
)
def test_compiles_with_inductor(shift: dict[str, Any] | None) -> None:
    torch.compiler.reset()
    net = randomise(backbone(channel_shift=shift)).double().eval()
    compiled = torch.compile(net, fullgraph=True, dynamic=True)
    for batch, size in ((2, 64), (3, 80)):
        x = images(batch, size).double()
        torch.testing.assert_close(compiled(x)[0], net(x)[0])


@pytest.mark.parametrize('kind', ['GResNet', 'CSResNet'])
@WITH_SHIFTS
def test_exports_with_dynamic_batch_and_size(
    shift: dict[str, Any] | None, kind: str
) -> None:
    net = randomise(backbone(kind=kind, channel_shift=shift)).eval()
    program = torch.export.export(
        net,
        (images(2, 64),),
        dynamic_shapes=(
            {
                0: Dim('batch'),
                2: Dim('height', min=48, max=256),
                3: Dim('width', min=48, max=256),
            },
        ),
    )
    set_execution(net, 'dense')  # what an export takes
    for shape in ((1, 3, 64, 64), (3, 3, 97, 113), (2, 3, 48, 128)):
        x = torch.rand(shape)
        torch.testing.assert_close(program.module()(x)[0], net(x)[0])


@WITH_SHIFTS
@pytest.mark.parametrize(
    'copier', [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies(copier: Any, shift: dict[str, Any] | None) -> None:
    net = randomise(backbone(channel_shift=shift)).eval()
    x = images(2, 64)
    expected = net(x)[0]
    twin = copier(net)
    for parameter in net.parameters():
        parameter.data.zero_()
    assert torch.equal(twin(x)[0], expected)
    assert not torch.equal(net(x)[0], expected)


def test_double_is_exact_after_half() -> None:
    net = randomise(backbone()).eval()
    exact = copy.deepcopy(net).double()
    coarse = copy.deepcopy(net).half().double()
    for name, buffer in exact.named_buffers():
        if name.endswith('bank'):
            assert torch.equal(coarse.get_buffer(name), buffer), name


@pytest.mark.parametrize('update_buffers', [False, True])
def test_moving_average_of_mmengine(update_buffers: bool) -> None:
    net = randomise(backbone(channel_shift=SHIFT)).double()
    average = ExponentialMovingAverage(
        net, momentum=0.3, update_buffers=update_buffers
    )
    average.update_parameters(net)  # the first call copies
    average.module.eval()
    x = images(2, 64).double()
    average.module(x)
    state = {k: v.clone() for k, v in net.state_dict().items()}
    randomise(net, seed=1)
    average.update_parameters(net)
    expected = backbone(channel_shift=SHIFT).double().eval()
    mixed = {}
    for key, value in net.state_dict().items():
        averaged = update_buffers or key in dict(net.named_parameters())
        if averaged and value.is_floating_point():
            mixed[key] = 0.7 * state[key] + 0.3 * value
        else:
            mixed[key] = average.module.state_dict()[key]
    expected.load_state_dict(mixed)
    torch.testing.assert_close(average.module(x)[0], expected(x)[0])
    for key in ('conv1.weight', 'layer3.1.conv2.weight', 'bn1.bias'):
        torch.testing.assert_close(
            average.module.state_dict()[key], mixed[key]
        )
    assert not torch.allclose(average.module(x)[0], net.eval()(x)[0])
