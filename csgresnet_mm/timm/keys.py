"""Names of weights here and in MMPretrain.

======================================  ===============================
MMPretrain's ImageClassifier            timm
======================================  ===============================
``backbone.conv1.weight``               ``conv1.weight``
``backbone.bn1.*``                      ``bn1.*``
``backbone.layer{i}.{j}.conv{k}.*``     ``layer{i}.{j}.conv{k}.*``
``backbone.layer{i}.{j}.bn{k}.*``       ``layer{i}.{j}.bn{k}.*``
``backbone.layer{i}.{j}.downsample.*``  ``layer{i}.{j}.downsample.*``
``backbone.layer{i}.{j}.shift.seed``    ``layer{i}.{j}.shift.seed``
``backbone.orientations``               ``orientations``
``head.fc.weight``, ``head.fc.bias``    ``fc.weight``, ``fc.bias``
======================================  ===============================

The tensors are the same; nothing is transposed. The forms for inference
(``switch_to_deploy``) have names of their own and follow the same table.
"""

from collections.abc import Mapping

from torch import Tensor

PREFIXES = {'head.fc.': 'fc.', 'backbone.': ''}
"""Prefix in MMPretrain -> here."""


def from_mmpretrain(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of an MMPretrain classifier for timm.

    Args:
        state_dict: State dict of an ``ImageClassifier`` with the backbone
            ``GResNet`` and a ``LinearClsHead``; a checkpoint of MMEngine
            holds it under ``'state_dict'``.

    Returns:
        The same tensors under timm's names.

    Raises:
        ValueError: If a key belongs neither to backbone nor to head.

    Example:
        >>> list(from_mmpretrain({'backbone.conv1.weight': None}))
        ['conv1.weight']
    """
    renamed = {}
    unknown = []
    for key, value in state_dict.items():
        for prefix, own in PREFIXES.items():
            if key.startswith(prefix):
                renamed[own + key.removeprefix(prefix)] = value
                break
        else:
            unknown.append(key)
    if unknown:
        raise ValueError(
            f'{unknown} begin with none of {tuple(PREFIXES)}: not the state '
            'dict of an ImageClassifier with GResNet and LinearClsHead'
        )
    return renamed


def to_mmpretrain(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a timm model for an MMPretrain classifier.

    Args:
        state_dict: State dict of :class:`csgresnet_mm.timm.GResNet`.

    Returns:
        The same tensors under MMPretrain's names; those of the backbone alone
        begin with ``'backbone.'``.

    Raises:
        ValueError: If the keys are MMPretrain's already.

    Example:
        >>> list(to_mmpretrain({'conv1.weight': None, 'fc.bias': None}))
        ['backbone.conv1.weight', 'head.fc.bias']
    """
    already = [key for key in state_dict if key.startswith(tuple(PREFIXES))]
    if already:
        raise ValueError(f"{already} are MMPretrain's names already")
    return {
        f'head.{key}' if key.startswith('fc.') else f'backbone.{key}': value
        for key, value in state_dict.items()
    }
