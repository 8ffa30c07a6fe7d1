"""What tools/benchmark.py measures and how; start at ``cli``."""

from csgresnet_mm.stack import require_stack

require_stack()
