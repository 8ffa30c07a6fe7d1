"""What a reader of a trained network must know; see tools/model_card.py."""

from csgresnet_mm.apis.model_card.card import write_card

__all__ = ['write_card']
