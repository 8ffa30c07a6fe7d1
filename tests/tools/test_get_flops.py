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


@pytest.mark.parametrize(
    ('execution', 'convolutions', 'flops'),
    [
        ('dense', Network(18, 5, False).dense(), '1.714G'),
        ('factorised', Network(18, 5, False).factorised(), '0.456G'),
        pytest.param(
            'native',
            Network(18, 5, False).factorised(),
            '0.456G',
            marks=pytest.mark.compiler,
        ),
    ],
)
def test_execution_is_counted_and_named(
    run_command, execution, convolutions, flops
):
    network = Network(18, 5, False)
    by_hand = convolutions + network.norm_flops() + network.pool_flops()
    assert f'{by_hand / 1e9:.3f}G' == flops
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'get_flops.py',
        ROOT / 'configs' / 'csgresnet18_rafdb.py',
        '--shape',
        '112',
        '112',
        '--execution',
        execution,
    )
    assert f'Flops: {flops}\n' in output
    assert output.rstrip().splitlines()[-1] == (
        f'Counted: 20 Gabor convolutions as execution={execution!r}'
    )


def test_dense_is_the_default_and_resnet_has_none(run_command):
    tool = ROOT / 'tools' / 'get_flops.py'
    for config, layers in (('gresnet18', 20), ('resnet18', 0)):
        output = run_command(
            sys.executable,
            tool,
            ROOT / 'configs' / f'{config}_rafdb.py',
            '--shape',
            '32',
        )
        assert output.rstrip().endswith(
            f"Counted: {layers} Gabor convolutions as execution='dense'"
        )


def test_native_without_a_compiler_is_refused(run_command, tmp_path):
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'get_flops.py',
        ROOT / 'configs' / 'gresnet18_rafdb.py',
        '--execution',
        'native',
        expect=1,
        CXX='no-such-compiler',
        CSGRESNET_CACHE=str(tmp_path / 'cache'),
    )
    assert "execution='native' cannot be counted" in output
