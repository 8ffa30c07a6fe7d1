"""Pictures of what a config's pipeline makes of a data set."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from mmengine.config import Config, DictAction
from mmengine.runner import set_random_seed
from mmpretrain.registry import DATASETS

from csgresnet_mm.apis.config_reading import enter_scope
from csgresnet_mm.apis.given_files import read_config
from csgresnet_mm.apis.rgb import to_rgb
from csgresnet_mm.atomic_write import atomic_write

SPLITS = ('train', 'val', 'test')


def caption(sample: Any, classes: Sequence[str] | None) -> str:
    """The class of a data sample, or the classes of its soft label."""

    def name(index: int) -> str:
        return classes[index] if classes else str(index)

    score = sample.get('gt_score')
    if score is not None:
        best = score.argsort(descending=True)[:3].tolist()
        return '\n'.join(
            f'{name(i)} {score[i]:.2f}' for i in best if score[i] > 0
        )
    label = sample.get('gt_label')
    if label is None:
        return 'no label'
    return '\n'.join(name(i) for i in label.tolist())


def draw(
    dataset: Any, indices: Sequence[int], draws: int, title: str
) -> Figure:
    """A figure with a row an image and a column a draw of the pipeline.

    Args:
        dataset: MMPretrain's.
        indices: Of the samples to draw.
        draws: Columns.
        title: Above.
    """
    classes = dataset.metainfo.get('classes')
    figure, axes = plt.subplots(
        len(indices),
        draws,
        squeeze=False,
        figsize=(1.6 * draws, 1.9 * len(indices) + 0.5),
        layout='constrained',
    )
    figure.suptitle(title, fontsize=9)
    for index, row in zip(indices, axes, strict=True):
        for axis in row:
            item = dataset[index]
            axis.imshow(to_rgb(item['inputs']))
            axis.set_axis_off()
            axis.set_title(caption(item['data_samples'], classes), fontsize=8)
    return figure


def browse(
    config: Config, split: str, number: int, draws: int, seed: int, out: Path
) -> Figure:
    """Draw samples of a config's data set and save them as a PNG.

    Args:
        config: MMPretrain's.
        split: 'train', 'val' or 'test': whose loader is taken.
        number: Of images, a row each; chosen at random, in their order.
        draws: How often each goes through the pipeline.
        seed: Of the choice and of the pipeline's random numbers.
        out: The file to write.

    Returns:
        The figure.

    Raises:
        KeyError: The config has no loader of that split.
    """
    loader = config.get(f'{split}_dataloader')
    if loader is None:
        raise KeyError(f'{config.filename}: no {split}_dataloader')
    enter_scope(config)
    dataset = DATASETS.build(loader.dataset)
    chosen = np.random.default_rng(seed).permutation(len(dataset))[:number]
    set_random_seed(seed)
    name = Path(config.filename or 'config').stem
    title = (
        f'{name}, {split}: {len(dataset)} images ({type(dataset).__name__})'
    )
    figure = draw(dataset, sorted(chosen.tolist()), draws, title)
    _save(figure, out)
    return figure


def _save(figure: Figure, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out, 0o644) as file:
        figure.savefig(file, format='png', dpi=110)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: see ``browse_dataset.py --help``."""
    parser = argparse.ArgumentParser(
        description='Draw augmented samples of the data set of a config: a '
        'row an image, a column a draw. Shown if there is a display.'
    )
    parser.add_argument('config')
    parser.add_argument('--split', choices=SPLITS, default='train')
    parser.add_argument('--number', type=int, default=8, help='of images')
    parser.add_argument('--draws', type=int, default=6, help='of each image')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--out', type=Path, help='PNG; default: browse/CONFIG-SPLIT.png'
    )
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    args = parser.parse_args(arguments)
    for name in ('number', 'draws'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} is {getattr(args, name)}, 1 is the least')
    config = read_config(args.config)
    config.merge_from_dict(args.cfg_options or {})
    out = args.out or Path(
        'browse', f'{Path(args.config).stem}-{args.split}.png'
    )
    figure = browse(
        config, args.split, args.number, args.draws, args.seed, out
    )
    print(f'saved {out}')
    if matplotlib.get_backend().lower() != 'agg':
        plt.show()
    plt.close(figure)
