"""The data sets of a config: opened, and which release they seem to be."""

from csgresnet_mm.stack import require_stack

require_stack()
