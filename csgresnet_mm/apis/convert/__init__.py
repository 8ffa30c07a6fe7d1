"""Checkpoints into other forms; see tools/convert.py."""

from csgresnet_mm.apis.convert.plain import to_plain
from csgresnet_mm.apis.convert.release import convert_release

__all__ = ['convert_release', 'to_plain']
