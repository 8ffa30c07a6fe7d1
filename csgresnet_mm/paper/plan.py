"""Which trainings each item of the paper needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from csgresnet_mm.paper.paper_networks import (
    BEYOND,
    CELLS,
    NETWORKS,
    cell_name,
)
from csgresnet_mm.paper.reported import TABLE_DATA

ITEMS = (
    'table1',
    'table2',
    'table3',
    'table4',
    'table5',
    'fig1',
    'fig3',
    'fig4',
    'ablation',
    'claims',
    'cam',
)
"""In the order of the report; ``ablation`` is what the paper has not."""
TEST, HONEST = 'test', 'honest'
"""Protocols of a run: test after each epoch; val each epoch and test once."""
OURS = 'csgresnet18'
COMPARED = ('resnet18', 'gresnet18', OURS)
"""Those of claims and cam."""
FIG3 = ('resnet18', 'resnet34', 'gresnet18', 'gresnet34')
PAPER_EPOCHS, DEMO_EPOCHS = 150, 18
PAPER_DATA = tuple(TABLE_DATA.values())


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        network: A key of :data:`~.paper_networks.NETWORKS`.
        data: A key of :data:`~.data.DATA`.
        protocol: ``'test'`` or ``'honest'``.
        seed: Of everything that is drawn.
        pretrained: Whether it starts from AffectNet.
    """

    network: str
    data: str
    protocol: str
    seed: int
    pretrained: bool = False

    @property
    def id(self) -> str:
        """Readable: ``gresnet18_affectnet-rafdb_test_seed0``."""
        start = 'affectnet-' if self.pretrained else ''
        return (
            f'{self.network}_{start}{self.data}_{self.protocol}'
            f'_seed{self.seed}'
        )

    @property
    def needs(self) -> Run | None:
        """The pre-training, one for all seeds."""
        if not self.pretrained:
            return None
        source = NETWORKS[self.network].source
        return Run(source, 'affectnet', TEST, 0)


@dataclass(frozen=True)
class Sizes:
    """How much is trained.

    Args:
        seeds: Of the tables and Fig. 3.
        demo: Whether all data are the synthetic ones, at a small size.
        pretrain: Whether runs start from AffectNet, as the paper's.
        ablation_seeds: Of Fig. 4 and what goes beyond it.
        divisors: Of Fig. 4.
        epochs: Instead of the demo's.
        num_train, num_test: Images of the demo.
        faces: The demo's folder.
    """

    seeds: int = 5
    demo: bool = False
    pretrain: bool = True
    ablation_seeds: int = 5
    divisors: tuple[int, ...] = (8, 16, 32)
    epochs: int | None = None
    num_train: int = 840
    num_test: int = 210
    faces: str = 'data/demo-faces'

    @property
    def epochs_of_a_run(self) -> int:
        """Those of the schedule: the paper's, or the demo's."""
        return self.epochs or (DEMO_EPOCHS if self.demo else PAPER_EPOCHS)

    def options(self, run: Run) -> dict[str, Any]:
        """What they change in a run's config."""
        if not self.demo:
            return {}
        epochs = self.epochs_of_a_run
        warm_up = max(1, epochs // 6)
        options: dict[str, Any] = {
            'train_cfg.max_epochs': epochs,
            'param_scheduler.0.end': warm_up,
            'param_scheduler.1.begin': warm_up,
            'param_scheduler.1.end': epochs,
            'default_hooks.logger.interval': 10,
        }
        for split in ('train', 'val', 'test'):
            loader = f'{split}_dataloader'
            options |= {
                f'{loader}.num_workers': 0,
                f'{loader}.persistent_workers': False,
                f'{loader}.dataset.data_root': self.faces,
                f'{loader}.dataset.num_train': self.num_train,
                f'{loader}.dataset.num_test': self.num_test,
            }
        return options

    def data_of(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The data sets to take for some of the paper."""
        return ('demo',) if self.demo else tuple(wanted)


def runs_of(item: str, sizes: Sizes) -> list[Run]:
    """The trainings of an item, without pre-trainings.

    Args:
        item: One of :data:`ITEMS`.
        sizes: How much is trained.

    Raises:
        KeyError: There is no such item.
    """
    return list(dict.fromkeys(_RUNS[item](sizes)))


def plan(items: Iterable[str], sizes: Sizes) -> list[Run]:
    """All trainings of some items, each once, pre-trainings first.

    The order depends on the items alone: that of :data:`ITEMS`.
    """
    wanted = set(items)
    runs = [
        run for item in ITEMS if item in wanted for run in runs_of(item, sizes)
    ]
    needed = [run.needs for run in runs if run.needs is not None]
    return list(dict.fromkeys([*needed, *runs]))


def _runs(
    networks: Sequence[str],
    data: Sequence[str],
    seeds: int,
    sizes: Sizes,
    protocol: str = TEST,
) -> list[Run]:
    return [
        Run(network, name, protocol, seed, sizes.pretrain and not sizes.demo)
        for name in data
        for seed in range(seeds)
        for network in networks
    ]


def _table(*data: str, honest: str) -> Any:
    def runs(sizes: Sizes) -> list[Run]:
        return [
            *_runs([OURS], sizes.data_of(data), sizes.seeds, sizes),
            *_runs(
                [OURS], sizes.data_of([honest]), sizes.seeds, sizes, HONEST
            ),
        ]

    return runs


def cells_of(sizes: Sizes) -> list[tuple[int, int, str]]:
    """The cells of Fig. 4 that are trained."""
    return [cell for cell in CELLS if cell[0] in sizes.divisors]


def _fig4(sizes: Sizes) -> list[Run]:
    networks = ['gresnet18', *(cell_name(cell) for cell in cells_of(sizes))]
    data = sizes.data_of(PAPER_DATA)
    return _runs(networks, data, sizes.ablation_seeds, sizes)


def _ablation(sizes: Sizes) -> list[Run]:
    if sizes.demo:
        return []
    networks = ['gresnet18', OURS, 'csresnet18', *BEYOND]
    return _runs(networks, ('rafdb',), sizes.ablation_seeds, sizes)


def _fig1(sizes: Sizes) -> list[Run]:
    return _runs([OURS], sizes.data_of(['rafdb']), sizes.seeds, sizes)


def _fig3(sizes: Sizes) -> list[Run]:
    return _runs(FIG3, sizes.data_of(PAPER_DATA), sizes.seeds, sizes)


def _claims(sizes: Sizes) -> list[Run]:
    data = sizes.data_of(['rafdb'])
    return [*_runs(COMPARED, data, sizes.seeds, sizes), *_fig4(sizes)]


def _cam(sizes: Sizes) -> list[Run]:
    return _runs(COMPARED, sizes.data_of(['rafdb']), 1, sizes)


def _none(sizes: Sizes) -> list[Run]:
    return []


_RUNS = {
    'table1': _none,
    'table2': _none,
    'table3': _table('rafdb', honest='rafdb'),
    'table4': _table('fer2013-paper', 'fer2013', honest='fer2013'),
    'table5': _table('sfew', honest='sfew'),
    'fig1': _fig1,
    'fig3': _fig3,
    'fig4': _fig4,
    'ablation': _ablation,
    'claims': _claims,
    'cam': _cam,
}
