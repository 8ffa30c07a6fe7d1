"""tools/get_flops.py prints the figures of the paper's Table 1."""

import sys

import pytest

from tests.oracle.counts import Network
from tests.tools.conftest import ROOT


@pytest.mark.parametrize(
    ('config', 'network', 'orientations', 'flops', 'parameters'),
    [
        ('gresnet18', Network(18, 5, False), 4, '1.714G', '2.805M'),
        ('resnet18', Network(18, 7, True), 1, '0.486G', '11.18M'),
    ],
)
def test_get_flops(
    run_command, config, network, orientations, flops, parameters
):
    by_hand = network.dense() + network.norm_flops() + network.pool_flops()
    assert f'{by_hand / 1e9:.3f}G' == flops
    assert f'{network.parameters(orientations) / 1e6:.4g}M' == parameters
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'get_flops.py',
        ROOT / 'configs' / f'{config}_rafdb.py',
        '--shape',
        '112',
        '112',
    )
    assert f'Flops: {flops}\n' in output
    assert f'Params: {parameters}\n' in output
    assert 'Input shape: (3, 112, 112)' in output
