"""Which predictions a page of results is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csgresnet_mm.evaluation import find_protocol
from csgresnet_mm.safe_json import read_json


@dataclass(frozen=True)
class Saved:
    """Predictions of one run.

    Args:
        chosen: How the epoch was chosen, one of
            :data:`~csgresnet_mm.evaluation.PROTOCOLS`.
        epoch: Which it is.
        view: What of an image was shown: ``'one'``, ``'flips'``, ...
        file: Of ``test.py --save-predictions``.
    """

    chosen: str
    epoch: int
    view: str
    file: Path


@dataclass(frozen=True)
class FinishedRun:
    """One training.

    Args:
        data: Name of the data set.
        split: Its name of the test split.
        network: Name of the network.
        epochs: How long it was trained.
        seed: Of the training.
        folder: Of ``tools/train.py``: config, logs and a checkpoint.
        predictions: On the test split.
    """

    data: str
    split: str
    network: str
    epochs: int
    seed: int
    folder: Path
    predictions: tuple[Saved, ...]


@dataclass(frozen=True)
class ResultsPlan:
    """What a page is made of.

    Args:
        runs: In the order of the page.
        pairs: Networks to compare, (from, to): shown is to minus from.
        audits: Data set to the report.json of check_dataset.py.
    """

    runs: tuple[FinishedRun, ...]
    pairs: tuple[tuple[str, str], ...]
    audits: Mapping[str, Path]


def read_plan(path: Path) -> ResultsPlan:
    """Read a plan; its paths are relative to its folder.

    .. code-block:: json

        {"audits": {"FER2013": "audit/report.json"},
         "pairs": [["ResNet-18", "GResNet-18"]],
         "runs": [{"data": "FER2013", "split": "PrivateTest",
                   "network": "ResNet-18", "epochs": 15, "seed": 0,
                   "folder": "runs/resnet18",
                   "predictions": [{"chosen": "last", "epoch": 15,
                                    "view": "one", "file": "last.npz"}]}]}

    Raises:
        OSError: It cannot be read.
        ValueError: It is no such plan: naming the file and the key.
    """
    content = read_json(path)
    place = str(path)
    root = path.parent
    audits = _get(content, 'audits', dict, place)
    pairs = _get(content, 'pairs', list, place)
    runs = _get(content, 'runs', list, place)
    return ResultsPlan(
        tuple(
            _read_run(run, root, f'{place}, runs[{number}]')
            for number, run in enumerate(runs)
        ),
        tuple(
            _read_pair(pair, f'{place}, pairs[{number}]')
            for number, pair in enumerate(pairs)
        ),
        {
            data: root / _get(audits, data, str, f'{place}, audits')
            for data in audits
        },
    )


def _read_run(run: object, root: Path, place: str) -> FinishedRun:
    saved = _get(run, 'predictions', list, place)
    return FinishedRun(
        **{
            key: _get(run, key, str, place)
            for key in ('data', 'split', 'network')
        },
        **{key: _get(run, key, int, place) for key in ('epochs', 'seed')},
        folder=root / _get(run, 'folder', str, place),
        predictions=tuple(
            _read_saved(item, root, f'{place}, predictions[{number}]')
            for number, item in enumerate(saved)
        ),
    )


def _read_saved(item: object, root: Path, place: str) -> Saved:
    chosen = _get(item, 'chosen', str, place)
    try:
        chosen = find_protocol(chosen)
    except ValueError as error:
        raise ValueError(f'{place}, chosen: {error}') from error
    return Saved(
        chosen,
        _get(item, 'epoch', int, place),
        _get(item, 'view', str, place),
        root / _get(item, 'file', str, place),
    )


def _read_pair(pair: object, place: str) -> tuple[str, str]:
    if (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(name, str) for name in pair)
    ):
        return pair[0], pair[1]
    raise ValueError(f'{place}: {pair!r}; expected the names of two networks')


def _get(holder: object, key: str, kind: type, place: str) -> Any:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ValueError(f'{place}, {key}: {found!r}; expected {_KINDS[kind]}')
    return found


_KINDS = {dict: 'an object', list: 'a list', str: 'a text', int: 'a number'}
