"""The model inside its wrappers."""

import pytest
import torch
from mmengine.model import BaseTTAModel, ExponentialMovingAverage
from mmpretrain.registry import MODELS
from tiny_run import model
from torch.nn.parallel import DataParallel

from csgresnet_mm.engine.unwrap import unwrap


class Views(BaseTTAModel):
    def merge_preds(self, data_samples_list):
        return data_samples_list[0]


@pytest.fixture
def inner():
    return MODELS.build(model())


@pytest.mark.parametrize(
    'wrap',
    [
        lambda m: m,
        DataParallel,
        Views,
        torch.compile,
        lambda m: DataParallel(Views(m)),
        lambda m: Views(torch.compile(m)),
    ],
)
def test_the_inner_model_is_found(wrap, inner):
    assert unwrap(wrap(inner)) is inner


def test_averaged_weights_are_the_model_of_their_own(inner):
    averaged = ExponentialMovingAverage(inner)  # a copy
    assert unwrap(DataParallel(averaged)) is averaged.module
