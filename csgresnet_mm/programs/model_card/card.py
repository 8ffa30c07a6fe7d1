"""The card's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from csgresnet_mm.apis.config_reading import leaf_settings, type_name
from csgresnet_mm.apis.measuring.cost import count
from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.engine.hooks.fingerprint_hook import META_KEY
from csgresnet_mm.evaluation import Predictions, summarise
from csgresnet_mm.evaluation.figure_rows import FIGURE_HEAD, figure_rows
from csgresnet_mm.printable import to_bytes
from csgresnet_mm.programs.model_card.groups import find_groups
from csgresnet_mm.programs.model_card.run import CardSource, read_run
from csgresnet_mm.text_tables import markdown_table

FEW = 30
"""Below so many images, a figure says little."""
LIMITS = """\
- For research on facial expression recognition. Not for decisions about
  people: hiring, policing, schools, insurance, borders, health.
- An expression is not an emotion. The classes name what annotators saw in a
  photograph; what a person feels cannot be read from it.
- It always answers with one of its classes, also for a face that shows none
  of them, for a drawing, and for no face at all.
- Data sets of faces lean to certain ages, skin tones, countries and ways of
  posing, and so do their annotators. Results differ between groups of
  people; where no figures by group are given, they were not measured.
- Faces aligned or cropped in another way than those it was trained on give
  worse results."""
SYNTHETIC = (
    '> **Synthetic.** Trained on faces drawn by a program. Not for real '
    'photos; no figure here says anything of real faces.'
)


def write_card(
    folder: Path, out: Path | None = None, checkpoint: Path | None = None
) -> Path:
    """Write the model card of a run, as Markdown.

    Args:
        folder: The run's.
        out: The file; ``MODEL_CARD.md`` in the folder unless given.
        checkpoint: Another one than the last.

    Returns:
        The file.

    Raises:
        FileNotFoundError: A part of the run is not there.
        ValueError: Parts of it do not fit together.
    """
    text = make_card(read_run(folder, checkpoint))
    path = out or folder / 'MODEL_CARD.md'
    with atomic_write(path, 0o644) as file:
        file.write(to_bytes(text))
    return path


def make_card(run: CardSource) -> str:
    """The text of a run's card."""
    info = run.trained.info
    parts = [f'# {_title(run)}', '']
    if info.synthetic:
        parts += [SYNTHETIC, '']
    for title, lines in (
        ('Classes', _classes(info)),
        ('Input', _input(info)),
        ('Cost', _cost(run)),
        ('Data', _data(run)),
        ('Protocol', _protocol(run)),
        ('Results', _results(run)),
        ('Results by class', _by_class(run.predictions)),
        ('Results by group of people', _by_group(run.predictions)),
        ('Intended use and limits', iter([LIMITS])),
    ):
        parts += [f'## {title}', '', *lines, '']
    return '\n'.join(parts)


def _title(run: CardSource) -> str:
    backbone = run.trained.config['model']['backbone']
    depth = backbone.get('depth')
    name = type_name(backbone['type'])
    if backbone.get('channel_shift'):
        name = f'CS-{name.removeprefix("CS")}'
    return f'Model card: {name}{"" if depth is None else f"-{depth}"}'


def _classes(info: ModelInfo) -> Iterator[str]:
    yield 'The outputs, in this order:'
    yield ''
    yield markdown_table(('Output', 'Class'), list(enumerate(info.classes)))


def _input(info: ModelInfo) -> Iterator[str]:
    height, width = info.resize
    crop = ''
    if info.resize != info.input_size:
        crop = f', centre {info.input_size[0]} x {info.input_size[1]} taken'
    yield f'- Alignment of the faces: {info.alignment}'
    yield (
        f'- Resized to {height} x {width} pixels (height x width, '
        f'{info.interpolation}){crop}'
    )
    yield f'- Channels: {info.channel_order}, of 0..255'
    yield f'- Mean {list(info.mean)}, standard deviation {list(info.std)}'


def _cost(run: CardSource) -> Iterator[str]:
    cost = count(run.trained.model, run.trained.info)
    rows: list[tuple[str, str]] = [('Parameters', f'{cost.parameters:,}')]
    rows += [
        (f'Multiply-adds of an image, {form}', f'{number:,}')
        for form, number in cost.multiply_adds.items()
    ]
    yield markdown_table(('What', 'Number'), rows)
    yield ''
    yield 'Multiply-adds as MMEngine counts them, batch norms included.'


