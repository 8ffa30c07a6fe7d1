"""The command line of tools/predict.py, and the command ``csgresnet``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from csgresnet_mm.apis.predictor.alignment import ALIGNMENTS
from csgresnet_mm.apis.predictor.detector import AUTO
from csgresnet_mm.apis.predictor.draw import annotate
from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.outputs import (
    csv_table,
    image_folder,
    json_lines,
    save_image,
    video_file,
)
from csgresnet_mm.apis.predictor.predictor import (
    CHOICES,
    ExpressionPredictor,
    SyntheticWeightsWarning,
)
from csgresnet_mm.apis.predictor.profile import profile
from csgresnet_mm.apis.predictor.sources import (
    Pictures,
    Source,
    find_source,
    open_source,
)
from csgresnet_mm.image_limits import MAX_PIXELS
from csgresnet_mm.program import command
from csgresnet_mm.weights import DEFAULT, list_weights, weights_title


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Tell the expressions of the faces in a photo, a folder '
        'of photos, a video, or from a camera (its number: 0).'
    )
    parser.add_argument('source', nargs='?', help='photo, folder, video, or 0')
    parser.add_argument(
        '--weights',
        metavar='NAME|FILE',
        help='of --list, or a .pth (with --config), .safetensors or .onnx; '
        f'default: {DEFAULT}',
    )
    parser.add_argument(
        '--list', action='store_true', help='the weights that ship'
    )
    parser.add_argument(
        '--quiet', action='store_true', help='no line a face on stdout'
    )
    parser.add_argument('--config', type=Path, help='of the run, for a .pth')
    parser.add_argument('--device', default='cpu', help='cpu, cuda, ...')
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
        '--detect-size',
        default=AUTO,
        help='longest side to which larger pictures are shrunk to find '
        'faces, such as 640 or 1600; default: auto',
    )
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
    parser.add_argument('--batch-size', type=int, default=64, help='of faces')
    parser.add_argument(
        '--max-pixels',
        type=int,
        default=MAX_PIXELS,
        help='width times height; larger pictures are refused',
    )
    parser.add_argument('--jsonl', type=Path, help='a line a picture')
    parser.add_argument('--csv', type=Path, help='a row a face')
    parser.add_argument(
        '--annotated',
        type=Path,
        help='file (.jpg, .png; .mp4 of a video or camera), or the folder '
        'for those of a folder',
    )
    parser.add_argument(
        '--frames', type=int, help='end a video or camera after so many'
    )
    parser.add_argument(
        '--profile',
        action='store_true',
        help='measure instead: milliseconds of detection, alignment and '
        "network, and faces/s beside fer's network where it is installed",
    )
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Predict, and write what was asked for.

    Args:
        arguments: Of the command line; None takes those of this process.

    Returns:
        0; or 1 where a picture could not be read: the message is on stderr.
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
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    source = find_source(args.source)
    predictor = _predictor(args, console)
    if args.profile:
        print(profile(predictor, source))
        return 0
    return _predict(args, source, predictor, console)


def _predictor(
    args: argparse.Namespace, console: Console
) -> ExpressionPredictor:
    with warnings.catch_warnings(record=True) as caught:
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
        )
    console.print(f'weights: {args.weights or DEFAULT}', markup=False)
    for warning in caught:
        console.print(f'warning: {warning.message}', markup=False)
    return predictor


def _predict(
    args: argparse.Namespace,
    source: Source,
    predictor: ExpressionPredictor,
    console: Console,
) -> int:
    counts = {'pictures': 0, 'faces': 0, 'unreadable': 0}
    with ExitStack() as stack:
        pictures = stack.enter_context(
            open_source(source, predictor.max_pixels)
        )
        writers = [
            stack.enter_context(writer)
            for writer in _writers(args, source, pictures, predictor)
        ]
        total = pictures.total
        if args.frames is not None and source.is_stream:
            total = min(args.frames, total or args.frames)
        progress = stack.enter_context(_progress(console, total == 1))
        task = progress.add_task(escape(args.source), total=total)
        for frame in _until_interrupted(predictor.run_pictures(pictures)):
            for write in writers:
                write(frame)
            if frame.error:
                progress.console.print(frame.error, markup=False)
            elif not args.quiet:
                print(_summary(frame))
            counts['pictures'] += 1
            counts['faces'] += len(frame.faces)
            counts['unreadable'] += bool(frame.error)
            progress.advance(task)
            if source.is_stream and counts['pictures'] == args.frames:
                break
    if total != 1:
        told = ', '.join(f'{count} {name}' for name, count in counts.items())
        console.print(told, markup=False)
    return 1 if counts['unreadable'] else 0


def _progress(console: Console, disable: bool) -> Progress:
    return Progress(
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=disable,
        # what is printed belongs above the bar, but not into stderr's file
        redirect_stdout=sys.stdout.isatty(),
    )


def _until_interrupted(frames: Iterator[Frame]) -> Iterator[Frame]:
    """End at Ctrl-C as at a video's end: what was seen is written."""
    try:
        yield from frames
    except KeyboardInterrupt:
        return


def _summary(frame: Frame) -> str:
    """A line a face."""
    lines = []
    for face in frame.faces:
        box = ' '.join(f'{value:.0f}' for value in face.box)
        chance = face.probabilities[face.label]
        lines.append(f'{frame.name}: {face.label} {chance:.0%}, box {box}')
    return '\n'.join(lines) or f'{frame.name}: no face'


def _writers(
    args: argparse.Namespace,
    source: Source,
    pictures: Pictures,
    predictor: ExpressionPredictor,
) -> Iterator:
    if args.jsonl:
        yield json_lines(args.jsonl)
    if args.csv:
        yield csv_table(args.csv, predictor.classes)
    if not args.annotated:
        return
    if source.is_stream:
        yield video_file(args.annotated, pictures.fps or 0, predictor.note)
    elif source.kind == 'folder':
        yield image_folder(args.annotated, Path(source.path), predictor.note)
    else:
        yield _one_image(args.annotated, Path(source.path), predictor.note)


@contextmanager
def _one_image(
    path: Path, photo: Path, note: str
) -> Iterator[Callable[[Frame], None]]:
    if path.suffix.lower() not in ('.jpg', '.jpeg', '.png'):
        raise ValueError(f'{path}: an annotated picture ends in .jpg or .png')
    if path.exists() and path.samefile(photo):
        raise ValueError(f'{path} is the photo itself: name another file')

    def write(frame: Frame) -> None:
        if frame.image is not None:
            save_image(path, annotate(frame.image, frame.faces, note))

    yield write
