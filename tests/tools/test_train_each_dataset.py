"""One epoch of each data set's config, on its generated layout."""

import importlib
import re
import sys

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from csgresnet_mm.engine.safe_loading import load_from_local
from tests.tools.conftest import ROOT

GENERATORS = {
    'sfew': 'sfew',
    'rafdb': 'rafdb',
    'rafdb-compound': 'rafdb_compound',
    'fer2013': 'fer2013',
    'fer2013-48px': 'fer2013',
    'fer2013-paper': 'fer2013',
    'ferplus': 'ferplus',
    'ferplus-48px': 'ferplus',
    'ferplus-28236': 'ferplus',
    'ferplus-soft': 'ferplus',
    'affectnet': 'affectnet',
    'weighted_affectnet': 'affectnet',
    'balanced_affectnet': 'affectnet',
    'affectnet-pre_rafdb': 'rafdb',
    'affectnet-pre_fer2013': 'fer2013',
    'affectnet-pre_fer2013-paper': 'fer2013',
    'affectnet-pre_sfew': 'sfew',
    'expw': 'expw',
    'ckplus': 'ckplus',
    'jaffe': 'jaffe',
    'kdef': 'kdef',
}
"""Config to the generator of its data; its first layout is taken."""
QUICK = 'sfew'


def test_every_config_of_a_data_set_is_here():
    found = {
        path.stem.removeprefix('csgresnet18_')
        for path in (ROOT / 'configs').glob('csgresnet18_*.py')
    }
    own = {'custom', 'small_custom', 'custom-pre_custom'}
    assert found - own - {'demo'} == set(GENERATORS)


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """As if csgresnet18_affectnet had been trained."""
    config = Config.fromfile(ROOT / 'configs' / 'csgresnet18_affectnet.py')
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(config.model)
    path = tmp_path_factory.mktemp('affectnet') / 'epoch_150.pth'
    torch.save(dict(meta={}, state_dict=model.state_dict()), path)
    return path


def small(config):
    """Options for 32x32 pixels and batches of 8, in this process."""
    options = []
    for split in ('train', 'val', 'test'):
        options += [
            f'{split}_dataloader.batch_size=8',
            f'{split}_dataloader.num_workers=0',
            f'{split}_dataloader.persistent_workers=False',
        ]
        dataset = f'{split}_dataloader.dataset'
        steps = config[f'{split}_dataloader'].dataset.pipeline
        for index, step in enumerate(steps):
            key = f'{dataset}.pipeline.{index}'
            if step.type == 'Resize':
                side = 36 if split == 'train' else 32
                options.append(f'{key}.scale=({side},{side})')
            if step.type == 'RandomCrop':
                options.append(f'{key}.crop_size=32')
    return [*options, 'train_cfg.max_epochs=1']


@pytest.mark.parametrize(
    'name',
    [
        pytest.param(name, marks=() if name == QUICK else pytest.mark.slow)
        for name in GENERATORS
    ],
)
def test_one_epoch(name, run_command, checkpoint, tmp_path):
    generator = GENERATORS[name]
    writers = importlib.import_module(
        f'csgresnet_mm.datasets.layouts.{generator}'
    ).WRITERS
    root = tmp_path / 'data'
    written = next(iter(writers.values()))(root, 4, 0)
    path = ROOT / 'configs' / f'csgresnet18_{name}.py'
    config = Config.fromfile(path)
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'train.py',
        path,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        *small(config),
        **{
            f'{generator.upper()}_ROOT': str(root),
            'AFFECTNET_PTH': str(checkpoint),
            'CSGRESNET_DATA_CACHE': str(tmp_path / 'cache'),
        },
    )
    data = config.train_dataloader.dataset
    (images,) = set(
        re.findall(rf'{data.type} {data.split}: (\d+) images', output)
    )
    assert 0 < int(images) <= len(written)
    assert re.search(r'Epoch\(val\) \[1\].*accuracy/top1: \d+\.\d+', output)
    assert ('class weights: ' in output) is ('weighted' in name)
    meta = load_from_local(str(tmp_path / 'epoch_1.pth'), 'cpu')['meta']
    classes = meta['dataset_meta']['classes']
    assert len(classes) == config.model.head.num_classes
    assert f'classes in order: {", ".join(classes)}' in output
    (train,) = meta['data_fingerprint']['train']
    assert (train['root'], train['images']) == (str(root), int(images))
    assert f'fingerprint {train["fingerprint"]}' in output
    assert meta['data_fingerprint']['val'] != [train]
