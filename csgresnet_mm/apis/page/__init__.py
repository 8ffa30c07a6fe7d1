"""A page in the browser: a photograph in, expressions out."""

from csgresnet_mm.stack import require_stack

require_stack()
