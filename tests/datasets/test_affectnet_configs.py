"""The paper's fine-tuning: a backbone from AffectNet, a head of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.mark.parametrize('name', ['rafdb', 'fer2013', 'sfew'])
def test_fine_tuning_starts_from_affectnets_backbone(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'epoch_1.pth'
    plain = Config.fromfile(CONFIGS / 'csgresnet18_affectnet.py')
    trained = MODELS.build(plain.model)
    torch.save(dict(state_dict=trained.state_dict()), path)
    monkeypatch.setenv('AFFECTNET_PTH', str(path))
    config = Config.fromfile(CONFIGS / f'csgresnet18_affectnet-pre_{name}.py')
    torch.manual_seed(1)
    model = MODELS.build(config.model)
    model.init_weights()
    for key, value in trained.backbone.state_dict().items():
        assert torch.equal(model.backbone.state_dict()[key], value), key
    assert not torch.equal(model.head.fc.weight, trained.head.fc.weight)


@pytest.mark.parametrize('name', ['rafdb', 'fer2013', 'sfew'])
def test_fine_tuning_differs_in_nothing_else(name: str) -> None:
    tuned = Config.fromfile(CONFIGS / f'csgresnet18_affectnet-pre_{name}.py')
    plain = Config.fromfile(CONFIGS / f'csgresnet18_{name}.py')
    found = tuned.model.backbone.pop('init_cfg')
    assert found == dict(
        type='Pretrained',
        checkpoint='work_dirs/csgresnet18_affectnet/epoch_150.pth',
        prefix='backbone',
    )
    tuned.pop('checkpoint')
    assert tuned.to_dict() == plain.to_dict()