def _data(run: CardSource) -> Iterator[str]:
    found: Mapping[str, Any] = run.trained.meta.get(META_KEY) or {}
    if not found:
        yield 'The checkpoint carries no fingerprint of its data.'
        return
    keys = ('dataset', 'split', 'images', 'fingerprint', 'contents')
    rows = [
        (name, *(part.get(key, '') for key in keys))
        for name, parts in found.items()
        for part in parts
    ]
    yield markdown_table(('Used as', *map(str.capitalize, keys)), rows)


def _split(config: Mapping[str, Any], name: str) -> str:
    loader = config.get(f'{name}_dataloader') or {}
    leaf = next(leaf_settings(loader.get('dataset', {})))
    return str(leaf.get('split', 'not named'))


def _protocol(run: CardSource) -> Iterator[str]:
    config, meta = run.trained.config, run.trained.meta
    splits = {name: _split(config, name) for name in ('train', 'val', 'test')}
    yield (
        f'- Trained on split {splits["train"]!r}, tested on '
        f'{splits["test"]!r}.'
    )
    best = 'save_best' in config.get('default_hooks', {}).get('checkpoint', {})
    if splits['val'] == splits['test']:
        yield '- The test split was evaluated during training.'
        if best:
            yield (
                '- **A best checkpoint was kept by it: if this is that one, '
                'its figures are too good.**'
            )
    else:
        yield f'- During training {splits["val"]!r} was evaluated.'
    cycles = (config.get('train_cfg') or {}).get('max_epochs', 'unknown')
    yield (
        f'- Checkpoint {run.checkpoint.name}: epoch '
        f'{meta.get("epoch", "unknown")} of {cycles}; seed '
        f'{(config.get("randomness") or {}).get("seed", "unknown")}.'
    )
    start = config.get('load_from') or config['model']['backbone'].get(
        'init_cfg'
    )
    yield f'- Started from: {start or "random weights"}.'


def _interval(predictions: Predictions) -> str:
    """Wilson's, which has a width also where all are right."""
    right = int(predictions.right.sum())
    found = binomtest(right, len(predictions)).proportion_ci(method='wilson')
    return f'{found.low * 100:.1f} to {found.high * 100:.1f}'


def _results(run: CardSource) -> Iterator[str]:
    yield (
        f'{len(run.predictions)} images of the test split, {run.source}; '
        '95 % intervals by bootstrap over the images. One run: how much seeds '
        'differ is not in them.'
    )
    yield ''
    yield markdown_table(FIGURE_HEAD, figure_rows(run.predictions))


def _by_class(predictions: Predictions) -> Iterator[str]:
    metrics = summarise(predictions)
    rows = []
    for index, name in enumerate(predictions.classes):
        there = predictions.labels == index
        if not there.any():
            rows.append((name, 0, 'no image', ''))
            continue
        own = predictions.take(there)
        few = ', few images' if len(own) < FEW else ''
        rows.append(
            (
                name,
                len(own),
                f'{metrics.class_recall[index]:.1f}',
                f'{_interval(own)}{few}',
            )
        )
    yield markdown_table(
        ('Class', 'Images', 'Recall, %', '95 % interval'), rows
    )
    yield ''
    yield "Intervals are Wilson's."
    yield ''
    yield 'Number of images by true class (rows) and given class:'
    yield ''
    matrix = [
        (name, *row)
        for name, row in zip(
            predictions.classes, metrics.confusion.tolist(), strict=True
        )
    ]
    yield markdown_table(('True', *predictions.classes), matrix)


def _by_group(predictions: Predictions) -> Iterator[str]:
    groups = find_groups(predictions)
    if not groups:
        yield (
            'Not measured: the test images come without attributes of the '
            'people.'
        )
        return
    yield (
        "By RAF-DB's manual attributes, as its annotators saw them. Groups "
        'hold other mixes of classes, which alone moves the accuracy. '
        "Intervals are Wilson's."
    )
    yield ''
    rows = [
        (
            attribute,
            word,
            len(own),
            f'{float(np.mean(own.right)) * 100:.1f}',
            _interval(own) + (', few images' if len(own) < FEW else ''),
        )
        for attribute, words in groups.items()
        for word, own in words.items()
    ]
    yield markdown_table(
        ('Attribute', 'Group', 'Images', 'Accuracy, %', '95 % interval'), rows
    )
