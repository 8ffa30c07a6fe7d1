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


@pytest.mark.parametrize(
    ('config', 'size', 'source'),
    [
        ('gresnet18_rafdb', '112x112', "the config's own size"),
        ('csgresnet18_demo', '48x48', "the config's own size"),
        ('csgresnet18_fer2013-48px', '40x40', "the config's own size"),
    ],
)
def test_T9_the_configs_own_input_size_is_counted(tell, config, size, source):
    path = ROOT / 'configs' / f'{config}.py'
    code, output = tell('csgresnet_mm.programs.flops:main', path)
    assert code == 0
    assert f'Input: {size}, {source}; one multiply-add is' in output
    side = size.partition('x')[0]
    assert f'Input shape: (3, {side}, {side})' in output


def test_native_without_a_compiler_is_refused(run_command, tmp_path):
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'get_flops.py',
        ROOT / 'configs' / 'gresnet18_rafdb.py',
        '--execution',
        'native',
        expect=2,
        CXX='no-such-compiler',
        CSGRESNET_CACHE=str(tmp_path / 'cache'),
    )
    assert "execution='native' cannot be counted" in output
