"""Checkpoints into other forms; see tools/convert.py."""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.programs.convert.plain import to_plain  # noqa: E402
from csgresnet_mm.programs.convert.release import convert_release  # noqa: E402

__all__ = ['convert_release', 'to_plain']
