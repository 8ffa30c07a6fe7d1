"""Weights that timm loads, and the one place that names them."""

import pytest
import torch
from torch import nn

from csgresnet_mm.functional import sum_expanded_kernel
from tests.timm.networks import NAMES, create, images, randomise
from tests.timm.test_keys import difference, mmpretrain_model

pytestmark = pytest.mark.timm


@pytest.fixture
def checkpoint(tmp_path):
    """Weights of MMPretrain with some plain facts, and their model."""
    model = mmpretrain_model('csgresnet18')
    path = tmp_path / 'epoch_1.pth'
    meta = dict(epoch=1, dataset_meta=dict(classes=['a'] * 7))
    torch.save({'meta': meta, 'state_dict': model.state_dict()}, path)
    return model, dict(file=str(path), num_classes=7)


def test_a_packed_run_of_mmpretrain_loads_as_it_is(tmp_path):
    from csgresnet_mm.apis.safetensors_model import (
        load_safetensors_model,
        save_safetensors_model,
    )
    from tests.apis.small_run import write_run

    packed = tmp_path / 'run.safetensors'
    save_safetensors_model(*write_run(tmp_path), packed)
    ours = create(
        'csgresnet18',
        pretrained=True,
        pretrained_cfg_overlay=dict(file=str(packed), num_classes=5),
        width=16,
        channel_shift=dict(stage=1, divisor=8),
    ).eval()
    theirs, _ = load_safetensors_model(packed)
    x = images(8, size=32)
    expected = theirs(x, mode='tensor')
    assert expected.std(0).min() > 1e-2
    assert (ours(x) - expected).abs().max() <= 1e-6


def test_a_checkpoint_with_logs_is_read_as_data_and_refused(tmp_path):
    from mmengine.logging import HistoryBuffer

    state = create('csgresnet18').state_dict()
    path = tmp_path / 'epoch_1.pth'
    hub = dict(loss=HistoryBuffer([1.0], [1]))
    torch.save({'message_hub': hub, 'state_dict': state}, path)
    with pytest.raises(RuntimeError, match='weights_only=True blocked'):
        create(
            'csgresnet18',
            pretrained=True,
            pretrained_cfg_overlay=dict(file=str(path)),
        )


def test_weights_of_mmpretrain_load_as_they_are(checkpoint):
    theirs, overlay = checkpoint
    ours = create(
        'csgresnet18',
        pretrained=True,
        pretrained_cfg_overlay=overlay,
        dtype=torch.float64,
    )
    assert difference(theirs, ours.eval()) <= 1e-10


def test_grey_images_take_the_sum_over_the_colours(checkpoint):
    theirs, overlay = checkpoint
    ours = create(
        'csgresnet18',
        pretrained=True,
        pretrained_cfg_overlay=overlay,
        in_chans=1,
        dtype=torch.float64,
    ).eval()
    kernel = theirs.backbone.conv1.input_kernel
    torch.testing.assert_close(
        sum_expanded_kernel(ours.conv1.weight, 4), kernel.sum(1, keepdim=True)
    )
    grey = images(channels=1).double()
    expected = theirs(grey.expand(-1, 3, -1, -1), mode='tensor')
    torch.testing.assert_close(ours(grey), expected)


def test_other_classes_keep_the_backbone(checkpoint):
    theirs, overlay = checkpoint
    ours = create(
        'csgresnet18',
        pretrained=True,
        pretrained_cfg_overlay=overlay,
        num_classes=3,
        dtype=torch.float64,
    ).eval()
    x = images().double()
    assert ours(x).shape == (2, 3)
    expected = theirs.backbone(x)[0]
    torch.testing.assert_close(ours.forward_features(x), expected)
    features = create(
        'csgresnet18',
        pretrained=True,
        pretrained_cfg_overlay=overlay,
        features_only=True,
        dtype=torch.float64,
    ).eval()
    torch.testing.assert_close(features(x)[-1], expected)


def test_weights_that_do_not_fit_raise(checkpoint):
    with pytest.raises(RuntimeError, match='size mismatch|Missing key'):
        create(
            'csgresnet34',
            pretrained=True,
            pretrained_cfg_overlay=checkpoint[1],
        )


def test_named_weights_are_the_default():
    from csgresnet_mm.timm.weights import WEIGHTS, registry_entries

    shipped = registry_entries(WEIGHTS)
    assert set(shipped) == set(NAMES)
    assert shipped['csgresnet18'].default_with_tag[0] == 'ferplus_48px'
    weights = {'gresnet18.rafdb': dict(file='weights.pth', num_classes=7)}
    entries = registry_entries(weights)
    assert set(entries) == set(NAMES)
    assert entries['gresnet18'].is_pretrained
    assert entries['gresnet18'].default.file == 'weights.pth'
    assert entries['gresnet18'].default.pool_size == (7, 7)
    assert list(entries['gresnet34'].tags) == ['untrained']
    assert not entries['gresnet34'].is_pretrained


@pytest.mark.parametrize(
    ('name', 'fields', 'message'),
    [
        ('resnet18.a', dict(url='u'), "'resnet18.a' must be ARCHITECTURE"),
        ('gresnet18', dict(url='u'), "'gresnet18' must be ARCHITECTURE.TAG"),
        ('gresnet18.a', dict(num_classes=7), 'expected url, file or hf_hub'),
    ],
)
def test_wrong_entries_raise(name, fields, message):
    from csgresnet_mm.timm.weights import registry_entries

    with pytest.raises(ValueError, match=message):
        registry_entries({name: fields})


def test_weights_are_made_again_after_to_empty():
    model = create('csgresnet18', device='meta', zero_init_last=True)
    assert {p.device.type for p in model.parameters()} == {'meta'}
    model.to_empty(device='cpu')
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            tensor.data.fill_(float('nan'))
    model.init_weights(zero_init_last=True)
    assert torch.isfinite(model.eval()(images())).all()
    assert not model.layer2[1].bn2.weight.any()
    create('csgresnet18').load_state_dict(model.state_dict())


def test_wrong_shifts_and_activations_raise():
    with pytest.raises(ValueError, match='stage=5 must be between 1 and 4'):
        create('gresnet18', channel_shift=dict(stage=5))
    with pytest.raises(ValueError, match="placement='x' must be one of"):
        create('gresnet18', channel_shift=dict(placement='x'))
    with pytest.raises(ValueError, match='is given twice'):
        create('gresnet18', channel_shift=[dict(stage=2), dict(stage=2)])
    with pytest.raises(ValueError, match='SiLU cannot be folded'):
        create('gresnet18', act_layer='silu').switch_to_deploy()
    with pytest.raises(TypeError, match='conv_cfg'):
        create('gresnet18', conv_cfg={})


def test_trains():
    model = create('csgresnet18', num_classes=2, drop_path_rate=0.1)
    randomise(model).train()
    x, labels = images(4), torch.tensor([0, 1, 0, 1])
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    losses = []
    for _ in range(12):
        loss = nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[-3:]) < 0.1 * losses[0]
