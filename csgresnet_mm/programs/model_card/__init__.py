"""What a reader of a trained network must know; see tools/model_card.py."""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.programs.model_card.card import write_card  # noqa: E402

__all__ = ['write_card']
