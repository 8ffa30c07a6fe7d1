"""Parameters and multiply-adds of a network."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from mmengine.analysis import FlopAnalyzer
from torch import nn

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.layers import GConv, set_execution


@dataclass(frozen=True)
class Cost:
    """Of one network.

    Args:
        parameters: Learned numbers, the head's included.
        multiply_adds: Form to number, for one image: backbone and neck, as
            MMEngine counts.
    """

    parameters: int
    multiply_adds: dict[str, int]


def count(model: nn.Module, info: ModelInfo) -> Cost:
    """Count a network, in each form if it has Gabor convolutions.

    Args:
        model: MMPretrain's ImageClassifier.
        info: Tells the input's size.
    """
    model = copy.deepcopy(model)
    model.eval()  # norms in training cost more
    model.forward = model.extract_feat
    gabor = any(isinstance(module, GConv) for module in model.modules())
    forms = ('dense', 'factorised') if gabor else ('dense',)
    counted = {}
    for form in forms:
        set_execution(model, form)
        counted[form] = _multiply_adds(model, info)
    return Cost(sum(p.numel() for p in model.parameters()), counted)


def _multiply_adds(model: nn.Module, info: ModelInfo) -> int:
    image = torch.zeros(1, len(info.mean), *info.input_size)
    counter = FlopAnalyzer(model, image)
    counter.unsupported_ops_warnings(False)  # of each addition
    counter.uncalled_modules_warnings(False)
    return int(counter.total())
