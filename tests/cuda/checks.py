"""What must hold on any device; each check raises where it does not."""

import copy
from pathlib import Path

import numpy as np
import torch
from torch import nn

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.measuring.compared_networks import (
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.steps import Layer, NetworkArm
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.functional import gabor_conv2d, gabor_filter_bank
from csgresnet_mm.layers import set_execution
from csgresnet_mm.models import GResNet
from tests.apis.small_run import CLASSES, write_run
from tests.engine import resume_compare
from tests.models.builders import NARROW, backbone, images, randomise

SHIFT = {'stage': 3, 'divisor': 8}

LAYERS = [
    Layer('layer1.0.conv1', 64, 64, 3, 1, 56, 56),
    Layer('layer2.0.conv1', 64, 128, 3, 2, 56, 56),
    Layer('layer2.0.downsample.0', 64, 128, 1, 2, 56, 56),
    Layer('layer3.1.conv1', 256, 256, 3, 1, 14, 14),
    Layer('layer4.1.conv1', 512, 512, 3, 1, 7, 7),
]
"""One or two of each stage of GResNet-18 at 112 x 112."""


DETERMINISTIC = {
    'configured': ['randomness.deterministic=True'],
    'CUBLAS_WORKSPACE_CONFIG': ':4096:8',  # else cuBLAS refuses
}
"""For the fixture ``train``: results are to be the same bits."""


def assert_near(found, expected, tolerance=1e-4):
    """By the largest value: a sum of many terms has no relative error."""
    found, expected = found.detach().cpu(), expected.detach().cpu()
    error = (found.double() - expected.double()).abs().max()
    assert error <= tolerance * expected.double().abs().max()


def network(device, execution='auto', **options):
    net = randomise(backbone(channel_shift=SHIFT, **options)).eval()
    set_execution(net, execution)
    return net.to(device)


def channels_last(device, execution='auto'):
    """The layout is kept, and changes no result."""
    net, x = network(device, execution), images(2, 64).to(device)
    expected = net(x)[0]
    net = net.to(memory_format=torch.channels_last)
    (found,) = net(x.contiguous(memory_format=torch.channels_last))
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert_near(found, expected)


def compiled(device, backend, execution='auto'):
    """No graph break; results and gradients are those of eager mode."""
    torch.compiler.reset()
    net, x = network(device, execution).train(), images(4, 64).to(device)
    state = copy.deepcopy(net.state_dict())
    quick = torch.compile(net, fullgraph=True, backend=backend)
    results = []
    for model in (quick, net):
        net.load_state_dict(state)
        net.zero_grad()
        (y,) = model(x)
        y.square().mean().backward()
        results.append((y, net.conv1.weight.grad.clone()))
    for found, expected in zip(*results, strict=True):
        assert_near(found, expected, 1e-3)


def deployed(device, execution='auto'):
    """The form for inference computes what was trained."""
    net, x = network(device, execution), images(2, 64).to(device)
    with torch.no_grad():
        expected = net(x)[0]
        net.switch_to_deploy()
        assert_near(net(x)[0], expected)
        built = GResNet(18, deploy=True, channel_shift=SHIFT, **NARROW)
        built.load_state_dict(net.state_dict())
        assert_near(built.eval().to(device)(x)[0], expected)


def checkpoint_moves(device, folder: Path):
    """What a device wrote the CPU reads, and the other way round."""
    net, x = network(device), images(2, 64)
    (expected,) = net(x.to(device))
    path = folder / 'net.pth'
    for source, target in ((device, 'cpu'), ('cpu', device)):
        torch.save(net.to(source).state_dict(), path)
        state = safe_loading.load_from_local(str(path), map_location=target)
        assert all(v.device.type == target for v in state.values())
        other = randomise(backbone(channel_shift=SHIFT), seed=1).eval()
        other.load_state_dict(state)
        other = other.to(target)
        assert_near(other(x.to(target))[0], expected)


def predictor(device, folder: Path):
    """Probabilities are those of the CPU."""
    config, checkpoint = write_run(folder)
    path = folder / 'config.py'
    config.dump(path)
    picture = np.random.default_rng(0).integers(
        0, 256, (60, 50, 3), dtype=np.uint8
    )
    found = []
    for place in (device, 'cpu'):
        predict = ExpressionPredictor(
            path, checkpoint, device=place, faces='whole_image'
        )
        (face,) = predict(picture)
        found.append([face.probabilities[name] for name in CLASSES])
    np.testing.assert_allclose(*found, atol=1e-3)


def rounding(device, layer: Layer, dtype, execution):
    """Errors of an execution and of torch's dense form, by float64.

    Returns:
        Output, gradient of the input, gradient of the weight: a pair each,
        ours and torch's, largest difference over largest value.
    """
    torch.manual_seed(0)
    k, m = layer.kernel_size, 4
    size = (2, layer.in_channels, layer.height, layer.width)
    x = torch.randn(size, device=device, dtype=dtype)
    weight = torch.randn(
        (layer.out_channels // m, layer.in_channels, k, k),
        device=device,
        dtype=dtype,
    )
    bank = gabor_filter_bank((k, k), m).to(device)
    results = []
    for how, kind in (
        (execution, dtype),
        ('dense', dtype),
        ('dense', torch.float64),
    ):
        leaves = [t.to(kind).requires_grad_() for t in (x, weight)]
        y = gabor_conv2d(
            *leaves,
            bank.to(kind),
            None,
            layer.stride,
            k // 2,
            execution=how,
            symmetric=True,
        )
        torch.manual_seed(1)
        grad = torch.randn(y.shape, device=device, dtype=dtype)
        grads = torch.autograd.grad(y, leaves, grad.to(kind))
        results.append([y.detach(), *grads])
    (ours, dense, exact) = results
    return [
        tuple(_error(found, e) for found in pair)
        for *pair, e in zip(ours, dense, exact, strict=True)
    ]


def _error(found, exact):
    difference = (found.double() - exact).abs().max()
    return (difference / exact.abs().max()).item()


def training_reduces_the_loss(device, execution, amp):
    """One batch is overfitted."""
    torch.manual_seed(0)
    net = backbone(execution=execution)
    net = nn.Sequential(net, _Head(128)).to(device)
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)
    scaler = torch.amp.GradScaler(device, enabled=amp == torch.float16)
    x = images(8, 48).to(device)
    labels = torch.arange(8, device=device) % 4
    losses = []
    for _ in range(12):
        with torch.autocast(device, amp, enabled=amp is not None):
            scores = net(x)
        loss = nn.functional.cross_entropy(scores.float(), labels)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0], losses


class _Head(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.linear = nn.Linear(channels, 4)

    def forward(self, features):
        return self.linear(features[0].mean((2, 3)))


def arm(role, execution, **form):
    """A training arm of the benchmark, at the paper's resolution."""
    how = NetworkForm(execution, channels_last=True, **form)
    return NetworkArm(ComparedNetwork(role), how, 64, 112, training=True)


def resumes_to_the_same_bits(train, folder: Path, *arguments):
    """Two epochs and one resumed are three, generators and scaler too."""
    whole, parts = folder / 'whole', folder / 'parts'
    train(whole, *arguments, epochs=3, **DETERMINISTIC)
    train(parts, *arguments, epochs=2, **DETERMINISTIC)
    train(parts, *arguments, '--resume', epochs=3, **DETERMINISTIC)
    assert (parts / 'epoch_3.pth').is_file()
    found = resume_compare.differences(whole, parts)
    # epoch 2 was the last one to come of a part: it says so
    assert [f for f in found if not f.startswith('epoch_2.pth')] == []
