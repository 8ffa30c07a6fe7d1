"""Networks on a GPU."""

import dataclasses

import pytest
import torch

from csgresnet_mm.apis.measuring.compared_networks import (
    OURS,
    SAME_RESOLUTION,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.memory import peak_of_step
from csgresnet_mm.apis.measuring.steps import NetworkArm
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.programs.onnx_export import Options, export_onnx
from tests.apis.small_run import write_run
from tests.cuda import checks
from tests.models.builders import images

pytestmark = pytest.mark.cuda

EXECUTIONS = pytest.mark.parametrize(
    'execution', ['auto', 'dense', 'factorised', 'triton']
)


@pytest.fixture(autouse=True)
def full_float32():
    before = torch.backends.cudnn.conv.fp32_precision
    torch.backends.cudnn.conv.fp32_precision = 'ieee'
    yield
    torch.backends.cudnn.conv.fp32_precision = before


@EXECUTIONS
@torch.no_grad()
def test_channels_last(execution):
    checks.channels_last('cuda', execution)


@EXECUTIONS
def test_compiles_with_inductor(execution):
    checks.compiled('cuda', 'inductor', execution)


@EXECUTIONS
def test_deployed(execution):
    checks.deployed('cuda', execution)


@EXECUTIONS
@pytest.mark.parametrize('amp', [None, torch.float16, torch.bfloat16])
def test_training_reduces_the_loss(execution, amp):
    checks.training_reduces_the_loss('cuda', execution, amp)


def test_checkpoint_moves(tmp_path):
    checks.checkpoint_moves('cuda', tmp_path)


def test_predictor(tmp_path):
    checks.predictor('cuda', tmp_path)


@EXECUTIONS
@torch.no_grad()
def test_the_gpu_computes_what_the_cpu_does(execution):
    x = images(2, 64)
    (expected,) = checks.network('cpu', 'dense')(x)
    (found,) = checks.network('cuda', execution)(x.cuda())
    checks.assert_near(found, expected)


@EXECUTIONS
@torch.no_grad()
def test_a_cuda_graph_replays_the_deployed_network(execution):
    net = checks.network('cuda', execution)
    net.switch_to_deploy()
    static = images(2, 64).cuda()
    for _ in range(3):
        net(static)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        (y,) = net(static)
    static.copy_(images(2, 64, seed=5))
    graph.replay()
    checks.assert_near(y, net(static)[0])


@pytest.mark.parametrize('execution', ['dense', 'triton'])
def test_memory_is_not_more_than_resnets(execution):
    ours = peak_of_step(checks.arm(OURS, execution), 'cuda')
    form = NetworkForm(channels_last=True)
    peer = NetworkArm(
        ComparedNetwork(SAME_RESOLUTION), form, 64, 112, training=True
    )
    assert ours <= peak_of_step(peer, 'cuda')


def test_onnx_export_of_a_network_on_the_gpu(tmp_path):
    trained = load_trained(*write_run(tmp_path))
    trained = dataclasses.replace(trained, model=trained.model.cuda())
    out = tmp_path / 'model.onnx'
    assert export_onnx(trained, out, Options('dense')) <= 1e-5
    assert next(trained.model.parameters()).is_cuda
