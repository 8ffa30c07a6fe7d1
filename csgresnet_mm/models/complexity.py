"""The C++ operators in MMEngine's complexity counter.

MMEngine counts an operator that it does not know as 0, and has no public way
to teach it one: its two tables are private, and so is the function that traces
for them, in which alone our operators may show; tests watch over them. One
multiply-add is one FLOP there.
"""

import functools
from collections.abc import Callable
from typing import Any

from mmengine.analysis import complexity_analysis, jit_analysis
from mmengine.analysis.jit_handles import generic_activation_jit, get_shape

from csgresnet_mm.functional.flops import multiply_adds
from csgresnet_mm.functional.tracing import counting

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
        kind = f'csgresnet_mm::{name}'
        complexity_analysis._DEFAULT_SUPPORTED_FLOP_OPS[kind] = _counter(bank)
        complexity_analysis._DEFAULT_SUPPORTED_ACT_OPS[kind] = (
            generic_activation_jit('conv')
        )
    trace = jit_analysis._get_scoped_trace_graph
    if not hasattr(trace, '__wrapped__'):
        jit_analysis._get_scoped_trace_graph = _let_see(trace)
