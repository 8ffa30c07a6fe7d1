"""The command lines of tools/train.py and tools/test.py."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from mmengine.device import get_device

from csgresnet_mm.apis.given_files import (
    check_checkpoint,
    check_starts,
    find_config,
    read_config,
)
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.mmpretrain_tools import (
    adapt_to_cpu,
    group_left,
    load_tool,
)
from csgresnet_mm.programs.training.data import check_data
from csgresnet_mm.programs.training.formatted_config import FormattedConfig
from csgresnet_mm.programs.training.overrides import check_overrides
from csgresnet_mm.programs.training.runners import TestRunner, TrainRunner

SAVE = '--save-predictions'


def train() -> None:
    """Train: MMPretrain's tools/train.py, with checks before it."""
    tool = _load('train.py', TrainRunner)
    _check_first(tool, ('train', 'val'), _check_train)
    with group_left():
        tool.main()


def test() -> None:
    """Test: MMPretrain's tools/test.py, with checks before it."""
    tool = _load('test.py', TestRunner)
    tool.argparse = SimpleNamespace(ArgumentParser=_TestParser)
    _check_first(tool, ('test',), _check_test)
    with group_left():
        tool.main()


class _TestParser(argparse.ArgumentParser):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_argument(
            SAVE,
            metavar='FILE.npz',
            help='also write what the network said of each image, for '
            'tools/compare.py',
        )


def _load(name: str, runner: type) -> Any:
    safe_loading.install()
    if get_device() == 'cpu':
        sys.argv[1:] = adapt_to_cpu(name, sys.argv[1:])
    tool: Any = load_tool(name)
    tool.Runner = runner
    tool.Config = SimpleNamespace(fromfile=_read)
    return tool


def _read(name: str) -> FormattedConfig:
    return FormattedConfig.of(read_config(name))


def _check_first(
    tool: Any,
    splits: Sequence[str],
    check: Callable[[Any, argparse.Namespace], None],
) -> None:
    """Check files, overrides and data before the tool builds its Runner."""
    parse, merge = tool.parse_args, tool.merge_args

    def parse_checked() -> argparse.Namespace:
        args = parse()
        args.config = find_config(args.config)
        check_checkpoint(getattr(args, 'checkpoint', None))
        return args

    def merge_checked(config: Any, args: argparse.Namespace) -> Any:
        check_overrides(config, args.cfg_options or {})
        config = merge(config, args)
        check(config, args)
        check_data(config, splits)
        return config

    tool.parse_args, tool.merge_args = parse_checked, merge_checked


def _check_train(config: Any, args: argparse.Namespace) -> None:
    check_checkpoint(config.get('load_from'))
    if not config.get('resume'):
        check_starts(config['model'])


def _check_test(config: Any, args: argparse.Namespace) -> None:
    path = args.save_predictions
    if path is None:
        return
    if not path.endswith('.npz'):
        raise ValueError(f'{SAVE} {path}: expected a name that ends in .npz')
    metrics = config.get('test_evaluator')
    metrics = list(metrics) if isinstance(metrics, list) else [metrics]
    metrics.append(dict(type='SavePredictions', out_file=path))
    config.test_evaluator = metrics
