"""The command line of tools/convert.py."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from csgresnet_mm.apis.safetensors_model import save_safetensors_model
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.program import command
from csgresnet_mm.programs.convert.plain import to_plain, write_plain
from csgresnet_mm.programs.convert.release import convert_release


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Bring a checkpoint into another form. Checkpoints are '
        'read as data; configs are code, and trusted.'
    )
    commands = parser.add_subparsers(dest='command', required=True)
    release = commands.add_parser(
        'release', help="the CS-GResNet authors' checkpoint into ours"
    )
    release.set_defaults(run=_release)
    release.add_argument('checkpoint', type=Path)
    release.add_argument('out', type=Path, help='a .pth file')
    plain = commands.add_parser(
        'plain',
        help='into ordinary convolutions (one way), with the network as one '
        'Python file on torch alone beside it',
    )
    safetensors = commands.add_parser(
        'safetensors',
        aliases=['pack'],  # the name in 0.1
        help='into one safetensors file that needs no config',
    )
    plain.set_defaults(run=_plain)
    safetensors.set_defaults(run=_safetensors)
    for form, suffix in ((plain, '.pth'), (safetensors, '.safetensors')):
        form.add_argument('config', type=Path)
        form.add_argument('checkpoint', type=Path)
        form.add_argument('out', type=Path, help=f'a {suffix} file')
    safetensors.add_argument(
        '--half', action='store_true', help='keep the weights in float16'
    )
    for form in (release, plain, safetensors):
        form.add_argument(
            '--classes',
            nargs='+',
            metavar='NAME',
            help='in the order of the outputs, for a checkpoint that names '
            'none',
        )
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Convert one checkpoint.

    Args:
        arguments: Of the command line; None takes those of this process.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    if not args.out.parent.is_dir():
        parser.error(f'{args.out.parent}: no such folder')
    if args.out.resolve() == args.checkpoint.resolve():
        parser.error(f'{args.out} is the checkpoint itself: name another file')
    args.run(args)


def _release(args: argparse.Namespace) -> None:
    loaded = safe_loading.load_from_local(str(args.checkpoint), 'cpu')
    try:
        converted = convert_release(loaded)
    except ValueError as error:
        raise ValueError(f'{args.checkpoint}: {error}') from error
    meta: dict[str, Any] = {}
    if args.classes is None:
        print(
            'The checkpoint names no classes: give --classes in the order of '
            'its outputs, or check the order before you believe a result.'
        )
    elif len(args.classes) != converted.classes:
        raise ValueError(
            f'{args.checkpoint}: fc has {converted.classes} outputs; '
            f'--classes gives {len(args.classes)} names'
        )
    else:
        meta['dataset_meta'] = {'classes': tuple(args.classes)}
    buffer = io.BytesIO()
    torch.save({'state_dict': converted.state, 'meta': meta}, buffer)
    with atomic_write(args.out, 0o644) as file:
        file.write(buffer.getvalue())
    print(f'Wrote {args.out}. Its backbone in a config:')
    print(f'backbone = {converted.backbone}')


def _plain(args: argparse.Namespace) -> None:
    trained = load_trained(args.config, args.checkpoint, args.classes)
    code = write_plain(to_plain(trained), args.out)
    print(f'Wrote {args.out}, and {code}, which loads it on torch alone')


def _safetensors(args: argparse.Namespace) -> None:
    info = save_safetensors_model(
        args.config, args.checkpoint, args.out, args.classes, half=args.half
    )
    print(f'Wrote {args.out}: classes {", ".join(info.classes)}')
    if info.synthetic:
        print('Trained on drawn faces: synthetic, not for real photos')
