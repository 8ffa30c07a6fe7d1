"""Which MM stack is installed: both, none, or one that is too old."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from csgresnet_mm import stack

HIDE = """
import sys
from importlib.machinery import PathFinder

HIDDEN = {'mmpretrain', 'mmengine', 'mmcv'}


class Finder:
    # The finder of installed modules, less the MM ones.
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition('.')[0] in HIDDEN:
            return None
        return PathFinder.find_spec(name, path, target)

    @staticmethod
    def find_distributions(context):
        for found in PathFinder.find_distributions(context):
            if not found.metadata['Name'].removeprefix('onedl-').startswith(
                tuple(HIDDEN)
            ):
                yield found


sys.meta_path[:] = [
    Finder if finder is PathFinder else finder for finder in sys.meta_path
]
"""
"""Start of a program in which no MM stack is installed."""

ROOT = Path(stack.__file__).parents[1]


def run(program: str, *path: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter, ``path`` searched first."""
    search = os.pathsep.join(map(str, (*path, ROOT)))
    return subprocess.run(
        [sys.executable, '-c', program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': search},
        cwd='/',
    )


def pretend_installed(folder: Path, *names: str) -> None:
    """Write the metadata of a distribution that has no modules."""
    for name in names:
        info = folder / f'{name.replace("-", "_")}-1.2.0.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.2.0\n'
        )


def test_the_installed_stack_is_found() -> None:
    extra = stack.find_stack()
    assert extra in ('onedl', 'openmmlab')
    stack.require_stack()
    stack.check_stack()


def test_both_stacks_raise_with_the_pip_line(tmp_path: Path) -> None:
    pretend_installed(tmp_path, 'onedl-mmengine', 'mmengine')
    result = run('import csgresnet_mm', tmp_path)
    assert result.returncode == 1
    error = result.stderr[result.stderr.index('ImportError') :]
    assert 'both MM stacks are installed' in error
    uninstall = error[error.index('pip uninstall -y ') :].split('\n')[0]
    assert 'onedl-mmengine' in uninstall.split()
    assert 'mmengine' in uninstall.split()
    assert "pip install 'csgresnet_mm[onedl]'" in error


def test_functional_and_layers_work_on_torch_alone() -> None:
    program = f"""{HIDE}
import csgresnet_mm.functional, csgresnet_mm.layers
import torch
assert csgresnet_mm.layers.GConv(3, 8, 3)(torch.ones(1, 3, 4, 4)).sum()
loaded = [name for name in sys.modules if name.startswith('mm')]
assert not any(name.partition('.')[0] in HIDDEN for name in loaded), loaded
"""
    result = run(program)
    assert (result.stdout, result.stderr) == ('', '')
    assert result.returncode == 0


ROOMS = [
    'models',
    'datasets',
    'engine',
    'programs.audit',
    'programs.benchmark',
    'programs.convert',
    'programs.model_card',
    'programs.onnx_export',
    'paper',
]


@pytest.mark.parametrize('room', ROOMS)
def test_other_rooms_name_the_two_extras(room: str) -> None:
    result = run(f'{HIDE}\nimport csgresnet_mm.{room}')
    assert result.returncode == 1
    error = result.stderr.strip().split('\n')[-1]
    assert error.startswith(
        'ImportError: mmpretrain, mmengine, mmcv not found.'
    )
    assert "pip install 'csgresnet_mm[onedl]'" in error
    assert "pip install 'csgresnet_mm[openmmlab]'" in error


def test_hiding_hides() -> None:
    # The two tests above see a stack that the import would have loaded.
    result = run(f'{HIDE}\nimport mmengine')
    assert 'ModuleNotFoundError' in result.stderr
    program = """
import sys
import csgresnet_mm.models
assert {'mmpretrain', 'mmengine', 'mmcv'} <= sys.modules.keys()
"""
    result = run(program)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ('name', 'version', 'message'),
    [
        (
            'mmcv',
            '2.0.0',
            r'mmcv==2\.0\.0 is installed, expected >=2\.1\.0,<2\.4\.0',
        ),
        (
            'mmengine',
            '1.0.0',
            r'mmengine==1\.0\.0 is installed, expected >=0\.10\.4,<1\.0\.0',
        ),
        (
            'mmpretrain',
            '1.0.0rc8',
            r'mmpretrain==1\.0\.0rc8 is installed, expected >=1\.2\.0,<2\.0',
        ),
    ],
)
def test_unsupported_versions_raise(
    name: str, version: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f'{name}.__version__', version)
    with pytest.raises(ImportError, match=message):
        stack.check_stack()
