"""Model configs as plain data, and building them without running strangers.

MMEngine's registries import what a ``type`` names, ``'os.system'`` too, and a
few of MMPretrain's models download files. A config that came in a file is
therefore only built of what is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from mmengine.registry import MODELS as ROOT_MODELS
from mmpretrain.registry import MODELS
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import csgresnet_mm.models  # noqa: F401
from csgresnet_mm.apis.config_reading import registered_name

PACKAGES = (
    'csgresnet_mm.',
    'mmpretrain.models.backbones.',
    'mmpretrain.models.classifiers.image',
    'mmpretrain.models.heads.',
    'mmpretrain.models.losses.',
    'mmpretrain.models.necks.',
    'mmpretrain.models.utils.data_preprocessor',
    'mmcv.cnn.',
    'torch.nn.',
)
"""Where the classes lie that a config from a file may name."""
DOWNLOADS = ('mmpretrain.models.backbones.timm_backbone',)
"""Of these, what would load more files."""
BUILD_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    RuntimeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
)
"""What a network's constructor raises on arguments that are nonsense."""
_TRAINING = ('init_cfg', 'pretrained', 'train_cfg', 'batch_augments')
"""Keys that only training needs; two of them load files."""


def model_as_data(config: Config) -> dict[str, Any]:
    """The model of a config, with its data preprocessor, as plain data.

    What only training needs is left out.

    Args:
        config: Of a run.

    Returns:
        Dicts, lists, text, numbers and None.

    Raises:
        ValueError: A value is something else: naming its key.
    """
    model = dict(config['model'])
    preprocessor = model.get('data_preprocessor')
    if preprocessor is None:
        preprocessor = {
            'type': 'ClsDataPreprocessor',
            **config.get('data_preprocessor', {}),
        }
    model['data_preprocessor'] = preprocessor
    return _plain(model, 'model')


def _plain(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {
            str(name): _plain(
                registered_name(part) if name == 'type' else part,
                f'{key}.{name}',
            )
            for name, part in value.items()
            if name not in _TRAINING
        }
    if isinstance(value, (list, tuple)):
        return [_plain(part, f'{key}[{i}]') for i, part in enumerate(value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(
        f'{key} is {value!r}; expected text, a number, a list or a dict'
    )


class _Budget(TorchDispatchMode):
    """Refuses new tensors beyond a number of elements, before they exist."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if 'device' in kwargs:  # empty, zeros, arange, ...
            planned = func(*args, **(kwargs | {'device': 'meta'}))
            self._left -= planned.numel()
            if self._left < 0:
                raise ValueError(
                    'the config asks for a network much larger than the '
                    f'weights of the file: a tensor {tuple(planned.shape)}'
                )
        return func(*args, **kwargs)


def build_safely(
    model: Mapping[str, Any], weights: int | None = None
) -> nn.Module:
    """Build a model from a config that came in a file.

    Args:
        model: As :func:`model_as_data` gives it.
        weights: Numbers that the file holds for it: much more than these
            are not allocated. None is without limit.

    Returns:
        The model in evaluation mode, its weights drawn at random.

    Raises:
        ValueError: The config names something that is not a known layer, or
            asks for files: naming the key; or for too much memory.
    """
    _check(model, 'model')
    if weights is None:
        built = MODELS.build(dict(model))
    else:
        # layers may be made and replaced
        with _Budget(4 * weights + 2**20):
            built = MODELS.build(dict(model))
    built.eval()
    return built


def _check(value: Any, key: str) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name in _TRAINING or name.startswith('_'):
                raise ValueError(
                    f'{key}.{name} is not allowed in the config of a file'
                )
            if name == 'type':
                _check_type(part, f'{key}.type')
            _check(part, f'{key}.{name}')
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _check(part, f'{key}[{index}]')


def _check_type(name: Any, key: str) -> None:
    known: Any = None
    if isinstance(name, str):
        known = MODELS.module_dict.get(name) or ROOT_MODELS.module_dict.get(
            name
        )
    module = f'{getattr(known, "__module__", "")}.'
    if known is None or not module.startswith(PACKAGES):
        raise ValueError(
            f'{key}={name!r} is not allowed in the config of a file; '
            'expected the name of a network part of MMPretrain, MMCV, torch '
            'or this package'
        )
    if module.startswith(DOWNLOADS):
        raise ValueError(
            f'{key}={name!r} is not allowed in the config of a file: it '
            'loads other files'
        )
