"""MMPretrain's analysis tools, started from where they were installed."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import mmcv
from matplotlib import _tight_bbox

from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.mmpretrain_tools import find_tool

FOLDERS = (
    'analysis_tools',
    'visualization',
    'misc',
    'dataset_converters',
    'model_converters',
    'torchserve',
)
"""Below MMPretrain's ``tools/``, in the order of their worth here."""


def find_tools() -> dict[str, Path]:
    """Name to script of each tool that this MMPretrain has.

    Both stacks have the same folders, not the same files. ``train.py``,
    ``test.py`` and others that lie beside the folders are not among them.
    """
    root = find_tool('train.py').parent
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).glob('*.py')):
            if '__main__' in path.read_text('utf-8'):  # else a tool's part
                found.setdefault(path.stem, path)
    return found


def run(path: Path, arguments: Sequence[str]) -> None:
    """Run a tool in this process, as if it had been started by its path.

    Checkpoints are read as data by :mod:`csgresnet_mm.engine.safe_loading`;
    where a tool calls ``torch.load`` itself, what an MMEngine checkpoint
    holds is allowed and nothing else.

    Args:
        path: Of the script.
        arguments: Its own.
    """
    safe_loading.install()
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))  # some import their neighbours
    with safe_loading.allow_list(), _bridges():
        runpy.run_path(str(path), run_name='__main__')


@contextmanager
def _bridges() -> Iterator[None]:
    """What MMPretrain's tools need today, while one of them runs.

    browse_dataset.py calls Matplotlib's adjust_bbox without the renderer that
    it asks for since 3.11, and names pictures by ``img_path``, which for a
    row of a CSV has no suffix of an image.
    """
    adjust, write = _tight_bbox.adjust_bbox, mmcv.imwrite

    def adjust_bbox(
        fig: Any, bbox_inches: Any, renderer: Any = None, *args: Any
    ) -> Any:
        return adjust(fig, bbox_inches, renderer, *args)

    def imwrite(img: Any, file_path: str, *args: Any, **kwargs: Any) -> bool:
        if not cv2.haveImageWriter(str(file_path)):
            file_path = f'{file_path}.png'
        return write(img, file_path, *args, **kwargs)

    _tight_bbox.adjust_bbox, mmcv.imwrite = adjust_bbox, imwrite
    try:
        yield
    finally:
        _tight_bbox.adjust_bbox, mmcv.imwrite = adjust, write


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: see ``analyse.py --help``."""
    tools = find_tools()
    parser = argparse.ArgumentParser(
        description="Start one of MMPretrain's tools with its own options.",
        epilog='\n'.join(
            f'{folder}: '
            + ', '.join(
                name
                for name, path in tools.items()
                if path.parent.name == folder
            )
            for folder in FOLDERS
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('name', help='of the tool, see below')
    parser.add_argument(
        'arguments', nargs=argparse.REMAINDER, help="the tool's own"
    )
    args = parser.parse_args(arguments)
    if args.name not in tools:
        parser.error(
            f'MMPretrain has no tool {args.name!r}; expected one of '
            f'{", ".join(tools)}'
        )
    run(tools[args.name], args.arguments)
