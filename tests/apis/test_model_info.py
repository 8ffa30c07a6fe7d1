"""What a network alone must say: read from configs, written as JSON."""

import json

import pytest
from mmengine.config import Config

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.run_info import read_run_info
from tests.apis.small_run import CLASSES, small_config

META = {'dataset_meta': {'classes': CLASSES}}


def info(**changes):
    values = json.loads(read_run_info(small_config(), META).to_json())
    return json.dumps({**values, **changes})


def test_everything_is_read_from_config_and_checkpoint():
    parts = [{'dataset': 'RAFDB', 'fingerprint': 'abc'}]
    meta = {
        'dataset_meta': {'classes': CLASSES, 'alignment': 'mine'},
        'data_fingerprint': {'train': parts},
    }
    found = read_run_info(small_config(), meta)
    assert found.classes == CLASSES
    assert found.resize == (36, 36)
    assert found.input_size == (32, 32)
    assert found.channel_order == 'rgb'
    assert found.mean == (123.675, 116.28, 103.53)
    assert found.std == (58.395, 57.12, 57.375)
    assert found.alignment == 'mine'
    assert found.fingerprint == 'abc'
    assert not found.synthetic
    assert json.loads(found.config)['backbone']['depth'] == 18
    assert ModelInfo.from_json(found.to_json()) == found


def test_height_and_width_are_not_swapped():
    config = small_config()
    pipeline = config.test_dataloader.dataset.pipeline
    pipeline[1].scale = (60, 40)  # MMCV's order: width, height
    pipeline[2].crop_size = (50, 30)
    found = read_run_info(config, META)
    assert found.resize == (40, 60)
    assert found.input_size == (30, 50)


@pytest.mark.parametrize(
    ('name', 'synthetic', 'order', 'size'),
    [
        ('csgresnet18_demo', True, 'rgb', (48, 48)),
        ('csgresnet18_rafdb', False, 'rgb', (112, 112)),
        ('csgresnet18-grey_rafdb', False, 'grey', (112, 112)),
    ],
)
def test_shipped_configs(name, synthetic, order, size):
    config = Config.fromfile(f'configs/{name}.py')
    found = read_run_info(config, {}, CLASSES)
    assert found.synthetic is synthetic
    assert found.channel_order == order
    assert found.input_size == size
    assert 'data/' not in found.to_json()  # no path of anybody's disk


def test_drawn_faces_are_reported_by_the_checkpoint():
    meta = {
        **META,
        'data_fingerprint': {
            'train': [{'dataset': 'DemoFaces', 'fingerprint': 'x'}]
        },
    }
    assert read_run_info(small_config(), meta).synthetic


def test_unknown_classes_are_an_error():
    with pytest.raises(ValueError, match='dataset_meta.*not in the check'):
        read_run_info(small_config(), {})


def test_another_pipeline_is_an_error():
    config = small_config()
    config.test_dataloader.dataset.pipeline[1] = dict(
        type='ResizeEdge', scale=40
    )
    with pytest.raises(ValueError, match='ResizeEdge.*expected Resize'):
        read_run_info(config, META)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{', 'not JSON'),
        ('[1]', 'is a list; expected an object'),
        ('{"classes": []}', r"has the keys \['classes'\]; expected"),
    ],
)
def test_other_texts_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        ModelInfo.from_json(text)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'classes': ['a', 'a']}, 'classes=.*two different names'),
        ({'classes': 'ab'}, "classes='ab'; expected a list"),
        ({'classes': ['a', 1]}, 'classes=1; expected str'),
        ({'input_size': [32]}, r'input_size=\(32,\); expected two'),
        ({'input_size': [32, 0]}, r'input_size=\(32, 0\); expected two'),
        ({'input_size': [32, True]}, 'input_size=True; expected int'),
        ({'resize': [30, 36]}, r'resize=\(30, 36\); expected .*\(32, 32\)'),
        ({'channel_order': 'xyz'}, "channel_order='xyz'; expected one of"),
        ({'mean': [1.0]}, r'mean=\(1.0,\); expected 3 numbers'),
        ({'std': [1.0, 0.0, 1.0]}, 'std=.*3 positive numbers'),
        ({'synthetic': 0}, 'synthetic=0; expected bool'),
        ({'fingerprint': 1}, 'fingerprint=1; expected'),
    ],
)
def test_values_out_of_range_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        ModelInfo.from_json(info(**changes))
