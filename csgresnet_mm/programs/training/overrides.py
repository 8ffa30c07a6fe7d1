"""Whether anything reads what ``--cfg-options`` sets."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import mmpretrain.registry
from mmengine.registry import Registry
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner
from torch.utils.data import DataLoader

LIKE = 0.75
"""How much alike two names must be for one to be meant."""
READ_BY_RUNNER = (
    'activation_checkpointing',
    'compile',
    'custom_imports',
    'efficient_conv_bn_eval',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'runner_type',
    'sync_bn',
    'tta_model',
    'tta_pipeline',
)
"""Keys of a config beside the arguments of MMEngine's Runner."""
_TRAIN_LOOPS = (EpochBasedTrainLoop, IterBasedTrainLoop)
_UNTYPED: dict[str, Sequence[type]] = {
    '': (Runner,),
    'train_cfg': _TRAIN_LOOPS,
    'train_dataloader': (DataLoader,),
    'val_dataloader': (DataLoader,),
    'test_dataloader': (DataLoader,),
}
"""What takes the keys of a part that names no type."""


def check_overrides(config: Any, options: Mapping[str, Any]) -> None:
    """Refuse overrides that would change nothing.

    A key that the config does not have is taken where what it configures has
    an argument of that name, or where no known name is like it.

    Args:
        config: MMEngine's Config, before they are merged.
        options: Dotted key to value.

    Raises:
        ValueError: A key is not there, and another is like it; its place in
            a list is not; or it is a variable of the config file, whose value
            has been copied to where it is read.
    """
    for key in options:
        _check(config, key)
        _check_copied(config, key, options)


def _check(config: Any, key: str) -> None:
    node: Any = config
    parts = key.split('.')
    for place, part in enumerate(parts):
        before = '.'.join(parts[:place])
        if isinstance(node, (list, tuple)):
            if not part.isdecimal() or int(part) >= len(node):
                raise ValueError(
                    f'--cfg-options {key}: {before} is a list of '
                    f'{len(node)}; expected a number below that in place of '
                    f'{part!r}'
                )
            node = node[int(part)]
        elif hasattr(node, 'keys'):
            if part not in node:
                _check_new(config, node, key, before, part)
                return
            node = node[part]
        elif node is None:
            return
        else:
            raise ValueError(
                f'--cfg-options {key}: {before} is {node!r:.60} in the '
                'config, which has nothing inside'
            )


def _check_copied(config: Any, key: str, options: Mapping[str, Any]) -> None:
    name = key.partition('.')[0]
    read = {*_arguments(config, ''), *READ_BY_RUNNER}
    if name not in config or name in read:
        return
    # `pipeline` of `train_pipeline`; an equal number elsewhere is no copy
    places = [
        path
        for path in _paths(config, '')
        if path.partition('.')[0] in read
        and path.rpartition('.')[2] in name
        and _at(config, path) == config[name]
    ]
    # who sets what is read, too, may set the variable beside it
    if places and not options.keys() & set(places):
        raise ValueError(
            f'--cfg-options {key}: nothing reads {name}, a variable of the '
            f'config file; expected what has its value: {", ".join(places)}'
        )


def _at(config: Any, path: str) -> Any:
    node = config
    for part in path.split('.'):
        node = node[int(part) if isinstance(node, (list, tuple)) else part]
    return node


def _check_new(
    config: Any, node: Any, key: str, before: str, part: str
) -> None:
    taken = {*node.keys(), *_arguments(node, before)}
    if not before:
        taken.update(READ_BY_RUNNER)
    if part in taken:
        return
    meant = difflib.get_close_matches(part, taken, 1, LIKE)
    places = [f'{before}.{meant[0]}'.lstrip('.')] if meant else []
    if not before and not places:
        places = _elsewhere(config, part)
    if places:
        raise ValueError(
            f'--cfg-options {key}: the config has no {part!r}'
            f'{f" in {before}" if before else ""}; did you mean '
            f'{" or ".join(places[:3])}?'
        )


def _elsewhere(config: Any, name: str) -> list[str]:
    """Where deeper in a config a key is called so, or nearly."""
    paths = list(_paths(config, ''))
    names = {path.rpartition('.')[2] for path in paths}
    meant = difflib.get_close_matches(name, names, 1, LIKE)
    return [path for path in paths if path.rpartition('.')[2] in meant]


def _paths(node: Any, before: str) -> Iterator[str]:
    if isinstance(node, (list, tuple)):
        for place, inner in enumerate(node):
            yield from _paths(inner, f'{before}.{place}'.lstrip('.'))
    elif hasattr(node, 'keys'):
        for key in node.keys():
            path = f'{before}.{key}'.lstrip('.')
            yield path
            yield from _paths(node[key], path)


def _arguments(node: Any, before: str) -> set[str]:
    """The names that what a part of a config builds takes."""
    kinds = _UNTYPED.get(before, ())
    if before and node.get('type') is not None:
        kinds = find_kinds(node['type'])
    return {
        name
        for kind in kinds
        for owner in inspect.getmro(kind)
        if '__init__' in vars(owner)
        for name in inspect.signature(owner.__init__).parameters
        if name != 'self'
    }


def find_kinds(kind: str | type) -> list[type]:
    """The classes that a ``type`` of a config may mean."""
    if not isinstance(kind, str):
        return [kind]
    registries = [
        value
        for value in vars(mmpretrain.registry).values()
        if isinstance(value, Registry)
    ]
    found = [registry.get(kind) for registry in registries]
    return [each for each in found if inspect.isclass(each)]
