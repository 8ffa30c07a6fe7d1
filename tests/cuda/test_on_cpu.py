"""The checks of a GPU on the CPU, so that they are not first run there."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from csgresnet_mm.apis.measuring.steps import Layer
from tests.cuda import checks

SMALL = Layer('small', 16, 32, 3, 2, 9, 9)


@torch.no_grad()
def test_channels_last():
    checks.channels_last('cpu')


def test_compiles():
    # torch.compile starts autograd's threads, after which no process forked
    # from this one can train: other tests do that.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(checks.compiled, 'cpu', 'aot_eager').result()


def test_deployed():
    checks.deployed('cpu')


def test_checkpoint_moves(tmp_path):
    checks.checkpoint_moves('cpu', tmp_path)


def test_predictor(tmp_path):
    checks.predictor('cpu', tmp_path)


@pytest.mark.parametrize('amp', [None, torch.bfloat16])
def test_training_reduces_the_loss(amp):
    checks.training_reduces_the_loss('cpu', 'auto', amp)


def test_errors_are_measured_against_float64():
    for ours, dense in checks.rounding('cpu', SMALL, torch.float32, 'native'):
        assert 0 < ours < 1e-6
        assert 0 < dense < 1e-6
    for ours, dense in checks.rounding('cpu', SMALL, torch.float64, 'dense'):
        assert ours == dense == 0


def test_a_difference_is_seen():
    with pytest.raises(AssertionError):
        checks.assert_near(torch.tensor([1.0, 2]), torch.tensor([1.0, 2.1]))


@pytest.mark.slow
def test_resumes_to_the_same_bits(train, tmp_path):
    checks.resumes_to_the_same_bits(train, tmp_path)
