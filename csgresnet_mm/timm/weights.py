"""What timm knows of each network: input, names of layers, and weights."""

from collections.abc import Mapping
from typing import Any

from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import generate_default_cfgs

from csgresnet_mm.timm.keys import from_mmpretrain
from csgresnet_mm.weights import find_weights

ARCHITECTURES = (
    'csgresnet18',
    'csgresnet34',
    'gresnet18',
    'gresnet34',
    'csgresnet18_half',
)


def _ferplus(name: str) -> dict[str, Any]:
    return dict(
        file=str(find_weights(name)),
        num_classes=8,
        input_size=(3, 40, 40),
        pool_size=(3, 3),
        crop_pct=40 / 48,
    )


WEIGHTS: dict[str, dict[str, Any]] = {
    'csgresnet18.ferplus_48px': _ferplus('csgresnet18_ferplus-48px'),
    'csgresnet18_half.ferplus_48px': _ferplus('csgresnet18-half_ferplus-48px'),
}
"""``'architecture.tag'`` -> what differs from :func:`describe`, at least one
of ``url``, ``file`` and ``hf_hub_id``. Weights that ship are named here and
nowhere else; a checkpoint of MMPretrain is renamed when it is loaded."""


def describe(**kwargs: Any) -> dict[str, Any]:
    """Give the entry of one network in timm's registry.

    Args:
        kwargs: Fields that differ, of timm's ``PretrainedCfg``.

    Returns:
        All fields that have a value.

    Example:
        >>> describe(num_classes=8)['input_size']
        (3, 112, 112)
    """
    return {
        'input_size': (3, 112, 112),
        'pool_size': (7, 7),
        'crop_pct': 1.0,
        'crop_mode': 'center',
        'interpolation': 'bilinear',
        'mean': IMAGENET_DEFAULT_MEAN,
        'std': IMAGENET_DEFAULT_STD,
        'num_classes': 7,
        'first_conv': 'conv1',
        'classifier': 'fc',
        'license': 'apache-2.0',
        'paper_name': 'CS-GResNet: A Simple and Highly Efficient Network for '
        'Facial Expression Recognition',
        **kwargs,
    }


def registry_entries(weights: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Give timm's ``default_cfgs``.

    Args:
        weights: As :data:`WEIGHTS`. An architecture without an entry gets the
            tag ``untrained``.

    Returns:
        Architecture -> timm's ``DefaultCfg``.

    Raises:
        ValueError: If an entry names an unknown architecture or no place to
            load from.
    """
    entries = {}
    for name, fields in weights.items():
        architecture, _, tag = name.partition('.')
        if architecture not in ARCHITECTURES or not tag:
            raise ValueError(
                f'{name!r} must be ARCHITECTURE.TAG with one of '
                f'{ARCHITECTURES}'
            )
        if not {'url', 'file', 'hf_hub_id'} & fields.keys():
            raise ValueError(
                f'{name!r} has {sorted(fields)}, expected url, file or '
                'hf_hub_id'
            )
        entries[name] = describe(**fields)
    trained = {name.partition('.')[0] for name in entries}
    for architecture in ARCHITECTURES:
        if architecture not in trained:
            entries[f'{architecture}.untrained'] = describe()
    return generate_default_cfgs(entries)


def rename_weights(
    state_dict: Mapping[str, Any], model: Any = None
) -> dict[str, Any]:
    """Give a checkpoint of timm or of MMPretrain timm's names.

    Args:
        state_dict: The weights, or a checkpoint that holds them under
            ``'state_dict'``.
        model: Not needed; timm passes it.

    Returns:
        The weights under timm's names.

    Raises:
        ValueError: If there are keys of MMPretrain and others.
    """
    state_dict = state_dict.get('state_dict', state_dict)
    if any(key.startswith('backbone.') for key in state_dict):
        return from_mmpretrain(state_dict)
    return dict(state_dict)
