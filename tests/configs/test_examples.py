"""Configs for other tools and in other forms: pure Python, mmseg, mmdet."""

from pathlib import Path

import cv2
import mmpretrain
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope, Registry
from mmengine.runner import Runner

from csgresnet_mm.models import GResNet
from tests.configs.test_configs import CONFIGS, load

PYTHON = CONFIGS / 'python'
SEGMENTATION = CONFIGS / 'mmseg' / 'csgresnet18-upernet_custom.py'
DETECTION = CONFIGS / 'mmdet' / 'csgresnet18-retinanet_custom.py'


@pytest.mark.parametrize('network', ['csgresnet18', 'gresnet18'])
def test_pure_python_configs_give_the_networks_of_the_text_ones(network):
    path = PYTHON / f'{network}_python_demo.py'
    text = load('csgresnet18_demo')
    if network == 'gresnet18':
        del text.model.backbone['channel_shift']
    expected = mmpretrain.get_model(text)
    for given in (str(path), Config.fromfile(path)):
        model = mmpretrain.get_model(given)
        assert repr(model) == repr(expected)
        assert model.state_dict().keys() == expected.state_dict().keys()
        assert model._dataset_meta == expected._dataset_meta


def test_pure_python_config_has_the_text_configs_settings():
    python = Config.fromfile(PYTHON / 'csgresnet18_python_demo.py')
    text = load('csgresnet18_demo')
    for key in ('optim_wrapper', 'param_scheduler', 'custom_hooks', 'env_cfg'):
        assert python[key] == text[key]
    for split in ('train', 'test'):
        ours, theirs = (
            config[f'{split}_dataloader'].dataset.pipeline
            for config in (python, text)
        )
        assert [{**s, 'type': s['type'].__name__} for s in ours] == theirs


def write_masks(root: Path, number: int) -> None:
    """Noise with a bright square, and where the square is."""
    rng = np.random.default_rng(0)
    for split in ('train', 'val'):
        for folder in ('images', 'masks'):
            (root / split / folder).mkdir(parents=True)
        for index in range(number):
            image = rng.integers(0, 128, (140, 200, 3), np.uint8)
            mask = np.zeros((140, 200), np.uint8)
            image[40:100, 60:120] += 100
            mask[40:100, 60:120] = 1
            folder = root / split
            cv2.imwrite(str(folder / 'images' / f'{index}.jpg'), image)
            cv2.imwrite(str(folder / 'masks' / f'{index}.png'), mask)


@pytest.mark.mmseg
def test_two_iterations_of_segmentation(tmp_path, monkeypatch):
    from mmseg.utils import register_all_modules

    register_all_modules(init_default_scope=False)
    write_masks(tmp_path / 'seg', 4)
    monkeypatch.setenv('SEG_ROOT', str(tmp_path / 'seg'))
    config = Config.fromfile(SEGMENTATION)
    config.merge_from_dict(
        {
            'work_dir': str(tmp_path / 'run'),
            'train_cfg.max_iters': 2,
            'train_cfg.val_interval': 2,
            'default_hooks.logger.interval': 1,
            'train_dataloader.batch_size': 2,
            **{
                f'{split}_dataloader.{key}': value
                for split in ('train', 'val', 'test')
                for key, value in (
                    ('num_workers', 0),
                    ('persistent_workers', False),
                )
            },
        }
    )
    runner = Runner.from_cfg(config)
    backbone = runner.model.backbone
    assert type(backbone) is GResNet
    before = backbone.layer1[0].conv1.weight.detach().clone()
    runner.train()
    assert not torch.equal(before, backbone.layer1[0].conv1.weight)
    assert all(torch.isfinite(p).all() for p in runner.model.parameters())
    assert runner.iter == 2
    scalars = runner.message_hub.log_scalars
    assert len(scalars['train/loss'].data[0]) == 2
    assert 0 <= scalars['val/mIoU'].current() <= 100
    # strides 2, 4, 8, 16
    maps = backbone(torch.rand(1, 3, 64, 64))
    assert [each.shape[-1] for each in maps] == [32, 16, 8, 4]


def detection():
    return Config.fromfile(DETECTION)


def test_detection_example_is_of_one_piece():
    config = detection()
    model = config.model
    assert model.neck.in_channels == [64, 128, 256, 512]
    assert model.bbox_head.anchor_generator.strides == [2, 4, 8, 16, 32]
    assert model.neck.num_outs == len(model.bbox_head.anchor_generator.strides)
    assert model.bbox_head.in_channels == model.neck.out_channels
    assert model.bbox_head.num_classes == len(
        config.train_dataloader.dataset.metainfo.classes
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        backbone = mmpretrain.registry.MODELS.build(model.backbone)
    maps = backbone(torch.rand(1, 3, 64, 64))
    assert [each.shape[1] for each in maps] == model.neck.in_channels
    assert [64 // each.shape[-1] for each in maps] == [2, 4, 8, 16]


@pytest.fixture
def detector(monkeypatch):
    """The example's detector, as far as an installed MMDetection has it.

    Importing ``mmdet.models`` ends where MMCV's compiled operators, which are
    in no wheel, are needed: backbones, necks, heads and detectors are
    registered by then. MMEngine would import again at each look-up.
    """
    from mmdet import registry

    try:
        import mmdet.models  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != 'mmcv._ext':
            raise
        for each in vars(registry).values():
            if isinstance(each, Registry):
                monkeypatch.setattr(each, '_imported', True)
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = registry.MODELS.build(detection().model)
        model.init_weights()
    return model


@pytest.mark.mmdet
@pytest.mark.filterwarnings('ignore::DeprecationWarning:mmdet')
def test_a_detector_in_the_scope_of_mmdet_learns(detector):
    from mmdet.structures import DetDataSample
    from mmengine.structures import InstanceData

    assert type(detector.backbone) is GResNet
    assert type(detector.neck).__module__ == 'mmdet.models.necks.fpn'
    images = torch.rand(2, 3, 64, 96)
    strides = (2, 4, 8, 16, 32)
    maps = detector.neck(detector.backbone(images))
    assert [tuple(each.shape) for each in maps] == [
        (2, 128, 64 // stride, 96 // stride) for stride in strides
    ]
    assert detector.bbox_head.prior_generator.strides == [
        (stride, stride) for stride in strides
    ]
    shape = dict(img_shape=(64, 96), pad_shape=(64, 96))
    samples = []
    for _ in images:
        sample = DetDataSample(metainfo=dict(batch_input_shape=(64, 96)))
        sample.set_metainfo(shape)
        sample.gt_instances = InstanceData(
            bboxes=torch.tensor([[10.0, 10, 26, 26], [20, 4, 84, 60]]),
            labels=torch.tensor([0, 0]),
        )
        samples.append(sample)
    optimizer = torch.optim.SGD(detector.parameters(), lr=0.001)
    losses = []
    for _ in range(4):
        loss, logged = detector.parse_losses(detector.loss(images, samples))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert logged['loss_bbox'] > 0  # an anchor fits each box
    assert losses[-1] < losses[0]
