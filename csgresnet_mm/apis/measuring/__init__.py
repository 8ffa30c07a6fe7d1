"""Networks and steps to measure, their time and their memory."""

from csgresnet_mm.stack import require_stack

require_stack()
