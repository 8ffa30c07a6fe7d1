"""Samples, their medians and quartiles, and ratios of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from csgresnet_mm.apis.measuring.compared_networks import OURS


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Args:
        section: Section of the benchmark.
        case: What all arms of a comparison have in common.
        role: Which side of a ratio the arm is on.
        model: The arm's network or layer.
        form: How it ran.
        round: Number of the round; one round holds each arm once.
        value: What was measured, the less the better.
        unit: ``'ms'`` or ``'MiB'``.
    """

    section: str
    case: str
    role: str
    model: str
    form: str
    round: int
    value: float
    unit: str


@dataclass(frozen=True)
class Summary:
    """The samples of one arm in one case."""

    section: str
    case: str
    role: str
    model: str
    form: str
    rounds: int
    median: float
    lower_quartile: float
    upper_quartile: float
    unit: str


@dataclass(frozen=True)
class Ratio:
    """How many times as fast, or as small, one of our forms is.

    Args:
        ours: The form of ours.
        peer: The form of the peer with the least median of its role.
        value: The peer's median / our median.
        lower_quartile: Of the ratios within one round.
        upper_quartile: Of the ratios within one round.
    """

    ours: Summary
    peer: Summary
    value: float
    lower_quartile: float
    upper_quartile: float


def _arms(
    samples: Iterable[Sample],
) -> dict[tuple[str, ...], list[Sample]]:
    """The samples of each arm, in order of appearance."""
    arms: dict[tuple[str, ...], list[Sample]] = {}
    for s in samples:
        key = (s.section, s.case, s.role, s.model, s.form)
        arms.setdefault(key, []).append(s)
    return arms


def summarise(samples: Iterable[Sample]) -> list[Summary]:
    """Give median and quartiles of each arm.

    Args:
        samples: Samples of any number of arms, in any order.

    Returns:
        One summary an arm, in the order of first appearance. Quartiles are
        interpolated linearly.
    """
    summaries = []
    for key, arm in _arms(samples).items():
        low, mid, high = np.quantile([s.value for s in arm], (0.25, 0.5, 0.75))
        summaries.append(
            Summary(
                *key,
                len(arm),
                float(mid),
                float(low),
                float(high),
                arm[0].unit,
            )
        )
    return summaries


def best_of(summaries: Iterable[Summary]) -> dict[str, Summary]:
    """Give the form with the least median of each role.

    Args:
        summaries: Of one case.

    Returns:
        Role -> summary.
    """
    best: dict[str, Summary] = {}
    for summary in summaries:
        known = best.get(summary.role)
        if known is None or summary.median < known.median:
            best[summary.role] = summary
    return best


def compare(samples: Sequence[Sample]) -> list[Ratio]:
    """Compare each of our forms with the best form of each peer.

    Args:
        samples: Samples of any number of cases.

    Returns:
        For each case, our form and peer one ratio, in order of appearance.
    """
    arms = _arms(samples)
    cases: dict[tuple[str, str], list[Summary]] = {}
    for summary in summarise(samples):
        cases.setdefault((summary.section, summary.case), []).append(summary)
    ratios = []
    for summaries in cases.values():
        peers = best_of(s for s in summaries if s.role != OURS)
        for ours in (s for s in summaries if s.role == OURS):
            for peer in peers.values():
                ratios.append(_ratio(ours, peer, arms))
    return ratios


def _ratio(
    ours: Summary, peer: Summary, arms: dict[tuple[str, ...], list[Sample]]
) -> Ratio:
    by_round = [
        {
            s.round: s.value
            for s in arms[(a.section, a.case, a.role, a.model, a.form)]
        }
        for a in (ours, peer)
    ]
    within = [by_round[1][n] / value for n, value in by_round[0].items()]
    low, high = np.quantile(within, (0.25, 0.75))
    return Ratio(
        ours, peer, peer.median / ours.median, float(low), float(high)
    )
