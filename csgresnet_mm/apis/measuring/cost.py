"""Parameters and multiply-adds of a network."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass

from mmengine.analysis import get_model_complexity_info
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
    shape = (len(info.mean), *info.input_size)
    logging.disable(logging.WARNING)  # it warns of each addition
    try:
        found = get_model_complexity_info(
            model, shape, show_table=False, show_arch=False
        )
    finally:
        logging.disable(logging.NOTSET)
    return int(found['flops'])
