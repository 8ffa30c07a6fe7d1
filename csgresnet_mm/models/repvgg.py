"""RepVGG's deployment, which reads the weights of its convolutions itself.

It adds up the weights of its branches; those of a Gabor convolution are not
the kernels, and the sum would be wrong or of no shape that fits.
"""

import functools
from collections.abc import Callable
from typing import Any

from mmpretrain.models.backbones.repvgg import RepVGGBlock

from csgresnet_mm.layers import GConv


def _refuse_gconv(deploy: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(deploy)
    def checked(block: Any) -> None:
        if any(isinstance(module, GConv) for module in block.modules()):
            raise TypeError(
                'RepVGG with GConv cannot be deployed: switch_to_deploy adds '
                'up the weights of its branches, which are not the kernels '
                'of a Gabor convolution. Use it as trained, or a GResNet'
            )
        deploy(block)

    return checked


def register_refusal() -> None:
    """Let MMPretrain's RepVGG say so; again changes nothing."""
    deploy = RepVGGBlock.switch_to_deploy
    if not hasattr(deploy, '__wrapped__'):
        RepVGGBlock.switch_to_deploy = _refuse_gconv(deploy)
