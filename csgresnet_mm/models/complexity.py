"""The C++ operators in MMEngine's complexity counter.

MMEngine counts an operator that it does not know as 0, and has no public way
to teach it one; in the function that traces for it alone our operators may
show. One multiply-add is one FLOP there.
"""

import functools
from collections.abc import Callable
from typing import Any

from mmengine.analysis import complexity_analysis, jit_analysis
from mmengine.analysis.jit_handles import generic_activation_jit, get_shape

from csgresnet_mm.functional.flops import multiply_adds
from csgresnet_mm.functional.tracing import counting
from csgresnet_mm.mmengine_private import teach_counter, wrap_tracer

BANK_ARGUMENT = {'gabor_conv2d': 2, 'gabor_conv2d_fused': 3}
"""Operator -> which argument is the bank; x and the weight come first."""


def _counter(bank: int) -> Callable[[list[Any], list[Any]], int]:
    def count(inputs: list[Any], outputs: list[Any]) -> int:
        x, weight = get_shape(inputs[0]), get_shape(inputs[1])
        return multiply_adds(
            x, weight, get_shape(inputs[bank]), get_shape(outputs[0])
        )

    return count


def _let_see(trace: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(trace)
    def traced(*args: Any) -> Any:
        with counting():
            return trace(*args)

    return traced


def register_complexity() -> None:
    """Teach MMEngine's counter the operators; again changes nothing."""
    for name, bank in BANK_ARGUMENT.items():
        teach_counter(
            complexity_analysis,
            f'csgresnet_mm::{name}',
            _counter(bank),
            generic_activation_jit('conv'),
        )
    wrap_tracer(jit_analysis, _let_see)
