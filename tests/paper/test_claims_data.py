"""Turned and scaled images, and which of them a model names rightly."""

import numpy as np
import pytest
import torch
from mmpretrain.models.utils import ClsDataPreprocessor
from mmpretrain.structures import DataSample
from torch import nn

from csgresnet_mm.paper.claims_data import (
    measure_robustness,
    model_batches,
    turn_and_scale,
)


@pytest.mark.parametrize(('angle', 'quarters'), [(90, 1), (180, 2), (-90, 3)])
def test_quarter_turns_are_exact_and_counter_clockwise(angle, quarters):
    images = torch.randint(0, 256, (2, 3, 7, 7)).float()
    expected = torch.rot90(images, quarters, (2, 3))
    found = turn_and_scale(images, angle)
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


def test_no_transformation_changes_nothing():
    images = torch.randint(0, 256, (2, 3, 7, 9), dtype=torch.uint8)
    assert torch.equal(turn_and_scale(images), images.float())


def test_an_oblong_image_is_turned_without_distortion():
    image = torch.zeros(1, 1, 9, 17)
    image[0, 0, 4, 4:13] = 1  # lying, 9 long
    found = turn_and_scale(image, 90)
    expected = torch.zeros(1, 1, 9, 17)
    expected[0, 0, :, 8] = 1
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


def test_scales_magnify_and_shrink_into_black():
    image = torch.zeros(1, 1, 16, 16)
    image[0, 0, 4:12, 4:12] = 100
    large, small = (turn_and_scale(image, 0, s)[0, 0] for s in (2, 0.5))
    assert large[1:-1, 1:-1].min() == 100
    inside = torch.zeros(16, 16, dtype=torch.bool)
    inside[6:10, 6:10] = True
    assert small[inside].min() == 100 and small[~inside].max() == 0
    full = turn_and_scale(torch.full((1, 1, 16, 16), 9.0), 0, 0.5)[0, 0]
    assert full[8, 8] == 9 and full[0].max() == 0
    with pytest.raises(ValueError, match='scale=0 must be positive'):
        turn_and_scale(image, 0, 0)


class Halves(list):
    """Images bright above (class 0) or left (class 1), as pipelines pack."""

    def __init__(self, count):
        super().__init__()
        for index in range(count):
            image = torch.zeros(3, 8, 8, dtype=torch.uint8)
            if index % 2:
                image[:, :, :4] = 200
            else:
                image[:, :4] = 200
            sample = DataSample().set_gt_label(index % 2)
            self.append({'inputs': image, 'data_samples': sample})


class UpperHalf(nn.Module):
    """Class 0 where the upper half is the brighter by enough."""

    def __init__(self):
        super().__init__()
        self.data_preprocessor = ClsDataPreprocessor(mean=[0.0], std=[100.0])

    def forward(self, x):
        excess = x[:, :, :4].mean((1, 2, 3)) - x[:, :, 4:].mean((1, 2, 3))
        return torch.stack([excess, torch.full_like(excess, 0.5)], 1)


def test_images_come_in_order_and_normalised():
    batches = list(model_batches(UpperHalf(), Halves(5), batch_size=2))
    assert [len(images) for images, _ in batches] == [2, 2, 1]
    labels = torch.cat([labels for _, labels in batches])
    assert labels.tolist() == [0, 1, 0, 1, 0]
    assert batches[0][0].max() == 2  # 200 / 100


def test_correctness_is_reported_of_each_image():
    model = UpperHalf().train()
    found = measure_robustness(
        model, Halves(5), angles=(0, 90, 180), scales=(1.0, 0.2), batch_size=2
    )
    by_value = {(r.kind, r.value): r.correct.tolist() for r in found}
    assert by_value == {
        ('rotation', 0): [True] * 5,
        # above turns left, left turns below: 0 is missed, 1 is not
        ('rotation', 90): [False, True, False, True, False],
        ('rotation', 180): [False, True, False, True, False],
        ('scale', 1): [True] * 5,
        ('scale', 0.2): [False, True, False, True, False],
    }
    assert found[0].accuracy == 100 and found[1].accuracy == 40
    assert found[0].correct.dtype == np.bool_
    assert model.training
