"""The command line of tools/model_card.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from csgresnet_mm.program import command
from csgresnet_mm.programs.model_card.card import write_card


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Write one card.

    Args:
        arguments: Of the command line; None takes those of this process.
    """
    parser = argparse.ArgumentParser(
        description='Write the model card of a run. Its config is code, and '
        'trusted; its checkpoint is read as data. Predictions on test that '
        'the folder holds (*.npz) are used, else the network is tested.'
    )
    parser.add_argument(
        'work_dir', type=Path, help='of tools/train.py or tools/reproduce.py'
    )
    parser.add_argument(
        '--out', type=Path, help='default: MODEL_CARD.md in the folder'
    )
    parser.add_argument('--checkpoint', type=Path, help='default: the last')
    args = parser.parse_args(arguments)
    if args.out is not None and not args.out.parent.is_dir():
        parser.error(f'{args.out.parent}: no such folder')
    path = write_card(args.work_dir, args.out, args.checkpoint)
    print(f'Wrote {path}')
