"""What is written into a checkpoint is what the loader reads (T7)."""

from __future__ import annotations

import enum
from collections import OrderedDict, defaultdict, namedtuple
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.logging import HistoryBuffer
from tiny_run import log_of, runner

from csgresnet_mm.engine.builtin_containers import to_builtin
from csgresnet_mm.engine.safe_loading import load_from_local

HOOKS = [dict(type='ExactResumeHook'), dict(type='CheckedWeightsHook')]
KEEP = {
    'default_hooks.checkpoint': dict(type='CheckpointHook', max_keep_ckpts=2)
}
CASES = {
    'a mapping of a config': (
        ConfigDict(label_map=dict(a=0)),
        {'label_map': {'a': 0}},
    ),
    'a config': (Config(dict(a=dict(b=[1]))), {'a': {'b': [1]}}),
    'mappings in lists': ([ConfigDict(a=1)], [{'a': 1}]),
    'mappings in tuples': ((ConfigDict(a=1), 2), ({'a': 1}, 2)),
    'a path': (Path('/x/y'), '/x/y'),
    'pixels': (np.uint8([[1, 2]]), [[1, 2]]),
    'names in an array': (np.array(['a', 'b']), ['a', 'b']),
    'a name of an array': (np.array(['a'])[0], 'a'),
    'a truth of an array': (np.array([True])[0], True),
    'a set': ({3}, [3]),
    'an enumeration': (enum.Enum('E', 'a')(1), 1),
    'a default': (defaultdict(list, a=[1]), {'a': [1]}),
    'a record': (namedtuple('R', 'a')(1), (1,)),
    'an order': (OrderedDict(a=1), OrderedDict(a=1)),
    'nothing': (None, None),
}
"""The given and the written."""


@pytest.mark.parametrize('name', CASES)
def test_T7_plain_values_are_written(tmp_path: Path, name: str) -> None:
    given, expected = CASES[name]
    dropped: list[str] = []
    found = to_builtin(dict(x=given), 'meta', dropped)['x']
    assert (found, type(found)) == (expected, type(expected))
    assert not dropped
    path = tmp_path / 'x.pth'
    torch.save(dict(meta=dict(x=found)), path)
    assert load_from_local(str(path))['meta']['x'] == expected


def test_what_the_loader_knows_stays_as_it_is() -> None:
    kept = [np.float64(0.1), np.int64([1]), torch.ones(1), HistoryBuffer()]
    found = to_builtin(kept, 'meta', [])
    assert all(a is b for a, b in zip(found, kept, strict=True))


def test_an_entry_that_cannot_be_read_is_left_out() -> None:
    dropped: list[str] = []
    given = dict(a=[object(), 2, None], b={1: lambda: 0})
    assert to_builtin(given, 'meta', dropped) == dict(a=[2, None], b={})
    assert dropped == ['meta.a.0 (builtins.object)', 'meta.b.1 (builtins.fun'
                       'ction)']  # fmt: skip


def test_T7_a_mapping_in_metainfo_is_tested_and_resumed(tmp_path: Path):
    metainfo = dict(label_map=dict(a=0), palette=[dict(r=1)])
    for epochs in (1, 2):
        run = runner(
            tmp_path,
            train=dict(metainfo=metainfo),
            hooks=HOOKS,
            epochs=epochs,
            resume=epochs == 2,
            **KEEP,
        )
        run.train()
    assert run.iter == 6
    path = str(tmp_path / 'epoch_2.pth')
    meta = load_from_local(path)['meta']['dataset_meta']
    assert meta['label_map'] == {'a': 0}
    assert type(meta['label_map']) is dict
    test = runner(
        tmp_path, test=dict(metainfo=metainfo), hooks=HOOKS, load_from=path
    )
    assert test.test()['accuracy/top1'] > 0


def test_T7_files_that_hold_one_are_read(tmp_path: Path) -> None:
    path = tmp_path / 'old.pth'
    meta = dict(dataset_meta=ConfigDict(classes=('a',), label_map=dict(a=0)))
    torch.save(dict(meta=meta), path)
    found = load_from_local(str(path))['meta']['dataset_meta']
    assert found == dict(classes=('a',), label_map=dict(a=0))
    assert type(found) is type(found['label_map']) is dict


def test_T7_what_is_left_out_is_reported_once(tmp_path: Path) -> None:
    run = runner(
        tmp_path, train=dict(metainfo=dict(x=[Decimal(1)])), hooks=HOOKS,
        epochs=2, **KEEP,
    )  # fmt: skip
    run.train()
    log = log_of(run)
    assert log.count('left out of the checkpoints: ') == 1
    assert 'meta.dataset_meta.x.0 (decimal.Decimal)' in log
    load_from_local(str(tmp_path / 'epoch_2.pth'))
