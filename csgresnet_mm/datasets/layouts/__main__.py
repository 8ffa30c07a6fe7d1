"""Writes one layout: ``python -m csgresnet_mm.datasets.layouts``."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from csgresnet_mm.datasets import layouts

Writer = Callable[[Path, int, int], list[tuple[str, str, int]]]


def find_writers() -> dict[str, Mapping[str, Writer]]:
    """Data set to its writers, by the name of the layout."""
    names = [
        info.name
        for info in pkgutil.iter_modules(layouts.__path__)
        if not info.name.startswith('_')
    ]
    return {
        name: importlib.import_module(f'{layouts.__name__}.{name}').WRITERS
        for name in names
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the layout that the command line names."""
    writers = find_writers()
    known = '\n'.join(
        f'  {name}: {", ".join(own)}' for name, own in writers.items()
    )
    parser = argparse.ArgumentParser(
        'python -m csgresnet_mm.datasets.layouts',
        description='List the layouts that are read, or write one with '
        'generated images.',
        epilog=f'layouts:\n{known}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('dataset', nargs='?', choices=sorted(writers))
    parser.add_argument('layout', nargs='?')
    parser.add_argument(
        'out', nargs='?', type=Path, help='made, or an empty folder'
    )
    parser.add_argument('--images', type=int, default=3, help='of each class')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(arguments)
    if args.dataset is None:
        print(f'layouts:\n{known}')
        return
    own = writers[args.dataset]
    if args.layout is None or args.out is None:
        parser.error(
            f'expected {args.dataset} LAYOUT OUT; layouts: {", ".join(own)}'
        )
    if args.layout not in own:
        parser.error(
            f'{args.dataset} has no layout {args.layout!r}, expected one of '
            f'{", ".join(own)}'
        )
    if args.out.exists() and any(args.out.iterdir()):
        parser.error(f'{args.out} is not empty')
    found = own[args.layout](args.out, args.images, args.seed)
    print(f'{len(found)} images in {args.out}')


if __name__ == '__main__':
    main()
