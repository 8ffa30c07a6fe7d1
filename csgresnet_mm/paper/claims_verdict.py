"""A row of the table of claims, and how its verdict is reached."""

from __future__ import annotations

from dataclasses import dataclass

CONFIRMED = 'confirmed'
NOT_CONFIRMED = 'not confirmed'
CONTRADICTED = 'contradicted'
UNDECIDABLE = 'not decidable on this data'

Estimate = tuple[float, float | None, float | None]
"""Mean in percent and the ends of its interval, None where it has none."""


@dataclass(frozen=True)
class Claim:
    """A row of the table of claims.

    Args:
        text: What the paper says, quoted.
        source: Where.
        measurement: What was found here.
        interval: Of it, empty where it is exact or has none.
        verdict: One of the four words above.
        reason: Why this verdict.
        varies: Whether the measurement is a time or a memory, which is
            another one each time.
    """

    text: str
    source: str
    measurement: str
    interval: str
    verdict: str
    reason: str
    varies: bool = False


def judge(
    low: float | None,
    high: float | None,
    threshold: float,
    undecidable: str | None = None,
) -> str:
    """Say whether a quantity that is claimed to exceed a threshold does.

    Args:
        low: Lower end of the quantity's interval, None where there is none.
        high: Upper end.
        threshold: What it ought to exceed.
        undecidable: Why these data cannot decide, or None.

    Returns:
        ``confirmed`` if the whole interval lies above the threshold,
        ``contradicted`` if it lies at or below, else ``not confirmed``;
        ``not decidable on this data`` without interval or with a reason.

    Example:
        >>> judge(0.2, 1.0, 0), judge(-1.0, 0.4, 0), judge(-1.0, -0.5, 0)
        ('confirmed', 'not confirmed', 'contradicted')
    """
    if undecidable is not None or low is None or high is None:
        return UNDECIDABLE
    if low > threshold:
        return CONFIRMED
    return CONTRADICTED if high <= threshold else NOT_CONFIRMED


def show(low: float | None, high: float | None, digits: int = 2) -> str:
    """An interval in a table; empty where there is none."""
    if low is None or high is None:
        return ''
    return f'[{low:.{digits}f}, {high:.{digits}f}]'


def explain(undecidable: str | None, low: float | None, method: str) -> str:
    """Why a verdict of :func:`judge` is what it is.

    Args:
        undecidable: As there.
        low: As there.
        method: How it was reached, where there is an interval.
    """
    if undecidable:
        return undecidable
    return 'one seed has no interval' if low is None else method
