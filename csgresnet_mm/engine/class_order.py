"""The order of the classes, from the data to checkpoints and results.

A label is a number, and data sets number their classes differently. MMEngine
stores the training data's class names in each checkpoint
(``meta['dataset_meta']``); :class:`.class_order_hook.ClassOrderHook` compares
them with the data that the checkpoint meets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from csgresnet_mm.datasets.reading.names import find_expression
from csgresnet_mm.weight_faults import bare_name


def canonical(classes: Sequence[str]) -> tuple[str, ...]:
    """Expressions by their one name; other names as they are.

    >>> canonical(('Happy', 'suprise', 'cat'))
    ('happiness', 'surprise', 'cat')
    """
    return tuple(find_expression(name) or name for name in classes)


def find_classes(checkpoint: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The classes that a checkpoint was trained on, or None if untold.

    Raises:
        ValueError: They are no list of names.
    """
    meta = checkpoint.get('meta') or {}
    classes = (meta.get('dataset_meta') or {}).get('classes')
    if classes is None:
        classes = meta.get('CLASSES')  # of MMClassification 0.x
    if classes is None:
        return None
    if not isinstance(classes, (list, tuple)) or not all(
        isinstance(name, str) for name in classes
    ):
        raise ValueError(
            f"meta['dataset_meta']['classes'] of the checkpoint is "
            f'{classes!r}; a list of class names is expected'
        )
    return tuple(classes)


def permute_head(
    model: nn.Module,
    state: dict[str, Any],
    old: Sequence[str],
    new: Sequence[str],
) -> str:
    """Move the rows of the classifier, in a state dict, to another order.

    Args:
        model: Of which the state is. It has exactly one linear layer with as
            many outputs as there are classes.
        state: Changed: that layer's weight (K, features) and bias (K).
        old: The K classes, each different, in the state's order.
        new: The same classes in the order to have.

    Returns:
        The layer's name.

    Raises:
        ValueError: The model has no such layer, or several, or the state has
            no such weight.
    """
    found = [
        bare_name(name)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == len(old)
    ]
    if len(found) != 1:
        raise ValueError(
            f'remap=True: the model has {len(found)} linear layers of '
            f'{len(old)} outputs {found}; exactly one is expected'
        )
    rows = [old.index(name) for name in new]
    keys = [
        key
        for key in state
        if bare_name(key) in (f'{found[0]}.weight', f'{found[0]}.bias')
    ]
    shapes = [tuple(state[key].shape) for key in keys]
    if not keys or any(shape[0] != len(old) for shape in shapes):
        raise ValueError(
            f'remap=True: {found[0]} of the checkpoint has the shapes '
            f'{shapes}; {len(old)} rows are expected'
        )
    for key in keys:
        state[key] = state[key][rows]
    return found[0]
