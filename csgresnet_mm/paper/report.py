"""Writing what came of a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from csgresnet_mm.paper import item_costs, pictures
from csgresnet_mm.paper import items as of_items
from csgresnet_mm.paper.counts import Operations
from csgresnet_mm.paper.files import write_text
from csgresnet_mm.paper.item_cam import draw_cam
from csgresnet_mm.paper.item_claims import claim_tables
from csgresnet_mm.paper.plan import ITEMS, Sizes
from csgresnet_mm.paper.results import Results
from csgresnet_mm.paper.runs_table import leaks, metrics, timing
from csgresnet_mm.paper.tables import PaperTable, write_tables

STAMP = 'synthetic data, machinery only'
"""On all that the demo's data stand for."""
COUNTED = ('table1', 'table2')
"""Items that need no data."""


class Report:
    """The report of some runs.

    Args:
        results: Of the plan's finished runs.
        sizes: How much was trained.
        out: Folder to write to.
    """

    def __init__(self, results: Results, sizes: Sizes, out: Path) -> None:
        self.results = results
        self.sizes = sizes
        self.out = out
        self.stamp = STAMP if sizes.demo else None
        self._costs: dict[str, Operations] = {}

    @property
    def costs(self) -> dict[str, Operations]:
        """Of the networks of the paper, counted once."""
        if not self._costs:
            self._costs = item_costs.costs()
        return self._costs

    def write(self, items: Sequence[str], missing: Sequence[str]) -> None:
        """Write all items, what all runs gave, and report.md.

        Args:
            items: Of :data:`~.plan.ITEMS`.
            missing: Lines on runs that failed or could not start.
        """
        chosen = [item for item in ITEMS if item in set(items)]
        missing = list(missing)
        for item in chosen:
            if item == 'cam':
                missing += draw_cam(
                    self.results, self.sizes, self.out / item, self.stamp
                )
            elif item == 'claims':
                self._write_claims()
            else:
                tables = self._tables(item)
                head = [] if item in COUNTED else self._head()
                write_tables(self.out / item, tables, head)
                self._draw(item)
        extra = []
        if self.results.found:
            for name, tables in {
                'protocols': [of_items.protocols(self.results)],
                'metrics': metrics(self.results),
                'leaks': leaks(self.results),
            }.items():
                write_tables(self.out / name, tables, self._head())
                extra.append(name)
            # apart: no two runs give the same
            write_tables(
                self.out / 'timing', [timing(self.results)], self._head()
            )
            pictures.draw_details(self.results, self.out, self.stamp)
        self._index([*chosen, *extra], missing)

    def _head(self) -> list[str]:
        return [f'**{STAMP}**'] if self.sizes.demo else []

    def _write_claims(self) -> None:
        shown, varying = claim_tables(
            self.results, self.sizes, self.costs, self.stamp
        )
        write_tables(self.out / 'claims', shown, self._head())
        write_tables(self.out / 'claims-timing', [varying], self._head())

    def _tables(self, item: str) -> list[PaperTable]:
        results, sizes = self.results, self.sizes
        makers: dict[str, Callable[[], list[PaperTable]]] = {
            'table1': lambda: item_costs.structure(self.costs),
            'table2': lambda: item_costs.cost_tables(self.costs),
            'fig1': lambda: [
                of_items.comparison('table3', results, sizes)[0],
                item_costs.operations(self.costs),
            ],
            'fig3': lambda: of_items.parameters_figure(
                results, sizes, self.costs
            ),
            'fig4': lambda: of_items.ablation_figure(results, sizes),
            'ablation': lambda: of_items.beyond_figure(results),
        }
        if item in makers:
            return makers[item]()
        return of_items.comparison(item, results, sizes)

    def _draw(self, item: str) -> None:
        results, sizes = self.results, self.sizes
        out, stamp = self.out / item, self.stamp
        if item == 'fig1':
            pictures.draw_fig1(results, sizes, self.costs, out, stamp)
        elif item == 'fig3':
            pictures.draw_fig3(results, sizes, self.costs, out, stamp)
        elif item == 'fig4':
            pictures.draw_fig4(results, sizes, out, stamp)

    def _index(self, names: Sequence[str], missing: Sequence[str]) -> None:
        lines = ['# The paper, reproduced', '', *self._head(), '']
        if missing:
            lines += ['## Not there', '', *(f'- {m}' for m in missing), '']
        for name in names:
            path = self.out / f'{name}.md'
            if path.is_file():
                text = path.read_text(encoding='utf-8')
                lines.append(text.replace(f'**{STAMP}**\n\n', ''))
            lines += [
                f'![{path.stem}]({path.name})\n'
                for path in sorted(self.out.glob(f'{name}*.png'))
            ]
        lines += [
            f'![{path.stem}]({path.name})\n'
            for kind in ('confusion', 'curves')
            for path in sorted(self.out.glob(f'{kind}-*.png'))
        ]
        apart = [
            path.name
            for path in (self.out / 'timing.md', self.out / 'claims-timing.md')
            if path.is_file()
        ]
        if apart:
            lines.append(
                'Times and memory, which differ from run to run: '
                f'{", ".join(apart)}.\n'
            )
        write_text(self.out / 'report.md', '\n'.join(lines))
