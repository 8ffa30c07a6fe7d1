"""The command line of tools/check_dataset.py."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

from mmengine.config import DictAction
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

import csgresnet_mm
from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.apis.config_data.orders import references
from csgresnet_mm.apis.config_data.parts import (
    LOADERS,
    Part,
    one_line,
    open_parts,
)
from csgresnet_mm.apis.config_data.releases import identify
from csgresnet_mm.apis.config_data.settings import head_outputs, read_config
from csgresnet_mm.apis.contact_sheet import draw_sheet
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.cpus import available_cpus
from csgresnet_mm.datasets.cache.content_hashes import (
    hash_file,
    keep_content_hashes,
)
from csgresnet_mm.programs.audit.cards import read_rgb, suspicions
from csgresnet_mm.programs.audit.duplicates import (
    SplitMembership,
    find_duplicates,
    shared_groups,
)
from csgresnet_mm.programs.audit.findings import judge
from csgresnet_mm.programs.audit.pairs import MOST_DISTANCE, RADIUS
from csgresnet_mm.programs.audit.report import Audit, show, to_json
from csgresnet_mm.programs.audit.scan import Scan, scan

FIT, UNFIT, CANNOT_READ = 0, 1, 2
REPORT, SHEET = 'report.json', 'suspicious.png'
_REFRESH_S = 0.2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Check the data of a config: counts, names, unreadable '
        'images, duplicates, subjects in several splits, label order. '
        'Exit code: 0 the data are fit, 1 they are not, 2 they cannot be '
        'read.'
    )
    parser.add_argument('config', type=Path)
    parser.add_argument(
        '--split',
        nargs='+',
        choices=LOADERS,
        help='loaders of the config whose data are checked; default: all',
    )
    parser.add_argument(
        '--out',
        type=Path,
        help=f'folder for {REPORT} and {SHEET}; default: '
        'work_dirs/check_dataset/CONFIG',
    )
    parser.add_argument(
        '--workers',
        type=int,
        default=available_cpus(),
        help='processes that read images; 0: none but this (default: '
        '%(default)s)',
    )
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the data, print a summary and write the report.

    Args:
        arguments: Of the command line; None takes those of this process.

    Returns:
        The exit code.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.workers < 0:
        parser.error(f'--workers {args.workers}: expected 0 or more')
    if not args.config.is_file():
        parser.error(f'{args.config}: no such file; expected a config')
    out = args.out or Path('work_dirs', 'check_dataset', args.config.stem)
    # nothing of an earlier run stays beside what this one finds
    for name in (REPORT, SHEET):
        (out / name).unlink(missing_ok=True)
    start = time.perf_counter()
    try:
        config = read_config(args.config, args.cfg_options or {})
        parts = open_parts(config, args.split)
        images = _scan(parts, args.workers)
    except (OSError, ValueError, BrokenExecutor) as error:
        print(
            f'error: the data cannot be read: {one_line(error)}',
            file=sys.stderr,
        )
        return CANNOT_READ
    _keep_hashes(parts, images)
    audit = look_over(parts, images, head_outputs(config))
    facts = {
        'config': str(args.config),
        'version': csgresnet_mm.__version__,
        'seconds': round(time.perf_counter() - start, 2),
        'radius_bits': RADIUS,
        'most_distance': MOST_DISTANCE,
    }
    _write(audit, facts, out)
    return FIT if audit.fit else UNFIT


def look_over(
    parts: Sequence[Part], images: Scan, head: int | None = None
) -> Audit:
    """Judge what was seen.

    Args:
        parts: The data sets.
        images: Of all of them.
        head: Number of outputs of the network, if it is known.
    """
    membership = SplitMembership(parts, images)
    duplicates = find_duplicates(images, membership)
    groups = shared_groups(membership)
    known = references()
    releases = identify(parts, known)
    findings = judge(
        parts, images, membership, duplicates, groups, releases, known, head
    )
    return Audit(
        parts, images, membership, duplicates, groups, releases, findings
    )


def _scan(parts: Sequence[Part], workers: int) -> Scan:
    console = Console(stderr=True)
    with Progress(
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        auto_refresh=False,  # no thread may run while processes fork
    ) as progress:
        task = progress.add_task('images', total=sum(map(len, parts)))
        drawn = time.monotonic()

        def advance(count: int) -> None:
            nonlocal drawn
            now = time.monotonic()
            due = now - drawn > _REFRESH_S
            drawn = now if due else drawn
            progress.update(task, advance=count, refresh=due)

        return scan(parts, workers, advance)


def _keep_hashes(parts: Sequence[Part], images: Scan) -> None:
    """Keep what was read for the fingerprints of training runs."""
    for root in dict.fromkeys(part.root for part in parts):
        mine = [part for part in parts if part.root == root]
        found = {
            name: images.files[name]
            for part in mine
            for name in part.names
            if name in images.files
        }
        for source in set().union(*map(_sources, mine)):
            if os.path.isfile(source):
                found[source] = hash_file(source)
        keep_content_hashes(root, found)


def _sources(part: Part) -> set[str]:
    """The files whose rows are images."""
    return {
        name.rpartition('#')[0]
        for name, task in zip(part.names, part.tasks, strict=True)
        if not isinstance(task, FileTask)
    }


def _write(audit: Audit, facts: dict[str, object], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with atomic_write(out / REPORT, 0o644) as file:
        file.write(to_json(audit, facts).encode())
    show(audit, Console())
    print(f'Wrote {out / REPORT}')
    cards = suspicions(audit)
    if cards:
        heading = f'{facts["config"]}: {len(cards)} suspicions'
        picture = draw_sheet(
            cards, lambda image: read_rgb(audit, image), heading
        )
        with atomic_write(out / SHEET, 0o644) as file:
            file.write(picture)
        print(f'Wrote {out / SHEET}')
