"""How fast ONNX Runtime runs the forms, beside torch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from csgresnet_mm.apis.measuring.timing import medians
from csgresnet_mm.apis.onnx_files import open_session, run_session
from csgresnet_mm.apis.trained import Trained, fixed_input
from csgresnet_mm.layers import GConv, set_execution
from csgresnet_mm.programs.onnx_export.export import (
    Options,
    images_for,
    to_onnx,
)
from csgresnet_mm.programs.onnx_export.exported_network import FORMS
from csgresnet_mm.text_tables import markdown_table

BATCHES = (1, 8, 64)
ROUNDS = 15
LEAST_MS = 50.0


@dataclass(frozen=True)
class Timing:
    """One row of the table.

    Args:
        batch: Images of a call.
        name: What ran.
        milliseconds: Of one call, the median.
        ratio: Of the milliseconds to those of dense ONNX.
    """

    batch: int
    name: str
    milliseconds: float
    ratio: float


def time_forms(
    trained: Trained,
    int8: Path | None = None,
    options: Options | None = None,
    *,
    batches: Sequence[int] = BATCHES,
    rounds: int = ROUNDS,
    least_ms: float = LEAST_MS,
) -> list[Timing]:
    """Time both forms in ONNX Runtime, and torch deployed, in turn.

    All run on the CPU with ``torch.get_num_threads()`` threads, in an order
    that is drawn anew each round.

    Args:
        trained: The network.
        int8: A quantised file of it; None has none.
        options: Of its export; None: the default.
        batches: Numbers of images of a call.
        rounds: Samples of each; the median counts.
        least_ms: How long one sample takes at least.

    Raises:
        ImportError: A package of the extra [onnx] is missing.
    """
    gabor = any(isinstance(m, GConv) for m in trained.model.modules())
    threads = torch.get_num_threads()
    sessions = {
        f'onnx {form}': open_session(to_onnx(trained, Options(form)), threads)
        for form in (FORMS if gabor else FORMS[:1])
    }
    if int8 is not None:
        quantised = open_session(int8, threads)
    model = copy.deepcopy(trained.model)
    set_execution(model, 'auto')
    if hasattr(model.backbone, 'switch_to_deploy'):
        model.backbone.switch_to_deploy()
    rows = []
    for batch in batches:
        images = images_for(trained, Options(), batch).numpy()
        steps: dict[str, Callable[[], object]] = {
            name: partial(run_session, session, images)
            for name, session in sessions.items()
        }
        if int8 is not None:
            given = images_for(trained, options or Options(), batch).numpy()
            steps['onnx int8'] = partial(run_session, quantised, given)
        x = fixed_input(trained.info, batch)
        steps['torch deployed'] = partial(model, x, mode='tensor')
        rows += _time(steps, batch, rounds, least_ms)
    return rows


def _time(
    steps: Mapping[str, Callable[[], object]],
    batch: int,
    rounds: int,
    least_ms: float,
) -> list[Timing]:
    with torch.inference_mode():
        found = medians(steps, rounds, least_ms, 'cpu')
    return [
        Timing(batch, name, value, value / found['onnx dense'])
        for name, value in found.items()
    ]


def table(rows: Sequence[Timing]) -> str:
    """As Markdown."""
    return markdown_table(
        ('Images', 'Form', 'ms', 'to ONNX dense'),
        (
            (r.batch, r.name, f'{r.milliseconds:.2f}', f'{r.ratio:.2f}')
            for r in rows
        ),
    )
