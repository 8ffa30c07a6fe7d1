"""tools/gpu_day.sh, each step of it on the CPU."""

import pytest

from tests.tools.conftest import ROOT

SCRIPT = ROOT / 'tools/gpu_day.sh'
STEPS = ('exactness', 'benchmark', 'suite', 'training')


@pytest.mark.slow
@pytest.mark.triton
def test_dry_run_takes_every_step_once(run_command, tmp_path):
    out, state = tmp_path / 'out', tmp_path / 'state'

    def run(*arguments, **options):
        return run_command(
            'bash',
            SCRIPT,
            '--dry-run',
            '--out',
            out,
            *arguments,
            GPU_DAY_STATE=str(state),
            **options,
        )

    run()
    summary = (out / 'summary.md').read_text()
    assert summary.startswith('# A day with a GPU (dry run on the CPU)')
    for step in STEPS:
        assert f'## {step}: exit code 0' in summary
    assert 'auto takes Triton in layer4' in summary
    assert 'Trained 1 epochs, triton' in summary
    assert len(list(out.iterdir())) <= 8
    again = run()
    assert [f'{step}: ended before' in again for step in STEPS] == [True] * 4
    packages = tmp_path / 'packages'
    packages.mkdir()
    (packages / 'a.zip').write_bytes(b'')
    output = run('--packages', packages, expect=1)
    assert 'a.zip: expected .whl or .tar.xz' in output
    assert 'packages: exit code 1' in (out / 'summary.md').read_text()


def test_a_folder_must_be_named(run_command):
    output = run_command('bash', SCRIPT, expect=2)
    assert 'tools/gpu_day.sh --out DIR' in output


def test_without_a_gpu_nothing_is_run(run_command, tmp_path):
    output = run_command(
        'bash',
        SCRIPT,
        '--out',
        tmp_path / 'out',
        expect=1,
        GPU_DAY_STATE=str(tmp_path / 'state'),
        CUDA_VISIBLE_DEVICES='',
    )
    assert 'no GPU' in output
    assert not list((tmp_path / 'out').iterdir())
