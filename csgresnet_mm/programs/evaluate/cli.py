"""The command line of tools/evaluate.py."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from csgresnet_mm.apis.arguments import refuse_below_one
from csgresnet_mm.apis.config_reading import leaf_settings, type_name
from csgresnet_mm.apis.contact_sheet import Card, draw_sheet
from csgresnet_mm.apis.rgb import to_rgb
from csgresnet_mm.apis.run_folder import (
    find_checkpoint,
    find_config,
    read_history,
)
from csgresnet_mm.apis.run_images import build_dataset, predict_split
from csgresnet_mm.apis.run_info import is_synthetic
from csgresnet_mm.apis.trained import Network, load_network
from csgresnet_mm.atomic_write import atomic_folder
from csgresnet_mm.evaluation import (
    LeakSplit,
    Predictions,
    split_by_leak,
    summarise,
)
from csgresnet_mm.program import command
from csgresnet_mm.programs.evaluate.blocks import to_html, to_markdown
from csgresnet_mm.programs.evaluate.page import (
    PREDICTIONS,
    SHEET,
    Subject,
    worst_mistakes,
    write_blocks,
)

PAGE, MARKDOWN, FIGURES = 'evaluation.html', 'evaluation.md', 'figures.json'
SPLITS = ('test', 'val', 'train')
WORST = 20
AUDIT = 'report.json'
NO_AUDIT = (
    'Not known: the data were not audited. tools/check_dataset.py CONFIG '
    'finds them.'
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='Evaluate a trained network and write one page about it: '
        'confusion matrix, recall and precision by class, calibration, '
        'training curves and the surest mistakes. Its config is code, and '
        'trusted; its checkpoint is read as data.'
    )
    parser.add_argument(
        'run',
        type=Path,
        help='folder of tools/train.py or of one run of tools/reproduce.py, '
        'or a checkpoint',
    )
    parser.add_argument(
        '--config', type=Path, help='default: the one beside the checkpoint'
    )
    parser.add_argument('--checkpoint', type=Path, help='default: the last')
    parser.add_argument('--split', choices=SPLITS, default='test')
    parser.add_argument(
        '--out', type=Path, help='folder; default: evaluation-SPLIT in RUN'
    )
    parser.add_argument(
        '--leaks',
        type=Path,
        metavar='REPORT',
        help=f'{AUDIT} of check_dataset.py: images with a copy in another '
        'split apart; default: where that tool writes it',
    )
    parser.add_argument(
        '--worst',
        type=int,
        default=WORST,
        help='mistakes listed (default: %(default)s)',
    )
    parser.add_argument(
        '--sheet',
        action='store_true',
        help='also a picture of these images: of faces of people, perhaps',
    )
    return parser


def evaluate(args: argparse.Namespace) -> Path:
    """Evaluate and write the folder.

    Args:
        args: Of the command line.

    Returns:
        The folder.

    Raises:
        OSError: Something is not there.
        ValueError: Parts do not fit together.
    """
    folder = args.run if args.run.is_dir() else args.run.parent
    if not args.run.exists():
        raise FileNotFoundError(
            f'{args.run}: no such file or folder; expected the folder of a '
            'run, or a checkpoint'
        )
    config = args.config or find_config(folder)
    checkpoint = args.checkpoint or (
        find_checkpoint(folder) if args.run.is_dir() else args.run
    )
    trained = load_network(config, checkpoint)
    predictions = predict_split(trained, args.split)
    leaks, audit = _leaks(args, folder, config, predictions)
    subject = Subject(
        title=f'{config.stem}: {args.split}',
        facts=_facts(trained, config, checkpoint, args.split, predictions),
        split=args.split,
        predictions=predictions,
        history=read_history(folder, 'val'),
        leaks=leaks,
        audit=audit,
        synthetic=is_synthetic(trained.config, trained.meta),
    )
    out = args.out or folder / f'evaluation-{args.split}'
    with atomic_folder(out, PAGE) as scratch:
        _write(subject, trained, args, scratch)
    return out


def _write(
    subject: Subject, trained: Network, args: argparse.Namespace, out: Path
) -> None:
    worst = worst_mistakes(subject.predictions, args.worst)
    sheet = args.sheet and len(worst) > 0
    if sheet:
        (out / SHEET).write_bytes(_draw_sheet(subject, trained, worst))
    blocks = write_blocks(subject, worst, sheet, out)
    (out / PAGE).write_text(to_html(blocks), encoding='utf-8')
    (out / MARKDOWN).write_text(to_markdown(blocks), encoding='utf-8')
    subject.predictions.save(out / PREDICTIONS)
    figures = asdict(summarise(subject.predictions))
    figures['confusion'] = figures['confusion'].tolist()
    # JSON knows no NaN, which a class without images has
    figures['class_recall'] = [
        None if value != value else value for value in figures['class_recall']
    ]
    text = json.dumps(figures, indent=1, allow_nan=False)
    (out / FIGURES).write_text(text + '\n')


def _draw_sheet(subject: Subject, trained: Network, worst: Any) -> bytes:
    dataset = build_dataset(trained, subject.split)
    predictions, classes = subject.predictions, subject.predictions.classes
    cards = [
        Card(
            f'{classes[predictions.given[row]]} '
            f'{100 * predictions.scores[row].max():.0f} %',
            (row,),
            (
                f'true: {classes[predictions.labels[row]]}',
                predictions.names[row].rpartition('/')[2],
            ),
        )
        for row in worst.tolist()
    ]
    return draw_sheet(
        cards, lambda row: to_rgb(dataset[row]['inputs']), subject.title
    )


def _facts(
    trained: Network,
    config: Path,
    checkpoint: Path,
    split: str,
    predictions: Predictions,
) -> dict[str, str]:
    loader = trained.config[f'{split}_dataloader']
    leaf = next(leaf_settings(loader['dataset']))
    name = type_name(leaf.get('type', ''))
    own = f', its split {leaf["split"]!r}' if 'split' in leaf else ''
    return {
        'Checkpoint': checkpoint.name,
        'Epoch': str(trained.meta.get('epoch', 'not named')),
        'Config': config.name,
        'Data': f'{name}{own}, of {split}_dataloader',
        'Images': f'{len(predictions):,}',
        'Classes': ', '.join(predictions.classes),
    }


def _leaks(
    args: argparse.Namespace,
    folder: Path,
    config: Path,
    predictions: Predictions,
) -> tuple[LeakSplit | None, str]:
    """What the audit found, and where that is from."""
    if args.leaks is not None:
        found = split_by_leak(predictions, args.leaks, args.split)
        return found, f'By {args.leaks}.'
    for path in (
        folder / AUDIT,
        Path('work_dirs', 'check_dataset', config.stem, AUDIT),
    ):
        if path.is_file():
            try:
                found = split_by_leak(predictions, path, args.split)
            except ValueError as error:  # nobody asked for this one
                return None, f'{path} was found, but is of no use: {error}'
            return found, f'By {path}.'
    return None, NO_AUDIT


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate a run and write the page.

    Args:
        arguments: Of the command line; None takes those of this process.
    """
    parser = _parser()
    args = parser.parse_args(arguments)
    refuse_below_one(parser, args, 'worst')
    out = evaluate(args)
    figures = json.loads((out / FIGURES).read_text())
    print(
        f'{figures["n"]} images of {args.split}: accuracy '
        f'{figures["accuracy"]:.2f} %, mean class accuracy '
        f'{figures["mean_class_accuracy"]:.2f} %, calibration error '
        f'{figures["calibration_error"]:.2f} %'
    )
    print(f'Wrote {out / PAGE} and {out / MARKDOWN}')
