"""The claims of the paper's text, each with what was measured.

A verdict follows from an interval and a threshold alone: see :func:`judge`.
What is measured is in ``claims_data`` (robustness), ``claims_field`` and
``claims_cost``.
"""

from csgresnet_mm.paper.claims_accuracy import (
    Rival,
    claim_gain,
    claim_robustness,
    claim_trade_off,
    retained,
)
from csgresnet_mm.paper.claims_cells import (
    claim_best_cell,
    claim_cells,
)
from csgresnet_mm.paper.claims_structure import (
    claim_parameters,
    claim_receptive_field,
    claim_shift_cost,
)
from csgresnet_mm.paper.claims_verdict import (
    CONFIRMED,
    CONTRADICTED,
    NOT_CONFIRMED,
    UNDECIDABLE,
    Claim,
    judge,
)

__all__ = [
    'CONFIRMED',
    'CONTRADICTED',
    'NOT_CONFIRMED',
    'UNDECIDABLE',
    'Claim',
    'Rival',
    'claim_best_cell',
    'claim_cells',
    'claim_gain',
    'claim_parameters',
    'claim_receptive_field',
    'claim_robustness',
    'claim_shift_cost',
    'claim_trade_off',
    'judge',
    'retained',
]
