"""What the programs in tools/ do."""

from csgresnet_mm.stack import require_stack

require_stack()
