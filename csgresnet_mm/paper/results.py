"""What the finished runs gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from csgresnet_mm.apis.run_folder import CURVE, RUN
from csgresnet_mm.evaluation import (
    BEST,
    LAST,
    TITLES,
    MeanInterval,
    Metrics,
    Predictions,
    inflation,
    mean_interval,
    summarise,
)
from csgresnet_mm.paper.plan import HONEST, TEST, Run
from csgresnet_mm.safe_json import read_json


class Result:
    """A finished run.

    Args:
        run: Of the plan.
        folder: Its own.
    """

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.folder = folder
        self.facts: dict[str, Any] = read_json(folder / RUN)

    @cached_property
    def curve(self) -> list[dict[str, Any]]:
        """One entry an epoch."""
        return read_json(self.folder / CURVE)

    def predictions(self, protocol: str) -> Predictions:
        """Of the epoch that a protocol reports.

        Args:
            protocol: ``last``, ``best`` or ``honest``.
        """
        return Predictions.load(self.folder / f'{protocol}.npz')

    def metrics(self, protocol: str) -> Metrics:
        """All figures of :meth:`predictions`."""
        return summarise(self.predictions(protocol))

    def accuracy(self, protocol: str) -> float:
        """In percent."""
        right = self.predictions(protocol).right
        return 100 * float(np.mean(right))

    @property
    def reported(self) -> tuple[str, ...]:
        """The protocols that this run has a figure of."""
        return (HONEST,) if self.run.protocol == HONEST else (LAST, BEST)


class Results:
    """The finished runs of a plan.

    Args:
        runs: Of a plan.
        work: The folder that they ran in.
    """

    def __init__(self, runs: Iterable[Run], work: Path) -> None:
        self.work = work
        folders = {run: work / 'runs' / run.id for run in runs}
        self.found = [
            Result(run, folder)
            for run, folder in folders.items()
            if (folder / RUN).is_file()
        ]

    def of(
        self, network: str, data: str, protocol: str = TEST
    ) -> list[Result]:
        """The runs of a network on a data set, one a seed, seeds in order."""
        return sorted(
            (
                result
                for result in self.found
                if result.run.network == network
                and result.run.data == data
                and result.run.protocol == protocol
            ),
            key=lambda result: result.run.seed,
        )

    def by_seed(
        self, network: str, data: str, protocol: str
    ) -> dict[int, float]:
        """Seed to accuracy, in percent.

        Args:
            network: Its name.
            data: Its name.
            protocol: ``last``, ``best`` or ``honest``.
        """
        kind = HONEST if protocol == HONEST else TEST
        return {
            result.run.seed: result.accuracy(protocol)
            for result in self.of(network, data, kind)
        }

    def mean(
        self, network: str, data: str, protocol: str = LAST
    ) -> MeanInterval | None:
        """Over the seeds; None without a run."""
        values = [*self.by_seed(network, data, protocol).values()]
        return mean_interval(values) if values else None

    def paired(self, a: str, b: str, data: str) -> MeanInterval | None:
        """Mean of :meth:`differences`; None without a seed."""
        values = self.differences(a, b, data)
        return mean_interval(values) if values else None

    def differences(self, a: str, b: str, data: str) -> list[float]:
        """How much higher b is, in points, a seed that both have at a time."""
        first, second = (self.by_seed(name, data, LAST) for name in (a, b))
        seeds = sorted(first.keys() & second.keys())
        return [second[seed] - first[seed] for seed in seeds]

    def inflation(
        self, network: str, data: str, protocols: tuple[str, str]
    ) -> MeanInterval | None:
        """How much higher the first protocol's accuracy is than the second's.

        Over the seeds that have both; None without one.
        """
        optimistic, reference = (
            self.by_seed(network, data, protocol) for protocol in protocols
        )
        seeds = sorted(optimistic.keys() & reference.keys())
        if not seeds:
            return None
        return inflation(
            [optimistic[seed] for seed in seeds],
            [reference[seed] for seed in seeds],
        )

    def audit_of(self, data: str) -> Path | None:
        """The leak audit's report on a data set, where there is one."""
        path = self.work / 'audit' / data / 'report.json'
        return path if path.is_file() else None

    def data_names(self) -> list[str]:
        """The data sets that something was trained on, in plan order."""
        return list(dict.fromkeys(result.run.data for result in self.found))


def describe_data(results: Sequence[Result]) -> list[str]:
    """Release, variant and fingerprints of the data of some runs."""
    lines = []
    for result in results:
        facts = result.facts
        protocol = facts['protocol']
        prints = ', '.join(
            f'{part["split"]} {part["images"]} images {part["fingerprint"]}'
            for part in facts['fingerprint']
        )
        lines.append(
            f'Data ({TITLES.get(protocol, protocol)} protocol): release "'
            f'{facts["release"]}", variant "{facts["variant"]}"; {prints}'
        )
    return list(dict.fromkeys(lines))
