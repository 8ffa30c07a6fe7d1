"""What the programs in tools/ do."""

from csgresnet_mm.stack import require_stack

require_stack()

# after the check, whose message names what to install
from csgresnet_mm.apis.predictor import ExpressionPredictor  # noqa: E402

__all__ = ['ExpressionPredictor']
