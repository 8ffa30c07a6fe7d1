"""The full config of a run, made from the base configs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mmengine.config import Config

from csgresnet_mm.apis.run_folder import WEIGHTS
from csgresnet_mm.paper.data import DATA
from csgresnet_mm.paper.paper_networks import NETWORKS
from csgresnet_mm.paper.plan import HONEST, Run, Sizes
from csgresnet_mm.shipped import shipped_folder

PLACES = {'work_dir', 'data_root', 'out_file', 'checkpoint', 'reproduce'}
"""Keys that say where things lie, not what is computed."""


def base_folder() -> Path:
    """The folder ``configs/_base_``, in a checkout or in a wheel.

    Raises:
        FileNotFoundError: It is not there.
    """
    folder = shipped_folder() / 'configs'
    folder = folder.resolve() / '_base_'
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder}: the base configs are missing')
    return folder


def compose(network: str, data: str, *, demo: bool = False) -> Config:
    """What ``configs/NETWORK_DATA.py`` is, without a file of that name.

    Args:
        network: A key of :data:`~.paper_networks.NETWORKS`.
        data: A key of :data:`~.data.DATA`.
        demo: Whether to take the demo's schedule, not the paper's.
    """
    folder = base_folder()
    known = NETWORKS[network]
    made = Config()
    for part in (
        f'models/{known.base}',
        f'datasets/{data}',
        f'schedules/{"demo" if demo else "paper"}',
        'default_runtime',
    ):
        made.merge_from_dict(Config.fromfile(folder / f'{part}.py').to_dict())
    made.merge_from_dict(dict(known.options))
    return made


def make_config(run: Run, folder: Path, sizes: Sizes, gpus: int = 1) -> Config:
    """All that a run does.

    Args:
        run: From the plan.
        folder: The run's, ``WORK/runs/RUN_ID``.
        sizes: What the demo makes smaller.
        gpus: Number of processes; the paper's batch is split among them.

    Raises:
        ValueError: ``gpus`` does not divide the batch.
    """
    data = DATA[run.data]
    config = compose(run.network, run.data, demo=sizes.demo)
    options: dict[str, Any] = {
        'randomness.seed': run.seed,
        'work_dir': str(folder / 'work'),
        # a run that is interrupted begins again: nothing to resume from
        'default_hooks.checkpoint.interval': -1,
        'default_hooks.checkpoint.save_last': False,
        **(data.honest or {} if run.protocol == HONEST else data.test),
        **sizes.options(run),
    }
    config.merge_from_dict(options)
    _split_batch(config, gpus)
    if run.needs is not None:
        source = folder.parent / run.needs.id
        pretrained = {
            'type': 'Pretrained',
            'checkpoint': str(source / WEIGHTS),
            'prefix': 'backbone',
        }
        config.model.backbone.init_cfg = pretrained
        config.pretrained_by = hash_config(
            make_config(run.needs, source, sizes, gpus)
        )
    _write_predictions(config, folder, run.protocol)
    config.custom_imports.imports = [
        *config.custom_imports.imports,
        'csgresnet_mm.evaluation',
        'csgresnet_mm.paper.record',
    ]
    config.custom_hooks = [
        *config.custom_hooks,
        {'type': 'RecordRunHook', 'folder': str(folder)},
    ]
    config.reproduce = {
        'run': run.id,
        'network': run.network,
        'data': run.data,
        'protocol': run.protocol,
        'seed': run.seed,
        'folder': str(folder),
    }
    return config


def _split_batch(config: Config, gpus: int) -> None:
    batch = config.train_dataloader.batch_size
    if batch % gpus:
        raise ValueError(
            f'--gpus {gpus} does not divide the batch of {batch} images'
        )
    config.train_dataloader.batch_size = batch // gpus


def _write_predictions(config: Config, folder: Path, protocol: str) -> None:
    """The last evaluation's predictions; honest: those of the one test."""
    name = 'honest.npz' if protocol == HONEST else 'last.npz'
    evaluators = [dict(entry) for entry in config.test_evaluator]
    saving = {'type': 'SavePredictions', 'out_file': str(folder / name)}
    config.test_evaluator = [*evaluators, saving]
    if protocol != HONEST:
        config.val_evaluator = config.test_evaluator


def hash_config(config: Config) -> str:
    """SHA-256 of what a config computes, wherever its files lie."""
    text = json.dumps(_what(config.to_dict()), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _what(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            str(key): _what(entry)
            for key, entry in value.items()
            if key not in PLACES and key != 'folder'
        }
    if isinstance(value, list | tuple):
        return [_what(entry) for entry in value]
    return value
