"""Each cell of Fig. 4 shifts where its name says, and trains."""

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample

from csgresnet_mm.paper.configs import compose
from csgresnet_mm.paper.counts import build
from csgresnet_mm.paper.paper_networks import (
    BEYOND,
    CELLS,
    MAIN,
    NETWORKS,
    cell_name,
)
from tests.configs.test_configs import CONFIGS

M = 4
NAMED = [cell for cell in CELLS if cell[2] != 'stochastic']
STOCHASTIC = [cell for cell in CELLS if cell[2] == 'stochastic']


def observe(name, image=32):
    """Block name to what comes to it, and what comes to its convolution."""
    torch.manual_seed(0)
    backbone = build(compose(name, 'rafdb').model.to_dict()).backbone
    seen = {}
    for stage in range(1, 5):
        for number, block in enumerate(getattr(backbone, f'layer{stage}')):
            key = (stage, number)
            seen[key] = {}

            def keep(module, args, key=key, what='block'):
                seen[key][what] = args[0].detach().numpy()

            def keep_conv(module, args, key=key):
                keep(module, args, key, 'conv')

            block.register_forward_pre_hook(keep)
            block.conv1.register_forward_pre_hook(keep_conv)
    with torch.no_grad():
        backbone(torch.rand(1, 3, image, image))
    return seen


def sources(seen):
    """Per position (u, y, x): 1 right, -1 left, 0 still; planes checked."""
    x, out = seen['block'][0], seen['conv'][0]
    channels, height, width = x.shape
    planes = channels // M
    found = np.full((M, height, width), 9)
    for u in range(M):
        for row in range(height):
            for column in range(width):
                before = x[u::M, row, column]
                after = out[u::M, row, column]
                right = np.r_[np.zeros(1, x.dtype), before[:-1]]
                left = np.r_[before[1:], np.zeros(1, x.dtype)]
                assert len(before) == planes
                for value, wanted in ((0, before), (1, right), (-1, left)):
                    if (after == wanted).all():
                        found[u, row, column] = value
                        break
    assert (found != 9).all()
    return found.ravel()


def expected(positions, divisor, position):
    block = positions // divisor
    first = {'start': 0, 'middle': divisor // 2 - 1, 'end': divisor - 2}
    start = first[position] * block
    moved = np.zeros(positions, int)
    moved[start : start + block] = 1
    moved[start + block : start + 2 * block] = -1
    return moved


def check_still_elsewhere(seen, stage):
    for key, inputs in seen.items():
        if key != (stage, 1):
            np.testing.assert_array_equal(inputs['block'], inputs['conv'])


@pytest.mark.parametrize('cell', NAMED, ids=cell_name)
def test_the_shift_is_where_the_name_says(cell):
    divisor, stage, position = cell
    seen = observe(cell_name(cell), image=96 if stage == 3 else 32)
    check_still_elsewhere(seen, stage)
    moved = sources(seen[stage, 1])
    np.testing.assert_array_equal(
        moved, expected(len(moved), divisor, position)
    )


@pytest.mark.parametrize('cell', STOCHASTIC, ids=cell_name)
def test_the_stochastic_shift_scatters_as_many(cell):
    divisor, stage, _ = cell
    seen = observe(cell_name(cell), image=96 if stage == 3 else 32)
    check_still_elsewhere(seen, stage)
    moved = sources(seen[stage, 1])
    block = len(moved) // divisor
    # the two directions of a plane that is zero or constant look alike
    assert abs(int((moved == 1).sum()) - block) <= 2
    assert abs(int((moved == -1).sum()) - block) <= 2
    assert np.abs(np.diff(np.flatnonzero(moved))).max() > 1


def test_cells_are_24_and_differ():
    assert len(CELLS) == 24
    names = [cell_name(cell) for cell in CELLS]
    assert len(set(names)) == 24
    backbones = {str(compose(name, 'rafdb').model.backbone) for name in names}
    assert len(backbones) == 24


@pytest.mark.parametrize('name', [cell_name(cell) for cell in CELLS])
def test_cell_trains_one_iteration(name):
    config = compose(name, 'rafdb')
    model = build(config.model.to_dict()).train()
    settings = dict(config.optim_wrapper.optimizer)
    assert settings.pop('type') == 'SGD'
    optimizer = torch.optim.SGD(model.parameters(), **settings)
    before = [p.detach().clone() for p in model.parameters()]
    images = torch.rand(2, 3, 48, 48)
    samples = [DataSample().set_gt_label(i) for i in range(2)]
    loss = model(images, samples, mode='loss')['loss']
    loss.backward()
    optimizer.step()
    assert torch.isfinite(loss)
    assert all(
        not torch.equal(a, b)
        for a, b in zip(before, model.parameters(), strict=True)
    )


@pytest.mark.parametrize('name', BEYOND)
def test_variations_build_and_forward(name):
    model = build(compose(name, 'rafdb').model.to_dict())
    scores = model(torch.rand(1, 3, 64, 64), mode='tensor')
    assert scores.shape == (1, 7)


def test_variations_differ_in_what_they_say():
    def backbone(tag):
        return compose(f'csgresnet18-{tag}', 'rafdb').model.backbone

    assert backbone('allchannels').channel_shift.num_orientations == 1
    assert backbone('leftright').channel_shift.directions == ('left', 'right')
    assert backbone('stageinput').channel_shift.placement == 'stage_input'
    assert [backbone(f'm{m}').num_orientations for m in (2, 8)] == [2, 8]
    assert [backbone(f'v{v}').scale for v in (1, 2, 4)] == [1, 2, 4]
    assert [backbone(b).bank for b in ('ones', 'random')] == ['ones', 'random']
    assert backbone('maxpool').with_max_pool is True
    momentum = compose('csgresnet18-momentum0', 'rafdb').optim_wrapper
    assert momentum.optimizer.momentum == 0


@pytest.mark.parametrize('network', MAIN)
@pytest.mark.parametrize('data', ['affectnet', 'rafdb'])
def test_composed_is_the_file_of_that_name(network, data):
    file = Config.fromfile(CONFIGS / f'{network}_{data}.py')
    assert compose(network, data).to_dict() == file.to_dict()


@pytest.mark.parametrize('data', ['rafdb', 'fer2013', 'fer2013-paper', 'sfew'])
@pytest.mark.parametrize('network', MAIN)
def test_fine_tuning_file_differs_in_its_start_alone(network, data):
    file = Config.fromfile(CONFIGS / f'{network}_affectnet-pre_{data}.py')
    start = file.model.backbone.pop('init_cfg')
    assert start.type == 'Pretrained' and start.prefix == 'backbone'
    assert f'{network}_affectnet/' in start.checkpoint
    file.pop('checkpoint')
    assert file.to_dict() == compose(network, data).to_dict()


def test_shifted_networks_share_the_pre_training_of_the_plain_one():
    for cell in CELLS:
        assert NETWORKS[cell_name(cell)].source == 'gresnet18'
