"""SyncBN over two processes: refused on the CPU, one batch on a GPU."""

import os

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import multiprocessing

import csgresnet_mm  # noqa: F401
from tests.gloo import in_group

SIZE = 24


def network(norm):
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='GResNet',
            depth=18,
            base_channels=8,
            stem_channels=8,
            norm_cfg=dict(type=norm),
        )
    ).double()


def gradients(net, images):
    (features,) = net(images)
    # the mean over images of something that is not linear in one's features
    features.square().mean(dim=(1, 2, 3)).mean().backward()
    return {
        name.removeprefix('module.'): parameter.grad.cpu()
        for name, parameter in net.named_parameters()
    }


def images():
    draw = torch.Generator().manual_seed(1)
    return torch.randn(8, 3, SIZE, SIZE, generator=draw).double()


def work(rank, folder, device):
    os.environ['LOCAL_RANK'] = str(rank)
    with in_group(rank, folder):
        net = torch.nn.parallel.DistributedDataParallel(
            network('SyncBN').to(device)
        )
        part = images().chunk(2)[rank].to(device)
        torch.save(gradients(net, part), f'{folder}/{rank}.pth')


def start(folder, device):
    # spawn: a forked process cannot use CUDA where its parent did
    multiprocessing.spawn(work, (str(folder), device), nprocs=2)


def test_refuses_the_cpu(tmp_path):
    with pytest.raises(
        multiprocessing.ProcessRaisedException,
        match='SyncBatchNorm layers only work with GPU modules',
    ):
        start(tmp_path, 'cpu')


@pytest.mark.cuda
def test_two_processes_agree_with_one(tmp_path):
    start(tmp_path, 'cuda:0')  # gloo: NCCL takes one process a GPU
    whole = gradients(network('BN').cuda(), images().cuda())
    for rank in range(2):
        found = torch.load(tmp_path / f'{rank}.pth')
        assert found.keys() == whole.keys()
        for name, gradient in whole.items():
            assert (found[name] - gradient).abs().max() < 1e-6, name
