"""The command line of tools/predict.py, and the command ``csgresnet``."""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from csgresnet_mm.apis.predictor.alignment import ALIGNMENTS
from csgresnet_mm.apis.predictor.captures import SCHEMES, show_address
from csgresnet_mm.apis.predictor.detector import AUTO
from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.inputs import expand
from csgresnet_mm.apis.predictor.output_files import Outputs
from csgresnet_mm.apis.predictor.predictor import (
    CHOICES,
    ExpressionPredictor,
    SyntheticWeightsWarning,
)
from csgresnet_mm.apis.predictor.reporting import (
    Answers,
    Counts,
    progress,
    report,
)
from csgresnet_mm.apis.predictor.sources import (
    Source,
    find_source,
    open_source,
)
from csgresnet_mm.image_limits import MAX_PIXELS
from csgresnet_mm.program import command
from csgresnet_mm.weights import DEFAULT, list_weights, weights_title


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Classify the expressions of the faces in a photo, a '
        'folder of photos, a video, or from a camera (its number: 0).'
    )
    parser.add_argument(
        'source',
        nargs='?',
        help="photo, folder, video, 0, or a stream's address",
    )
    parser.add_argument(
        '--list', action='store_true', help='the weights that ship'
    )
    _add_network(parser)
    _add_faces(parser)
    _add_video(parser)
    _add_outputs(parser)
    parser.add_argument(
        '--max-pixels',
        type=int,
        default=MAX_PIXELS,
        help='width times height; larger pictures are refused',
    )
    parser.add_argument(
        '--allow-network',
        action='store_true',
        help=f'open a stream: {", ".join(f"{name}://" for name in SCHEMES)}',
    )
    parser.add_argument(
        '--profile',
        action='store_true',
        help='measure instead: milliseconds of detection, alignment and '
        "network, and faces/s beside fer's network where it is installed",
    )
    return parser


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--weights',
        metavar='NAME|FILE',
        help='of --list, or a .pth (with --config), .safetensors or .onnx; '
        f'default: {DEFAULT}',
    )
    parser.add_argument('--config', type=_path, help='of the run, for a .pth')
    parser.add_argument('--device', default='cpu', help='cpu, cuda, ...')
    parser.add_argument('--batch-size', type=int, default=64, help='of faces')


def _add_faces(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--faces', choices=CHOICES, default='all')
    parser.add_argument(
        '--alignment',
        choices=ALIGNMENTS,
        help="default: the training data's own",
    )
    parser.add_argument(
        '--flip', action='store_true', help='mean over face and mirror image'
    )
    parser.add_argument(
        '--min-probability',
        type=float,
        metavar='P',
        help='mark an answer below this as unsure, 0 to 1; default: none',
    )
    parser.add_argument(
        '--detect-size',
        default=AUTO,
        help='longest side to which larger pictures are shrunk to find '
        'faces, such as 640 or 1600; default: auto',
    )


def _add_video(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--every',
        type=int,
        default=1,
        metavar='N',
        help='of a video or camera, find faces in every Nth frame',
    )
    parser.add_argument(
        '--smooth',
        type=float,
        default=0.0,
        metavar='SECONDS',
        help='of a video or camera, over which a person is averaged',
    )
    parser.add_argument(
        '--frames', type=int, help='end a video or camera after so many'
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--quiet', action='store_true', help='no line a face on stdout'
    )
    parser.add_argument('--jsonl', type=_path, help='a line a picture')
    parser.add_argument('--csv', type=_path, help='a row a face')
    parser.add_argument(
        '--annotated',
        type=_path,
        help='file (.jpg, .png; .mp4 of a video or camera), or the folder '
        'for those of a folder',
    )


def _path(text: str) -> Path:
    return Path(expand(text))


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Predict, and write what was asked for.

    Args:
        arguments: Of the command line; None takes those of this process.

    Returns:
        0; or 1 where a picture could not be read: the message is on stderr.
        What is no photograph, and so left out of a folder, changes nothing.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.frames is not None and args.frames < 1:
        parser.error(f'--frames {args.frames}: 1 is the least')
    if args.list:
        for name in list_weights():
            print(weights_title(name))
        return 0
    if args.source is None:
        parser.error('no source; expected a photo, a folder, a video, or 0')
    source = find_source(args.source, args.allow_network)
    outputs = Outputs(args.jsonl, args.csv, args.annotated)
    outputs.check(source)
    predictor = _predictor(args)
    if args.profile:
        # which needs torch
        from csgresnet_mm.apis.predictor.profile import profile

        print(profile(predictor, source))
        return 0
    return _predict(args, source, outputs, predictor)


def _predictor(args: argparse.Namespace) -> ExpressionPredictor:
    # a stack logs to stdout, where the answers alone belong
    with (
        contextlib.redirect_stdout(sys.stderr),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter('always', SyntheticWeightsWarning)
        predictor = ExpressionPredictor(
            args.config,
            args.weights,
            args.device,
            faces=args.faces,
            flip=args.flip,
            alignment=args.alignment,
            batch_size=args.batch_size,
            max_pixels=args.max_pixels,
            detect_size=args.detect_size,
            every=args.every,
            smooth=args.smooth,
            min_probability=args.min_probability,
        )
    report(f'weights: {args.weights or DEFAULT}')
    for warning in caught:
        report(f'warning: {warning.message}')
    return predictor


def _predict(
    args: argparse.Namespace,
    source: Source,
    outputs: Outputs,
    predictor: ExpressionPredictor,
) -> int:
    counts = Counts()
    with ExitStack() as stack:
        pictures = stack.enter_context(
            open_source(source, predictor.max_pixels)
        )
        writers = [
            stack.enter_context(writer)
            for writer in outputs.open(
                source,
                pictures.fps,
                predictor.classes,
                lambda: predictor.weights,
                predictor.note,
            )
        ]
        total = pictures.total
        if args.frames is not None and source.is_stream:
            total = min(args.frames, total or args.frames)
        advance = stack.enter_context(
            progress(show_address(args.source), total)
        )
        answers = Answers(args.quiet)
        for frame in _until_interrupted(predictor.run_pictures(pictures)):
            for write in writers:
                write(frame)
            answers(frame)
            counts.add(frame)
            advance()
            if source.is_stream and counts.pictures == args.frames:
                break
    if source.kind != 'image':
        end = f'; {pictures.left_out}' if pictures.left_out else ''
        report(f'{counts}{end}')
    return 1 if counts.unreadable else 0


def _until_interrupted(frames: Iterator[Frame]) -> Iterator[Frame]:
    """End at Ctrl-C as at a video's end: what was seen is written."""
    try:
        yield from frames
    except KeyboardInterrupt:
        return
