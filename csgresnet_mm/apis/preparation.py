"""What a config's test pipeline makes of a picture, where that is known.

Networks exported or in safetensors files resize and crop by themselves.
Whatever they do not do is refused: the scores would not be those of
``tools/test.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mmengine.config import Config

from csgresnet_mm.apis.config_reading import leaf_settings, type_name
from csgresnet_mm.apis.model_info import INTERPOLATIONS

Size = tuple[int, int]

SUPPORTED: Mapping[str, Mapping[str, Sequence[Any]]] = {
    'LoadImageFromFile': {
        'to_float32': (False,),
        'color_type': ('color', 'grayscale'),
    },
    'LoadFace': {
        'to_float32': (False,),
        'color_type': ('color', 'grayscale'),
    },
    'Resize': {
        'keep_ratio': (False,),
        'backend': ('cv2',),
        'interpolation': ('bilinear', *INTERPOLATIONS),
    },
    'CenterCrop': {'auto_pad': (False,)},
    'PackInputs': {},
    'PackClsInputs': {},
}
"""Steps to the values that their arguments may have, of those that matter."""


class Preparation(NamedTuple):
    """How a picture is prepared.

    Args:
        resize: (height, width) to which it is resized.
        input_size: (height, width) of the centre that is taken.
        interpolation: How it is resized.
    """

    resize: Size
    input_size: Size
    interpolation: str


def read_test_pipeline(config: Config) -> Preparation:
    """How the test pipeline of a config prepares a picture.

    Args:
        config: With a test data set; if it is concatenated of several, all
            prepare pictures alike.

    Raises:
        ValueError: It does something else than resize and crop the centre,
            in a way that is not done here, or data sets differ: naming the
            step.
    """
    settings = (config.get('test_dataloader') or {}).get('dataset') or {}
    found = [
        read_pipeline(leaf.get('pipeline') or ())
        for leaf in leaf_settings(settings)
    ]
    if any(other != found[0] for other in found):
        raise ValueError(
            f'the data sets of test_dataloader prepare pictures differently: '
            f'{", ".join(map(str, found))}; expected one way'
        )
    return found[0]


def read_pipeline(pipeline: Sequence[Mapping[str, Any]]) -> Preparation:
    """How a pipeline prepares a picture; see :func:`read_test_pipeline`."""
    resize: Size | None = None
    size: Size | None = None
    interpolation = 'bilinear'
    for step in pipeline:
        kind = type_name(step['type'])
        first = resize is None and 'scale' in step
        if kind not in SUPPORTED or (kind == 'Resize' and not first):
            raise _refusal(step)
        _check_options(kind, step)
        if kind == 'Resize':
            resize = size = _size(step['scale'])
            interpolation = step.get('interpolation', interpolation)
        elif kind == 'CenterCrop':
            if resize is None:
                raise _refusal(step)
            size = _size(step['crop_size'])
    if resize is None or size is None:
        raise ValueError(
            'the test pipeline has no Resize(scale=...), which gives the '
            "network's input size"
        )
    return Preparation(resize, size, interpolation)


def _size(value: Any) -> Size:
    """(height, width) of MMCV's (width, height), or of one number."""
    width, height = (value, value) if isinstance(value, int) else value
    return int(height), int(width)


def _check_options(kind: str, step: Mapping[str, Any]) -> None:
    for name, supported in SUPPORTED[kind].items():
        value = step.get(name, supported[0])
        if value not in supported:
            known = ' or '.join(map(repr, dict.fromkeys(supported)))
            raise ValueError(
                f'the test pipeline has {kind}({name}={value!r}), which is '
                f'done by tools/test.py only: expected {name} to be {known}, '
                'else the scores would be others'
            )


def _refusal(step: Mapping[str, Any]) -> ValueError:
    shown = dict(step, type=type_name(step['type']))
    return ValueError(
        f'the test pipeline has the step {shown}; expected '
        'Resize(scale=...) and at most a CenterCrop after it'
    )
