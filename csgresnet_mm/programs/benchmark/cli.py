"""The command line of tools/benchmark.py."""

import argparse
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from csgresnet_mm.apis.arguments import refuse_below_one
from csgresnet_mm.programs.benchmark import cuda
from csgresnet_mm.programs.benchmark.cases import QUICK, BenchmarkSizes, Case
from csgresnet_mm.programs.benchmark.environment import (
    describe,
    restart_with,
    wanted_environment,
)
from csgresnet_mm.programs.benchmark.report import write_report
from csgresnet_mm.programs.benchmark.results import Sample
from csgresnet_mm.programs.benchmark.run import run_section
from csgresnet_mm.programs.benchmark.sections import SECTIONS

ROUNDS = 15
CUDA_ROUNDS = 7


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Measure GResNet against ResNet and MobileNetV3. All '
        'arms of a case run in turn in one process; medians and quartiles '
        'are written after each section.'
    )
    parser.add_argument(
        '--sections',
        nargs='+',
        choices=[*SECTIONS, *(set(cuda.SECTIONS) - set(SECTIONS))],
        metavar='SECTION',
        help=f'any of {", ".join(SECTIONS)}; with --device cuda of '
        f'{", ".join(cuda.SECTIONS)}; default: all',
    )
    parser.add_argument('--out', type=Path, default=Path('benchmark'))
    parser.add_argument(
        '--rounds',
        type=int,
        help=f'samples of an arm, default {ROUNDS}, '
        f'with --device cuda {CUDA_ROUNDS}',
    )
    parser.add_argument('--threads', type=int, help="default: torch's")
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='the cases of --device cuda on the CPU, quick: no figure counts',
    )
    parser.add_argument(
        '--minutes', type=float, help='start no case after so long'
    )
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
    _check(parser, args)
    restart_with(
        wanted_environment(
            os.environ, stock_malloc=args.stock_malloc, avx2=args.avx2
        )
    )
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    _measure(args)


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    refuse_below_one(parser, args, 'rounds', 'threads')
    if args.minutes is not None and not args.minutes > 0:
        parser.error(f'--minutes {args.minutes:g}: expected more than 0')
    args.quick |= args.dry_run
    if args.dry_run:
        args.device, args.known = 'cpu', cuda.SECTIONS
    elif args.device == 'cuda':
        args.known = cuda.SECTIONS
        if not torch.cuda.is_available():
            parser.error('--device cuda: torch sees no GPU here')
    else:
        args.known = SECTIONS
    args.sections = list(dict.fromkeys(args.sections or args.known))
    for section in args.sections:
        if section not in args.known:
            parser.error(
                f'--sections {section}: expected any of '
                f'{", ".join(args.known)} with these options'
            )


def _sizes(args: argparse.Namespace) -> tuple[BenchmarkSizes, int]:
    """What to measure, and in how many rounds."""
    if args.quick:
        return QUICK, args.rounds or (1 if args.dry_run else 3)
    if args.device == 'cuda':
        return cuda.SIZES, args.rounds or CUDA_ROUNDS
    return BenchmarkSizes(), args.rounds or ROUNDS


def _measure(args: argparse.Namespace) -> None:
    deadline = time.monotonic() + 60 * (args.minutes or math.inf)
    console = Console(stderr=True)
    facts = describe(args.device)
    for name, value in facts.items():
        console.print(f'{name}: {value}', markup=False, highlight=False)
    sizes, rounds = _sizes(args)
    samples: list[Sample] = []
    seen: list[Case] = []
    with Progress(
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        auto_refresh=False,  # its thread would take time from what is timed
    ) as progress:
        for section in args.sections:
            cases = list(args.known[section](sizes, args.device))
            if not cases:
                progress.print(f'{section}: this machine cannot run it')
            samples += run_section(
                section,
                cases,
                sizes,
                rounds=rounds,
                device=args.device,
                progress=progress,
                deadline=deadline,
            )
            seen += cases
            write_report(args.out, facts, samples, args.known, seen)
    print(f'Wrote {args.out / "report.md"}')
