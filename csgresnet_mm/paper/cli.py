"""The command line of tools/reproduce.py."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from csgresnet_mm.apis.arguments import refuse_below_one
from csgresnet_mm.cpus import available_cpus
from csgresnet_mm.paper.execute import Executor, Outcome
from csgresnet_mm.paper.launch import (
    LAUNCHERS,
    Launch,
    sole_user,
)
from csgresnet_mm.paper.plan import ITEMS, Sizes, plan
from csgresnet_mm.paper.planned import describe_plan
from csgresnet_mm.paper.report import STAMP, Report
from csgresnet_mm.paper.results import Results
from csgresnet_mm.program import command

DONE, INCOMPLETE = 0, 1
"""Exit codes: all there; runs failed or data missing."""
DEMO_SEEDS, SEEDS = 3, 5


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Train what tables and figures of the paper need, and '
        'write them with its numbers beside ours. Finished trainings stay: '
        'the same command goes on where it was stopped.'
    )
    parser.add_argument(
        'items', nargs='+', choices=[*ITEMS, 'all'], metavar='ITEM',
        help=f'any of {", ".join(ITEMS)}; all',
    )  # fmt: skip
    parser.add_argument('--seeds', type=int, help=f'default: {SEEDS}')
    parser.add_argument(
        '--demo',
        action='store_true',
        help=f'on small synthetic faces ({STAMP}), {DEMO_SEEDS} seeds',
    )
    parser.add_argument(
        '--no-pretraining',
        action='store_true',
        help='train from scratch, not from AffectNet as the paper does',
    )
    parser.add_argument(
        '--work-dir', type=Path, help='default: work_dirs/reproduce[-demo]'
    )
    parser.add_argument(
        '--jobs',
        type=int,
        help='trainings at once; default: one, with --demo one a core',
    )
    parser.add_argument('--launcher', choices=LAUNCHERS, default='none')
    parser.add_argument(
        '--gpus', type=int, default=1, help='processes of one training'
    )
    parser.add_argument(
        '--plan',
        action='store_true',
        help='print how many trainings there are, and the hours; then stop',
    )
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Train and report.

    Args:
        arguments: Of the command line; None takes those of this process.

    Returns:
        The exit code.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    refuse_below_one(parser, args, 'seeds', 'jobs', 'gpus')
    if args.launcher == 'none' and args.gpus > 1:
        parser.error('--gpus needs --launcher pytorch or slurm')
    items = list(ITEMS) if 'all' in args.items else args.items
    name = 'reproduce-demo' if args.demo else 'reproduce'
    work = (args.work_dir or Path('work_dirs', name)).absolute()
    sizes = make_sizes(args.demo, args.seeds, not args.no_pretraining, work)
    if args.plan:
        print(describe_plan(plan(items, sizes), sizes))
        return DONE
    launch = make_launch(args.jobs, args.launcher, args.gpus, args.demo)
    code = reproduce(items, sizes, launch, work)
    if 'all' not in args.items:
        for item in items:
            table = work / 'report' / f'{item}.md'
            if table.is_file():
                print(table.read_text(encoding='utf-8'))
    return code


def make_sizes(
    demo: bool, seeds: int | None, pretrain: bool, work: Path
) -> Sizes:
    """How much is trained, from the options."""
    if not demo:
        number = seeds or SEEDS
        return Sizes(number, pretrain=pretrain, ablation_seeds=number)
    return Sizes(
        seeds or DEMO_SEEDS,
        demo=True,
        pretrain=False,
        ablation_seeds=1,
        divisors=(16,),
        faces=str(work / 'faces'),
    )


def make_launch(
    jobs: int | None, launcher: str, gpus: int, demo: bool
) -> Launch:
    """How runs are started: on the CPU jobs share the cores evenly."""
    cores = available_cpus()
    chosen = jobs or (cores if demo else 1)
    # the number of threads changes the last bits: a demo has always one
    threads = 0
    if demo:
        threads = 1
    elif not torch.cuda.is_available() and chosen * gpus > 1:
        threads = max(cores // (chosen * gpus), 1)
    return Launch(chosen, launcher, gpus, threads)


def reproduce(
    items: Sequence[str], sizes: Sizes, launch: Launch, work: Path
) -> int:
    """Train and report; see :func:`main`.

    Args:
        items: Of :data:`~.plan.ITEMS`.
        sizes: How much is trained.
        launch: How runs are started.
        work: The folder.

    Raises:
        FolderInUseError: Another process works on the folder.
    """
    console = Console(stderr=True)
    with sole_user(work):
        runs = plan(items, sizes)
        executor = Executor(work, sizes, launch, console)
        outcome = executor.execute(runs)
        missing = describe_missing(items, sizes, outcome)
        done = [run for run in runs if run in set(outcome.done)]
        report = Report(Results(done, work), sizes, work / 'report')
        report.write(items, missing)
    for line in missing:
        print(line, file=sys.stderr)
    print(f'Wrote {work / "report" / "report.md"}')
    return DONE if outcome.complete else INCOMPLETE


def describe_missing(
    items: Sequence[str], sizes: Sizes, outcome: Outcome
) -> list[str]:
    """What did not run, why, and which items lack it."""
    reasons: dict[str, list[str]] = {}
    for run, reason in outcome.blocked.items():
        reasons.setdefault(reason, []).append(run.id)
    lines = []
    for reason, names in reasons.items():
        blocked = [
            item
            for item in items
            if any(run.id in set(names) for run in plan([item], sizes))
        ]
        lines.append(
            f'{reason}; blocks {len(names)} trainings of {", ".join(blocked)}'
        )
    lines += [f'{run.id} failed: {log}' for run, log in outcome.failed.items()]
    return lines
