"""Importing is light, and registers whichever is imported first."""

import sys
from pathlib import Path

import pytest

import csgresnet_mm
from tests.test_stack import run

STACK = ('torch', 'mmengine', 'mmcv', 'mmpretrain')
LIGHT = f"""
import sys

STACK = {STACK!r}
def loaded():
    return [name for name in STACK if name in sys.modules]
"""
CHECK = """
import sys
from mmengine.config.utils import MODULE2PACKAGE
from mmengine.registry import MODELS as ROOT
from mmpretrain import list_models
from mmpretrain.registry import DATASETS, METRICS, MODELS

def check():
    for registry in (ROOT, MODELS):
        assert 'GResNet' in registry.module_dict
    assert 'GConv' in ROOT.module_dict
    assert {'RAFDB', 'RecordedAccess'} <= DATASETS.module_dict.keys()
    assert 'SavePredictions' in METRICS.module_dict
    assert MODULE2PACKAGE['csgresnet_mm'] == 'csgresnet_mm'
    assert 'csgresnet18_rafdb' in list_models('*gresnet*')
"""


def succeed(program: str, *path: Path) -> str:
    result = run(program, *path)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize(
    'name',
    [
        'csgresnet_mm',
        'csgresnet_mm.apis',
        'csgresnet_mm.programs.compare',
        'csgresnet_mm.apis.predictor',
        'csgresnet_mm.apis.predictor.profile',
    ],
)
def test_importing_loads_neither_torch_nor_a_stack(name):
    succeed(f'{LIGHT}\nimport {name}\nassert not loaded(), loaded()')


def test_comparing_two_files_loads_neither_torch_nor_a_stack(tmp_path):
    program = f"""{LIGHT}
import numpy as np
from csgresnet_mm.programs.compare import main
from csgresnet_mm.evaluation import Predictions

for name, first in (('a', 0.8), ('b', 0.3)):
    scores = np.array([[first, 1 - first], [0.4, 0.6]], np.float32)
    Predictions(
        scores, np.array([0, 1]), ('i', 'j'), ('x', 'y')
    ).save({str(tmp_path)!r} + f'/{{name}}.npz')
main([{str(tmp_path / 'a.npz')!r}, {str(tmp_path / 'b.npz')!r}])
assert not loaded(), loaded()
"""
    assert '| Accuracy | 100.00' in succeed(program)


def test_lightness_is_seen_to_be_lost():
    # The tests above notice a module that the import would have loaded.
    result = run(f'{LIGHT}\nimport torch\nassert not loaded(), loaded()')
    assert "AssertionError: ['torch']" in result.stderr


ORDERS = {
    'ours, then MMPretrain': 'import csgresnet_mm, mmpretrain',
    'MMPretrain, then ours': 'import mmpretrain, csgresnet_mm',
    'MMEngine, then ours': 'import mmengine, csgresnet_mm',
    'ours, MMEngine, MMPretrain': """
import csgresnet_mm, mmengine
assert 'mmpretrain' not in sys.modules
from mmengine.config.utils import MODULE2PACKAGE
assert 'csgresnet_mm' in MODULE2PACKAGE
import mmpretrain.registry
""",
    'a part of ours': 'import csgresnet_mm.datasets.rafdb',
    'a part that needs MMEngine only': (
        'import csgresnet_mm.engine.mmpretrain_tools'
    ),
    'a metric': 'from csgresnet_mm.evaluation import SavePredictions',
    'a backbone': 'from csgresnet_mm import GResNet',
    'a program': 'import csgresnet_mm.programs.convert',
}


QUICK = tuple(ORDERS)[:4]


@pytest.mark.parametrize(
    'order',
    [
        pytest.param(order, marks=() if order in QUICK else pytest.mark.slow)
        for order in ORDERS
    ],
)
def test_all_is_registered_in_either_order(order):
    succeed(f'import sys\n{ORDERS[order]}\n{CHECK}\ncheck()')


WORKERS = """
import csgresnet_mm


class Items:
    # A data set that says what a worker knows when it comes to it.
    def __len__(self):
        return 2

    def __getitem__(self, index):
        from mmengine.registry import MODELS
        from mmpretrain.registry import DATASETS
        return [
            'GResNet' in MODELS.module_dict, 'RAFDB' in DATASETS.module_dict
        ]
"""


def test_spawned_workers_have_all_registered(tmp_path):
    (tmp_path / 'items.py').write_text(WORKERS)
    program = """
from torch.utils.data import DataLoader
from items import Items

if __name__ == '__main__':
    loader = DataLoader(
        Items(), batch_size=None, num_workers=1,
        multiprocessing_context='spawn',
    )
    assert list(loader) == [[True, True]] * 2, list(loader)
"""
    succeed(program, tmp_path)


def test_another_packages_config_imports_ours_and_takes_it_as_base(tmp_path):
    (tmp_path / 'imports.py').write_text(
        "custom_imports = dict(imports=['csgresnet_mm'], "
        'allow_failed_imports=False)\n'
    )
    (tmp_path / 'config.py').write_text(
        "_base_ = ['csgresnet_mm::_base_/models/csgresnet18.py']\n"
        'model = dict(head=dict(num_classes=3))\n'
    )
    program = f"""
from mmengine.config import Config
Config.fromfile({str(tmp_path / 'imports.py')!r})
{CHECK}
check()
from mmpretrain import get_model
config = Config.fromfile({str(tmp_path / 'config.py')!r})
assert config.model.backbone.type == 'GResNet', config.model
assert get_model(config).head.fc.out_features == 3
"""
    succeed(program)


def test_lazy_names_are_those_of_the_rooms():
    for name in csgresnet_mm.__all__:
        assert name in dir(csgresnet_mm)
        assert getattr(csgresnet_mm, name) is not None
    assert csgresnet_mm.GConv is sys.modules['csgresnet_mm.layers'].GConv
    with pytest.raises(AttributeError, match="'csgresnet_mm' has no .*'Nix'"):
        getattr(csgresnet_mm, 'Nix')  # noqa: B009
