"""Which data a run was trained on, in its log and its checkpoints."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sized
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from csgresnet_mm.datasets.cache.content_hashes import find_content_hashes
from csgresnet_mm.datasets.wrapped import class_names, leaves
from csgresnet_mm.mmengine_private import resumes

from ..run_data import built_dataloaders

META_KEY = 'data_fingerprint'
"""Where it lies in a checkpoint's ``meta``."""


def fingerprint(dataset: Any) -> dict[str, str | int]:
    """What a data set is, in plain strings and numbers.

    Args:
        dataset: One that wraps no other.

    Returns:
        dataset (its class), root, split, images, fingerprint (a hash of
        names, sizes and labels of the split), and contents (a hash of the
        files' bytes) if ``tools/check_dataset.py`` has read them all and
        they are unchanged. Of a data set that gives its samples only by
        reading them (no ``get_data_info``) fingerprint is '', and images -1
        where it has no length.
    """
    listed = hasattr(dataset, 'get_data_info')
    root = str(getattr(dataset, 'data_root', '') or '')
    found: dict[str, str | int] = dict(
        dataset=type(dataset).__name__,
        root=root,
        split=str(getattr(dataset, 'split', '')),
        images=len(dataset) if isinstance(dataset, Sized) else -1,
        fingerprint=getattr(dataset, 'fingerprint', '')
        or (hash_index(dataset, root) if listed else ''),
    )
    contents = hash_contents(dataset, root) if listed else None
    return found if contents is None else dict(found, contents=contents)


def hash_index(dataset: Any, root: str) -> str:
    """A hash of names, sizes and labels, for data sets without their own."""
    classes = class_names(dataset) or ()
    lines = []
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        path = str(info.get('img_path', index))
        size = os.stat(path).st_size if os.path.isfile(path) else -1
        lines.append(
            f'{_relative(path, root)}\0{size}\0{info.get("gt_label")}'
        )
    return _digest([*classes, *sorted(lines)])


def hash_contents(dataset: Any, root: str) -> str | None:
    """A hash of the files' names and bytes, if their hashes are kept."""
    if not root:
        return None
    paths: list[str] = []

    def files() -> Iterable[str]:
        for index in range(len(dataset)):
            info = dataset.get_data_info(index)
            path = str(info.get('img_path', ''))
            if 'row' in info:  # of an array: the file is before the mark
                path = path.rpartition('#')[0]
            paths.append(path)
            yield path

    digests = find_content_hashes(root, files())
    if digests is None:
        return None
    return _digest(
        sorted(
            {
                f'{_relative(path, root)}\0{digest.hex()}'
                for path, digest in zip(paths, digests, strict=True)
            }
        )
    )


@HOOKS.register_module()
class FingerprintHook(Hook):
    """Logs the data's fingerprints and keeps them in each checkpoint.

    They lie in ``meta['data_fingerprint']``: split to a list, of one dict a
    data set (see :func:`fingerprint`), in plain types. A run that is resumed
    on other data is warned.
    """

    def __init__(self) -> None:
        self._data: dict[str, list[dict[str, str | int]]] = {}
        self._resumed: Any = None

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Remember what a resumed run was trained on."""
        if resumes(runner):
            self._resumed = (checkpoint.get('meta') or {}).get(META_KEY)

    def before_train(self, runner: Runner) -> None:
        """Take and log the fingerprints."""
        if not is_main_process():
            return
        self._data = {
            split: [fingerprint(leaf) for leaf in leaves(loader.dataset)]
            for split, loader in built_dataloaders(runner).items()
        }
        for split, parts in self._data.items():
            for part in parts:
                runner.logger.info(f'data of {split}: {_line(part)}')
        before, now = _hashes(self._resumed), _hashes(self._data)
        for split in before.keys() & now.keys():
            if before[split] != now[split]:
                runner.logger.warning(
                    f'the data of {split} are not those of the run that is '
                    f'resumed: fingerprints were {before[split]}, are '
                    f'{now[split]}'
                )

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the fingerprints in the checkpoint."""
        checkpoint['meta'][META_KEY] = self._data


def _hashes(data: Any) -> dict[str, list[tuple[Any, Any]]]:
    """Split to (fingerprint, images) of its data sets, if it is known."""
    if not isinstance(data, dict):
        return {}
    return {
        split: [(part['fingerprint'], part['images']) for part in parts]
        for split, parts in data.items()
    }


def _line(part: dict[str, str | int]) -> str:
    return ', '.join(f'{key} {value}' for key, value in part.items() if value)


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root) if root else path


def _digest(lines: Iterable[str]) -> str:
    data = '\n'.join(lines).encode('utf-8', 'surrogateescape')
    return hashlib.blake2b(data, digest_size=16).hexdigest()
