"""The command line of tools/benchmark.py."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from csgresnet_mm.apis.arguments import refuse_below_one
from csgresnet_mm.apis.benchmark.environment import (
    describe,
    restart_with,
    wanted_environment,
)
from csgresnet_mm.apis.benchmark.report import write_report
from csgresnet_mm.apis.benchmark.results import Sample
from csgresnet_mm.apis.benchmark.run import run_section
from csgresnet_mm.apis.benchmark.sections import QUICK, SECTIONS, Sizes

ROUNDS = 15


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Measure GResNet against ResNet and MobileNetV3. All '
        'arms of a case run in turn in one process; medians and quartiles '
        'are written after each section.'
    )
    parser.add_argument(
        '--sections',
        nargs='+',
        choices=SECTIONS,
        default=list(SECTIONS),
        metavar='SECTION',
        help=f'any of {", ".join(SECTIONS)}; default: all',
    )
    parser.add_argument('--out', type=Path, default=Path('benchmark'))
    parser.add_argument(
        '--rounds', type=int, help=f'samples of an arm, default {ROUNDS}'
    )
    parser.add_argument('--threads', type=int, help="default: torch's")
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    parser.add_argument(
        '--quick',
        action='store_true',
        help='small images, nothing compiled, 3 rounds: to try the tool out',
    )
    parser.add_argument(
        '--stock-malloc',
        action='store_true',
        help="leave glibc's allocator at its defaults, for every arm",
    )
    parser.add_argument(
        '--avx2',
        action='store_true',
        help='use no instructions beyond AVX2, for every arm',
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the report.

    Args:
        arguments: Of the command line; None takes those of this process.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    refuse_below_one(parser, args, 'rounds', 'threads')
    restart_with(
        wanted_environment(
            os.environ, stock_malloc=args.stock_malloc, avx2=args.avx2
        )
    )
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    rounds = args.rounds or (3 if args.quick else ROUNDS)
    console = Console(stderr=True)
    facts = describe(args.device)
    for name, value in facts.items():
        console.print(f'{name}: {value}', markup=False, highlight=False)
    samples: list[Sample] = []
    with Progress(
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        auto_refresh=False,  # its thread would take time from what is timed
    ) as progress:
        for section in dict.fromkeys(args.sections):
            found = run_section(
                section,
                QUICK if args.quick else Sizes(),
                rounds=rounds,
                device=args.device,
                progress=progress,
            )
            if not found:
                progress.print(f'{section}: this machine cannot run it')
            samples += found
            write_report(args.out, facts, samples)
    print(f'Wrote {args.out / "report.md"}')
