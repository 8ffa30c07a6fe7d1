"""Backbones."""

from csgresnet_mm.models.backbones.csresnet import CSResNet
from csgresnet_mm.models.backbones.gresnet import GResNet

__all__ = ['CSResNet', 'GResNet']
