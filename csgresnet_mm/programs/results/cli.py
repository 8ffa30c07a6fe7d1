"""The command line of tools/results.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.printable import to_bytes
from csgresnet_mm.program import command
from csgresnet_mm.programs.results.page import write_page
from csgresnet_mm.programs.results.plan import read_plan
from csgresnet_mm.programs.results.tallies import (
    make_tables,
    read_tables,
    write_tables,
)

TABLES, PAGE = Path('configs/results'), Path('configs/RESULTS.md')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Write the page of results from its tables; with --plan, '
        'first the tables from saved predictions.'
    )
    parser.add_argument(
        '--plan',
        type=Path,
        help='JSON that names runs, their predictions, pairs and audits',
    )
    parser.add_argument(
        '--tables',
        type=Path,
        default=TABLES,
        help='folder of the CSV files (default: %(default)s)',
    )
    parser.add_argument(
        '--out', type=Path, default=PAGE, help='default: %(default)s'
    )
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page, and with a plan its tables.

    Args:
        arguments: Default: those of the command line.
    """
    args = _parser().parse_args(arguments)
    if args.plan is not None:
        write_tables(make_tables(read_plan(args.plan)), args.tables)
    page = write_page(read_tables(args.tables))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(args.out, 0o644) as file:
        file.write(to_bytes(page))
    print(f'Wrote {args.out}')
