"""One page about a trained network on one split.

What ``tools/evaluate.py`` does: it puts together what the package measures
and draws, and measures nothing by itself.
"""

from csgresnet_mm.stack import require_stack

require_stack()
