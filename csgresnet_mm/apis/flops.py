"""Counting the operations of one execution of a model's convolutions."""

from typing import Any

import mmpretrain
from torch import nn

from csgresnet_mm.engine.launch import run_tool
from csgresnet_mm.functional import plans
from csgresnet_mm.layers import DeployedGConv, GConv, set_execution


def run_get_flops(execution: str) -> None:
    """Run MMPretrain's get_flops.py with ``sys.argv``, naming what it counts.

    Args:
        execution: ``'dense'``, ``'factorised'`` or ``'native'``, given to
            every Gabor convolution of the model, whatever its config says.

    Raises:
        RuntimeError: If ``execution`` is ``'native'`` and the C++ kernel
            cannot be built here: the dense form would be counted instead.
    """
    if execution == 'native' and not plans.native_available():
        raise RuntimeError(
            "execution='native' cannot be counted: the C++ kernel cannot be "
            "built here, expected 'dense' or 'factorised'"
        )
    layers = 0
    get_model = mmpretrain.get_model

    def get_prepared(*args: Any, **kwargs: Any) -> nn.Module:
        nonlocal layers
        model = get_model(*args, **kwargs)
        set_execution(model, execution)
        kinds = (GConv, DeployedGConv)
        layers += sum(isinstance(m, kinds) for m in model.modules())
        return model

    mmpretrain.get_model = get_prepared  # the tool takes only a config's name
    try:
        run_tool('analysis_tools/get_flops.py', loads_data=False)
    finally:
        mmpretrain.get_model = get_model
    print(f'Counted: {layers} Gabor convolutions as execution={execution!r}')
