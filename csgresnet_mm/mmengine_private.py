"""All that we touch of MMEngine's private names, and why.

A new MMEngine is this file's work. What a subclass of ours inherits
(``BaseDataset._fully_initialized``, ``Runner._log_dir``) stays in that class.
The names are the same in MMEngine 0.10 and in the maintained fork. The stacks
are not imported: who calls has an object of theirs in hand.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any


def resumes(runner: Any) -> bool:
    """Whether a run goes on from a checkpoint; ``Runner`` names it nowhere."""
    return bool(runner._resume)


def start_anew(runner: Any) -> None:
    """Let a run that would resume begin with its first step."""
    runner._resume = False


def checkpoint_of(runner: Any) -> str | None:
    """The checkpoint that a run starts from; None where it has none yet."""
    found: str | None = runner._load_from
    return found


def start_from(runner: Any, checkpoint: str) -> None:
    """Name the checkpoint that a run starts from, before it loads it."""
    runner._load_from = checkpoint


def mark_loaded(runner: Any) -> None:
    """Keep weights that were put in by hand: ``test`` would load others."""
    runner._has_loaded = True


def loops(runner: Any) -> dict[str, Any]:
    """Split to loop, or to its config while it is not built.

    ``runner.train_loop`` would build the training data set in a test.
    """
    return {
        'train': runner._train_loop,
        'val': runner._val_loop,
        'test': runner._test_loop,
    }


def seeds_differ_by_rank(runner: Any) -> bool:
    """Whether each process adds its rank to the seed; ``seed`` is the sum."""
    return bool(runner._randomness_cfg.get('diff_rank_seed', False))


def accumulative_counts(wrapper: Any) -> int:
    """Batches whose gradients an OptimWrapper adds up for one step."""
    counts: int = wrapper._accumulative_counts
    return counts


def count_skipped_batch(wrapper: Any) -> None:
    """Tell an OptimWrapper of a batch that it does not get to see."""
    wrapper._inner_count += 1


def save_with_step(hook: Any, runner: Any, step: int, meta: Any) -> None:
    """Let a CheckpointHook write its file again, under the same name."""
    hook._save_checkpoint_with_step(runner, step, meta=meta)


def update_val_interval(loop: Any) -> None:
    """Set ``val_interval`` to that of the epoch, by ``dynamic_intervals``."""
    loop._decide_current_val_interval()


def mark_initialized(dataset: Any) -> None:
    """Call an empty data set read; ``full_init`` refuses one."""
    dataset._fully_initialized = True


def replace_readers(
    module: Any, load_part: Callable[..., Any], load: Callable[..., Any]
) -> None:
    """Put ours in the place of readers of checkpoints.

    Args:
        module: ``mmengine.runner.checkpoint``.
        load_part: Of the weights under a prefix (``init_cfg`` with one).
        load: Of a file; the forks have a function that may fall back to
            pickle.
    """
    module._load_checkpoint_with_prefix = load_part
    if hasattr(module, '_safe_torch_load'):
        module._safe_torch_load = load


def teach_counter(
    module: Any,
    operator: str,
    flops: Callable[..., Any],
    activations: Callable[..., Any],
) -> None:
    """Let the complexity counter know an operator; it counts others as 0.

    Args:
        module: ``mmengine.analysis.complexity_analysis``.
        operator: Its name in a traced graph.
        flops: Of inputs and outputs.
        activations: The same.
    """
    module._DEFAULT_SUPPORTED_FLOP_OPS[operator] = flops
    module._DEFAULT_SUPPORTED_ACT_OPS[operator] = activations


def wrap_tracer(module: Any, wrap: Callable[..., Any]) -> None:
    """Wrap the function that traces for the counter, once.

    Args:
        module: ``mmengine.analysis.jit_analysis``.
        wrap: Takes the function and gives one with ``__wrapped__``.
    """
    trace = module._get_scoped_trace_graph
    if not hasattr(trace, '__wrapped__'):
        module._get_scoped_trace_graph = wrap(trace)


def loggers() -> list[logging.Logger]:
    """All of MMEngine's loggers; it has no list of them."""
    logs = sys.modules.get('mmengine.logging')
    if logs is None:
        return []
    return list(logs.MMLogger._instance_dict.values())
