"""Exporter by network: what each gives, as csgresnet_mm/layers/README.md says.

D2, D3: every exporter takes a torch form, and none needs this package where
the file is read.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mmpretrain.models.backbones import ResNet
from torch import nn

import csgresnet_mm
from csgresnet_mm.layers import ChannelShift, GConv, set_execution

from .. import exporters
from .builders import NARROW, backbone, randomise

PAGE = Path(csgresnet_mm.__file__).parent / 'layers' / 'README.md'
SHIFT = {'stage': 3, 'divisor': 8}
SIZE = 64


def gconv() -> nn.Module:
    layer = GConv(4, 16, 3, padding=1)
    nn.init.normal_(layer.bias)
    return layer.eval()


def gresnet(**options: Any) -> nn.Module:
    net = randomise(backbone(channel_shift=SHIFT))
    net.eval()
    return net


def deployed() -> nn.Module:
    net = gresnet()
    net.switch_to_deploy()
    return net


def deployed_dense() -> nn.Module:
    net = deployed()
    set_execution(net, 'dense')  # kernels folded ahead of time
    return net


NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    'GConv': (gconv, 4),
    'ChannelShift': (lambda: ChannelShift(8).eval(), 4),
    'GResNet': (gresnet, 3),
    'deployed GResNet': (deployed, 3),
}
ONNX, TORCHAO = pytest.mark.onnx, pytest.mark.torchao
EXPORTERS: dict[str, tuple[Callable[..., Any], Any]] = {
    '`torch.fx.symbolic_trace`': (exporters.fx, ()),
    "torchvision's `create_feature_extractor`": (
        exporters.feature_extractor,
        (),
    ),
    'FX quantisation': (exporters.fx_quantisation, ()),
    'pt2e quantisation': (exporters.pt2e_quantisation, TORCHAO),
    '`torch.jit.trace`': (exporters.jit_trace, ()),
    '`torch.jit.script`': (exporters.jit_script, ()),
    '`torch.export`': (exporters.export, ()),
    '`torch.onnx.export(dynamo=False)`': (exporters.onnx_legacy, ONNX),
    '`torch.onnx.export(dynamo=True)`': (exporters.onnx_dynamo, ONNX),
    '`torch.func.functional_call`': (exporters.functional_call, ()),
    '`torch.func.vmap`': (exporters.vmap, ()),
    '`torch.func.grad`': (exporters.grad, ()),
}
QUANTISED = {'FX quantisation', 'pt2e quantisation'}
REFUSED = {
    ('`torch.jit.script`', 'GResNet'): 'Wrong type for attribute assignment',
    ('`torch.jit.script`', 'deployed GResNet'): "getattr's second argument",
    ('pt2e quantisation', 'GResNet'): 'Expected get_attr node',
}
"""What MMPretrain's ResNet refuses, too, or what its reader cannot take."""

CELLS = [
    pytest.param(exporter, network, id=f'{exporter}-{network}', marks=marks)
    for exporter, (_, marks) in EXPORTERS.items()
    for network in NETWORKS
]


def example(network: str) -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    make, channels = NETWORKS[network]
    size = SIZE if channels == 3 else 12
    return make(), torch.randn(2, channels, size, size)


@pytest.mark.parametrize(('exporter', 'network'), CELLS)
def test_D2_D3_table(exporter: str, network: str) -> None:
    net, x = example(network)
    carry = EXPORTERS[exporter][0]
    if (exporter, network) in REFUSED:
        with pytest.raises(Exception, match=REFUSED[exporter, network]):
            carry(net, x)
        return
    with torch.no_grad():
        expected = exporters.first(net(x))
    carried = carry(net, x)
    found = exporters.first(carried(x)).detach()
    if exporter in QUANTISED:
        assert (found - expected).norm() < 0.2 * expected.norm()
    else:
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_the_page_has_this_table() -> None:
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in PAGE.read_text().splitlines()
        if line.startswith('|')
    ]
    assert rows[0] == ['', *NETWORKS]
    found = {row[0]: row[1:] for row in rows[2:]}
    assert list(found) == list(EXPORTERS)
    for exporter in EXPORTERS:
        for network, cell in zip(NETWORKS, found[exporter], strict=True):
            refused = (exporter, network) in REFUSED
            assert cell.startswith('no') == refused, (exporter, network)


def test_D2_resnet_of_mmpretrain_traces_where_ours_do() -> None:
    x = torch.randn(1, 3, SIZE, SIZE)
    for net in (ResNet(18, **NARROW), backbone(kind='CSResNet'), gresnet()):
        net.eval()
        traced = torch.fx.symbolic_trace(net)
        torch.testing.assert_close(
            traced(x)[0], net(x)[0], rtol=1e-3, atol=1e-4
        )


@pytest.mark.parametrize('net', [gresnet, deployed])
def test_D2_fx_quantises_every_convolution(net: Any) -> None:
    x = torch.randn(2, 3, SIZE, SIZE)
    quantised = exporters.fx_quantisation(net(), x)
    names = [
        torch.typename(node.target)
        for node in quantised.graph.nodes
        if node.op == 'call_function'
    ]
    targets = [str(node.target) for node in quantised.graph.nodes]
    done = [t for t in targets if re.match(r'quantized\.conv2d(_relu)?$', t)]
    assert len(done) == 20, names


@pytest.mark.torchao
def test_D2_pt2e_quantises_the_deployed_dense_form() -> None:
    x = torch.randn(2, 3, SIZE, SIZE)
    net = deployed_dense()
    quantised = exporters.pt2e_quantisation(net, x)
    weights = [
        node
        for node in quantised.graph.nodes
        if 'dequantize_per_tensor' in str(node.target)
        and node.args[0].op == 'get_attr'
    ]
    assert len(weights) == 20
    found, expected = quantised(x)[0], net(x)[0]
    assert (found - expected).norm() < 0.2 * expected.norm()


@pytest.mark.parametrize('script', [False, True])
def test_D3_a_saved_file_runs_without_the_package(
    script: bool, tmp_path: Path, run_python: Any
) -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(gconv(), ChannelShift(8)).eval()
    nets = [layers] if script else [layers, gresnet(), deployed()]
    carry = exporters.jit_script if script else exporters.jit_trace
    for index, net in enumerate(nets):
        x = torch.randn(2, 4 if net is layers else 3, SIZE, SIZE)
        with exporters.ignoring('`torch.jit'):
            carry(net, x).save(tmp_path / f'{index}.pt')
        with torch.no_grad():
            y = exporters.first(net(x))
        torch.save([x, y], tmp_path / f'{index}.tensors')
    assert run_python(RUNS_WITHOUT, tmp_path, len(nets)) == 'ran\n'


RUNS_WITHOUT = """
import sys, warnings
warnings.simplefilter('ignore')
sys.modules['csgresnet_mm'] = None
import torch
for index in range(int(sys.argv[2])):
    net = torch.jit.load(f'{sys.argv[1]}/{index}.pt')
    x, y = torch.load(f'{sys.argv[1]}/{index}.tensors')
    found = net(x)
    found = found[0] if isinstance(found, tuple) else found
    torch.testing.assert_close(found, y, rtol=1e-3, atol=1e-4)
print('ran')
"""


@pytest.fixture
def run_python() -> Callable[..., str]:
    import subprocess
    import sys

    def run(program: str, *arguments: Any) -> str:
        return subprocess.run(
            [sys.executable, '-c', program, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run
