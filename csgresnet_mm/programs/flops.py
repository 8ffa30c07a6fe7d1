"""Counting the operations of one execution of a model's convolutions."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mmpretrain.apis import ModelHub
from torch import nn

from csgresnet_mm.apis.config_data.input_size import find_input_size
from csgresnet_mm.apis.given_files import read_config
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.mmpretrain_tools import load_tool
from csgresnet_mm.functional import plans
from csgresnet_mm.layers import DeployedGConv, GConv, set_execution

EXECUTIONS = ('dense', 'factorised', 'native')


class _Parser(argparse.ArgumentParser):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_argument(
            '--execution',
            choices=EXECUTIONS,
            default=EXECUTIONS[0],
            help="form of the Gabor convolutions; dense is the paper's figure",
        )

    def parse_args(self, *args: Any, **kwargs: Any) -> Any:
        self.set_defaults(shape=None)
        return super().parse_args(*args, **kwargs)


def main() -> None:
    """Run MMPretrain's get_flops.py with ``sys.argv``.

    The size of the input is that of the config's test pipeline unless it is
    given. What was counted is printed at the end.

    Raises:
        FileNotFoundError: There is no such config.
        RuntimeError: The execution is 'native', and the C++ kernel cannot be
            built here: the dense form would be counted instead.
    """
    safe_loading.install()
    tool: Any = load_tool('analysis_tools/get_flops.py')
    tool.argparse = SimpleNamespace(ArgumentParser=_Parser)
    args = tool.parse_args()
    _check_execution(args.execution)
    config = _open(args.config)
    source = 'as --shape says'
    if args.shape is None:
        args.shape, source = _own_size(config)
    get_model = tool.get_model
    layers = 0

    def get_prepared(*given: Any, **kwargs: Any) -> nn.Module:
        nonlocal layers
        model = get_model(*given, **kwargs)
        set_execution(model, args.execution)
        kinds = (GConv, DeployedGConv)
        layers += sum(isinstance(m, kinds) for m in model.modules())
        return model

    tool.get_model = get_prepared
    tool.parse_args = lambda: args
    tool.main()
    size = 'x'.join(map(str, args.shape))
    print(f'Input: {size}, {source}; one multiply-add is one FLOP')
    print(
        f'Counted: {layers} Gabor convolutions as execution={args.execution!r}'
    )


def _check_execution(execution: str) -> None:
    if execution == 'native' and not plans.native_available():
        raise RuntimeError(
            "execution='native' cannot be counted: the C++ kernel cannot be "
            "built here; expected 'dense' or 'factorised'"
        )


def _open(name: str) -> Mapping[str, Any]:
    """A config by its file or its name, as get_model takes it."""
    if ModelHub.has(name) and not Path(name).is_file():
        return ModelHub.get(name).config
    return read_config(name)


def _own_size(config: Mapping[str, Any]) -> tuple[list[int], str]:
    size = find_input_size(config)
    if size is None:
        return [224, 224], "MMPretrain's default: the config names no size"
    return list(size), "the config's own size"
