"""Any backbone with Gabor convolutions, from a config."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.logging import print_log
from mmengine.registry import MODELS as ROOT_MODELS
from mmpretrain.registry import MODELS
from torch import nn

from csgresnet_mm.layers import convert_to_gconv, insert_channel_shift


def build_converted(
    backbone: Mapping[str, Any],
    where: str | Mapping[str, Any] | None = 'spatial',
    *,
    channel_shift: str
    | Sequence[str]
    | Mapping[str, Mapping[str, Any]]
    | None = None,
    **kwargs: Any,
) -> nn.Module:
    """Build a backbone and put Gabor convolutions into it.

    It is registered as ``type='Converted'``. What is built is the backbone
    itself, not something around it: names, ``out_indices`` and all else are
    its own. The report is logged.

    Weights of ``init_cfg`` are loaded after the conversion, so a checkpoint
    of the plain backbone does not fit.

    Args:
        backbone: Config of the backbone.
        where: As of :func:`csgresnet_mm.layers.convert_to_gconv`; None
            converts nothing.
        channel_shift: Where channel shifts go, as of
            :func:`csgresnet_mm.layers.insert_channel_shift`.
        kwargs: Further arguments of ``convert_to_gconv``.

    Returns:
        The backbone.

    Raises:
        ValueError: As of the two functions.

    Example:
        ``dict(type='Converted', backbone=dict(type='VGG', depth=11))`` in a
        config is a VGG with Gabor convolutions.
    """
    net = MODELS.build(backbone)
    if where is not None:
        report = convert_to_gconv(net, where, **kwargs)
        print_log(f'{type(net).__name__}: {report}', logger='current')
    elif kwargs:
        raise ValueError(f'where=None converts nothing, found {kwargs}')
    if channel_shift is not None:
        insert_channel_shift(net, channel_shift)
    return net


for _registry in (ROOT_MODELS, MODELS):
    _registry.register_module(name='Converted', module=build_converted)
