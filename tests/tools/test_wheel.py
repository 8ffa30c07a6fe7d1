"""The wheel and the sdist carry configs and tools, and train by themselves."""

import os
import site
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.tools.conftest import ROOT

PARTS = (
    'native/forward.cpp',
    'native/simd.h',
    'functional/measured.json',
    '.mim/configs/csgresnet18_rafdb.py',
    '.mim/configs/_base_/default_runtime.py',
    '.mim/configs/metafile.yml',
    '.mim/configs/mmseg/csgresnet18-upernet_custom.py',
    '.mim/model-index.yml',
    '.mim/tools/train.py',
    '.mim/tools/test.py',
    '.mim/tools/get_flops.py',
)


@pytest.fixture(scope='module')
def distributions(run_command, tmp_path_factory):
    out = tmp_path_factory.mktemp('dist')
    run_command(sys.executable, '-m', 'build', '--outdir', out, ROOT, cwd=out)
    return out


@pytest.mark.slow
def test_distributions_carry_configs_and_tools(distributions):
    (wheel,) = distributions.glob('*.whl')
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for part in PARTS:
        assert f'csgresnet_mm/{part}' in names
        # once: two entries of one name would be a damaged wheel
        assert len(names) == len(set(names))
    (sdist,) = distributions.glob('*.tar.gz')
    with tarfile.open(sdist) as archive:
        files = {m.name.split('/', 1)[-1] for m in archive if m.isreg()}
    for part in PARTS:
        at_root = part.removeprefix('.mim/')
        assert (
            f'csgresnet_mm/{part}' if at_root == part else at_root
        ) in files
    assert 'LICENSE' in files


@pytest.mark.slow
def test_wheel_trains_in_a_fresh_environment(
    distributions, run_command, tmp_path, demo_options
):
    (wheel,) = distributions.glob('*.whl')
    venv.create(tmp_path / 'venv', with_pip=True)
    python = tmp_path / 'venv' / 'bin' / 'python'
    # torch and the MM stack are borrowed, not installed again (6 GB)
    (packages,) = (tmp_path / 'venv' / 'lib').glob('*/site-packages')
    borrowed = [p for p in site.getsitepackages() if Path(p).is_dir()]
    (packages / 'borrowed.pth').write_text('\n'.join(borrowed) + '\n')
    # whatever is borrowed, or lies in PYTHONPATH
    options = ('--no-deps', '--ignore-installed')
    run_command(python, '-m', 'pip', 'install', *options, wheel)
    environment = {'PYTHONPATH': '', 'PATH': os.environ['PATH']}
    where = run_command(
        python,
        '-c',
        'import csgresnet_mm as m; print(m.__file__)',
        **environment,
    )
    assert str(tmp_path) in where
    mim = packages / 'csgresnet_mm' / '.mim'
    output = run_command(
        python,
        mim / 'tools' / 'train.py',
        mim / 'configs' / 'csgresnet18_demo.py',
        '--cfg-options',
        *demo_options,
        'train_cfg.max_epochs=1',
        'train_dataloader.dataset.indices=14',
        cwd=tmp_path,
        **environment,
    )
    assert 'accuracy/top1' in output
