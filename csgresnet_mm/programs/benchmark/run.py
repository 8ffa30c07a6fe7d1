"""Measuring one case after the other."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from rich.progress import Progress

from csgresnet_mm.apis.measuring.memory import peak_of_step
from csgresnet_mm.apis.measuring.steps import NetworkArm
from csgresnet_mm.apis.measuring.timing import interleave
from csgresnet_mm.programs.benchmark.cases import Arm, BenchmarkSizes, Case
from csgresnet_mm.programs.benchmark.neighbours import beside
from csgresnet_mm.programs.benchmark.results import Sample

Measurement = tuple[Arm, int, float]


def run_section(
    section: str,
    cases: Sequence[Case],
    sizes: BenchmarkSizes,
    *,
    rounds: int,
    device: str,
    progress: Progress,
    deadline: float = math.inf,
) -> list[Sample]:
    """Measure all cases of a section.

    Args:
        section: Its name.
        cases: Its cases.
        sizes: What to measure.
        rounds: How many samples of each arm; those of memory are ``sizes``'s.
        device: ``'cpu'`` or ``'cuda'``.
        progress: Where to show how far it is.
        deadline: By ``time.monotonic``; no case starts after it.

    Returns:
        The samples, sorted by case, arm and round.
    """
    of_memory = section == 'memory'
    # building, with compilation, counts as one round
    steps = sizes.memory_rounds if of_memory else rounds + 1
    total = sum(len(case.arms) for case in cases) * steps
    task = progress.add_task(section, total=total)
    samples: list[Sample] = []
    for case in cases:
        if time.monotonic() > deadline:
            progress.print(f'{section}: no time from {case.name!r} on')
            break
        name = f'{section}: {case.name}'
        progress.update(task, description=name)
        if not progress.console.is_terminal:  # shows no bar until the end
            progress.console.print(name, markup=False, highlight=False)

        def advance() -> None:
            progress.advance(task)
            progress.refresh()

        if of_memory:
            measured = _measure_memory(case, steps, device, advance)
        else:
            measured = _measure_time(case, sizes, rounds, device, advance)
        unit = 'MiB' if of_memory else 'ms'
        with float32_precision(case.precision):
            samples += _as_samples(section, case, list(measured), unit)
    progress.update(task, description=section)
    return samples


@contextmanager
def float32_precision(precision: str | None) -> Iterator[None]:
    """Set torch's switches for TF32, for a while.

    Args:
        precision: ``'fp32'`` or ``'tf32'``; another one, or None, leaves them.
    """
    wanted = {'fp32': 'ieee', 'tf32': 'tf32'}.get(precision or '')
    switches = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)
    before = [switch.fp32_precision for switch in switches]
    if wanted is not None:
        for switch in switches:
            switch.fp32_precision = wanted
    try:
        yield
    finally:
        if wanted is not None:
            for switch, value in zip(switches, before, strict=True):
                switch.fp32_precision = value


def _as_samples(
    section: str, case: Case, measured: list[Measurement], unit: str
) -> Iterator[Sample]:
    """Sort what was measured in turn by arm."""
    order = {arm: index for index, arm in enumerate(case.arms)}
    measured.sort(key=lambda m: (order[m[0]], m[1]))
    for arm, number, value in measured:
        yield Sample(
            section,
            case.name,
            arm.role,
            arm.model_name,
            arm.form_name,
            number,
            value,
            unit,
        )


def _measure_memory(
    case: Case, rounds: int, device: str, advance: Callable[[], None]
) -> Iterator[Measurement]:
    for number in range(rounds):
        for arm in case.arms:
            if isinstance(arm, NetworkArm):
                yield arm, number, peak_of_step(arm, device)
            advance()


def _measure_time(
    case: Case,
    sizes: BenchmarkSizes,
    rounds: int,
    device: str,
    advance: Callable[[], None],
) -> Iterator[Measurement]:
    torch.compiler.reset()  # what earlier cases compiled
    steps = {}
    for arm in case.arms:
        steps[arm] = arm.build(device)
        advance()
    with beside(case.neighbours):
        for measurement in interleave(steps, rounds, sizes.least_ms, device):
            yield measurement
            advance()
