"""Trainings on a GPU by MMPretrain's tools, as a user calls them."""

import re

import pytest
import torch
from torch import distributed

from csgresnet_mm.engine import safe_loading
from tests.cuda import checks
from tests.engine import resume_compare
from tests.models.builders import backbone, images, randomise

pytestmark = pytest.mark.cuda

ONE_PROCESS = (
    '-m',
    'torch.distributed.run',
    '--standalone',
    '--nproc-per-node=1',
)


def load(path):
    return safe_loading.load_from_local(str(path), map_location='cpu')


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_amp(train, tmp_path, dtype):
    output = train(
        tmp_path, '--amp', configured=[f'optim_wrapper.dtype={dtype}']
    )
    losses = [float(v) for v in re.findall(r' loss: (\d+\.\d+)', output)]
    assert losses and all(loss < 10 for loss in losses)
    checkpoint = load(tmp_path / 'epoch_1.pth')
    assert 'loss_scaler' in checkpoint['optimizer']
    for name, value in checkpoint['state_dict'].items():
        if value.is_floating_point():
            assert value.dtype == torch.float32, name
            assert value.isfinite().all(), name


@pytest.mark.parametrize('amp', [(), ('--amp',)], ids=['float32', 'amp'])
def test_resumes_to_the_same_bits(train, tmp_path, amp):
    checks.resumes_to_the_same_bits(train, tmp_path, *amp)


def test_two_trainings_have_the_same_bits(train, tmp_path):
    for name in ('one', 'two'):
        train(tmp_path / name, epochs=2, **checks.DETERMINISTIC)
    found = resume_compare.differences(tmp_path / 'one', tmp_path / 'two')
    assert found == []


@pytest.mark.parametrize('backend', ['nccl', 'gloo'])
def test_one_process_of_ddp(train, tmp_path, backend):
    output = train(
        tmp_path,
        '--launcher',
        'pytorch',
        launch=ONE_PROCESS,
        configured=[f'env_cfg.dist_cfg.backend={backend}'],
    )
    assert 'Distributed launcher: pytorch' in output
    assert 'GPU number: 1' in output
    assert (tmp_path / 'epoch_1.pth').is_file()


def test_syncbn_alone_is_batch_norm(tmp_path):
    distributed.init_process_group(
        'nccl', init_method=f'file://{tmp_path}/here', rank=0, world_size=1
    )
    try:
        results = []
        for kind in ('SyncBN', 'BN'):
            net = backbone(norm_cfg=dict(type=kind))
            net = randomise(net).cuda().train()
            net = torch.nn.parallel.DistributedDataParallel(net, [0])
            (y,) = net(images(4, 48).cuda())
            y.square().mean().backward()
            results.append((y, net.module.conv1.weight.grad))
    finally:
        distributed.destroy_process_group()
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)
