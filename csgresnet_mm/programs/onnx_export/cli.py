"""The command line of tools/export_onnx.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from csgresnet_mm.apis.arguments import refuse_below_one
from csgresnet_mm.apis.onnx_files import INPUT_TYPES
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.program import command
from csgresnet_mm.programs.onnx_export.export import Options, export_onnx
from csgresnet_mm.programs.onnx_export.exported_network import FORMS
from csgresnet_mm.programs.onnx_export.quantise import (
    CALIBRATION_IMAGES,
    check_data,
    check_form,
    quantise,
)
from csgresnet_mm.programs.onnx_export.speed import ROUNDS, table, time_forms


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Write a trained network as one ONNX file. It appears '
        'only if ONNX Runtime computes what torch does.'
    )
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument(
        'out',
        type=Path,
        nargs='?',
        help='default: the checkpoint with the suffix .onnx',
    )
    parser.add_argument(
        '--form',
        choices=FORMS,
        default=FORMS[0],
        help='factorised: a quarter of the multiplications and of the file',
    )
    parser.add_argument(
        '--with-normalisation',
        nargs='?',
        choices=INPUT_TYPES,
        const=INPUT_TYPES[0],
        metavar='|'.join(INPUT_TYPES),
        help='the file takes RGB (or grey) pixels 0..255 of this type, '
        f'{INPUT_TYPES[0]} unless given; else images normalised already',
    )
    parser.add_argument(
        '--logits', action='store_true', help='no softmax at the end'
    )
    parser.add_argument(
        '--int8',
        nargs='?',
        type=int,
        const=CALIBRATION_IMAGES,
        metavar='IMAGES',
        help='also write OUT.int8.onnx, quantised by this many images of the '
        f'train split ({CALIBRATION_IMAGES}), and test both files',
    )
    parser.add_argument(
        '--time',
        action='store_true',
        help='also time both forms and torch; keep the machine quiet',
    )
    parser.add_argument('--rounds', type=int, default=ROUNDS)
    parser.add_argument('--threads', type=int, help="default: torch's")
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help='in the order of the outputs, for a checkpoint that names none',
    )
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Export one network.

    Args:
        arguments: Of the command line; None takes those of this process.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    refuse_below_one(parser, args, 'rounds', 'threads', 'int8')
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    if args.out is None:
        args.out = args.checkpoint.with_suffix('.onnx')
    if not args.out.parent.is_dir():
        parser.error(f'{args.out.parent}: no such folder')
    _run(args)


def _run(args: argparse.Namespace) -> None:
    options = Options(
        args.form,
        normalisation=args.with_normalisation is not None,
        input_type=args.with_normalisation or 'float32',
        logits=args.logits,
    )
    if args.int8 is not None:  # before anything is written
        check_form(options)
    trained = load_trained(args.config, args.checkpoint, args.classes)
    if args.int8 is not None:
        check_data(trained)
    error = export_onnx(trained, args.out, options)
    print(
        f'Wrote {args.out}: classes {", ".join(trained.info.classes)}; '
        f'differs from torch by {error:.1e} in probability on 64 images'
    )
    if trained.info.synthetic:
        print('Trained on drawn faces: synthetic, not for real photos')
    int8 = None
    if args.int8 is not None:
        int8 = args.out.with_suffix('.int8.onnx')
        cost = quantise(trained, args.out, int8, options, args.int8)
        print(
            f'Wrote {int8}: calibrated on {cost.calibrated} images of train; '
            f'accuracy on {cost.images} images of test {cost.before:.2f} % '
            f'before, {cost.after:.2f} % after, '
            f'{cost.after - cost.before:+.2f} points'
        )
    if args.time or int8 is not None:
        rows = time_forms(trained, int8, options, rounds=args.rounds)
        print(table(rows))
