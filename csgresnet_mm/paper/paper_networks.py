"""The networks that are trained: those of the paper, and variations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DIVISORS = (8, 16, 32)
STAGES = (1, 3)
POSITIONS = ('start', 'middle', 'end', 'stochastic')
BEST_CELL = (16, 3, 'start')
"""That of the config csgresnet18: divisor, stage, position."""

Cell = tuple[int, int, str]


@dataclass(frozen=True)
class PaperNetwork:
    """A network, and what differs from the config of its family.

    Args:
        name: Part of the names of its runs.
        base: Config in ``configs/_base_/models``.
        options: What to merge into the config, dots as in ``--cfg-options``.
        source: The network whose pre-training it starts from. A shift has no
            weights, and the paper pre-trains "the GResNet": so all shifted
            ones start from the same as the one without a shift.
        about: What it changes, for tables.
    """

    name: str
    base: str
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = ''
    about: str = ''

    @property
    def title(self) -> str:
        """As in tables: ``CS-GResNet-18``."""
        return _TITLES.get(self.name, self.name)


_TITLES = {
    'resnet18': 'ResNet-18',
    'resnet34': 'ResNet-34',
    'gresnet18': 'GResNet-18',
    'gresnet34': 'GResNet-34',
    'csgresnet18': 'CS-GResNet-18',
    'csresnet18': 'CS-ResNet-18',
}
MAIN = tuple(_TITLES)
"""The networks of the paper, and the shift without Gabor features."""


def cell_name(cell: Cell) -> str:
    """The network of a cell of Fig. 4; the best one is csgresnet18 itself.

    >>> cell_name((8, 1, 'end')), cell_name((16, 3, 'start'))
    ('csgresnet18-s8-layer1-end', 'csgresnet18')
    """
    if cell == BEST_CELL:
        return 'csgresnet18'
    divisor, stage, position = cell
    return f'csgresnet18-s{divisor}-layer{stage}-{position}'


CELLS: tuple[Cell, ...] = tuple(
    (divisor, stage, position)
    for divisor in DIVISORS
    for stage in STAGES
    for position in POSITIONS
)
"""The 24 cells of Fig. 4."""


def _cells() -> list[PaperNetwork]:
    shift = 'model.backbone.channel_shift'
    return [
        PaperNetwork(
            cell_name(cell),
            'csgresnet18',
            {
                f'{shift}.divisor': cell[0],
                f'{shift}.stage': cell[1],
                f'{shift}.position': cell[2],
            },
            'gresnet18',
            f'sigma {cell[0]}, layer {cell[1]}, {cell[2]}',
        )
        for cell in CELLS
        if cell != BEST_CELL
    ]


def _shifts() -> list[PaperNetwork]:
    """Other readings of the shift; the weights are those of gresnet18."""
    shift = 'model.backbone.channel_shift'
    rows: tuple[tuple[str, dict[str, Any], str], ...] = (
        (
            'allchannels',
            {f'{shift}.num_orientations': 1},
            'the shift over all channels, as Algorithm 1 has it',
        ),
        (
            'leftright',
            {f'{shift}.directions': ('left', 'right')},
            'first block left, second right, as in the release',
        ),
        (
            'stageinput',
            {f'{shift}.placement': 'stage_input'},
            'the shift at the beginning of layer 3',
        ),
        (
            'momentum0',
            {'optim_wrapper.optimizer.momentum': 0},
            'momentum 0, "default hyper-parameters" taken literally',
        ),
    )
    return [
        PaperNetwork(
            f'csgresnet18-{tag}', 'csgresnet18', options, 'gresnet18', about
        )
        for tag, options, about in rows
    ]


def _orientations(count: int) -> dict[str, Any]:
    return {
        'model.backbone.num_orientations': count,
        'model.neck.1.num_orientations': count,
        'model.head.in_channels': 512 // count,
    }


def _gabor() -> list[PaperNetwork]:
    """Other Gabor convolutions, each with a pre-training of its own."""
    backbone = 'model.backbone'
    rows: list[tuple[str, dict[str, Any], str]] = [
        (f'm{count}', _orientations(count), f'{count} orientations (paper: 4)')
        for count in (2, 8)
    ]
    rows += [
        (f'v{scale}', {f'{backbone}.scale': scale}, f'v = {scale} (paper: 3)')
        for scale in (1, 2, 4)
    ]
    rows += [
        (bank, {f'{backbone}.bank': bank}, f'a bank of {words}')
        for bank, words in (
            ('ones', 'ones: no Gabor filter'),
            ('random', 'random filters'),
        )
    ]
    rows.append(
        ('maxpool', {f'{backbone}.with_max_pool': True}, 'max pool kept')
    )
    networks = []
    for tag, options, about in rows:
        plain = f'gresnet18-{tag}'
        networks.append(
            PaperNetwork(
                plain, 'gresnet18', options, plain, f'{about}, no shift'
            )
        )
        networks.append(
            PaperNetwork(
                f'csgresnet18-{tag}', 'csgresnet18', options, plain, about
            )
        )
    return networks


_SOURCES = {'csgresnet18': 'gresnet18', 'csresnet18': 'resnet18'}
NETWORKS: dict[str, PaperNetwork] = {
    network.name: network
    for network in (
        *(
            PaperNetwork(name, name, {}, _SOURCES.get(name, name))
            for name in MAIN
        ),
        *_cells(),
        *_shifts(),
        *_gabor(),
    )
}
"""Name to network; 24 of them are the cells of Fig. 4."""

BEYOND = tuple(
    network.name
    for network in (*_shifts(), *_gabor())
    if network.name.startswith('csgresnet18-')
)
"""Variations that the paper does not have, against csgresnet18."""
