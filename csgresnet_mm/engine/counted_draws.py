"""Telling apart the draws of one image within an epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from torch.utils.data import Sampler


class Draw(int):
    """An index that was drawn before in the epoch.

    Args:
        index: Of the sample.
        turn: How often it was drawn before, at least 1.
    """

    turn: int

    def __new__(cls, index: int, turn: int) -> Draw:
        """An int that knows its turn."""
        draw = super().__new__(cls, index)
        draw.turn = turn
        return draw

    def __reduce__(self) -> tuple[type[Draw], tuple[int, int]]:
        """For the way to a loader's workers."""
        return Draw, (int(self), self.turn)


class CountedDraws(Sampler[int]):
    """Gives a sampler's indices, repeated ones as :class:`Draw`.

    Samplers that draw with replacement repeat an image in an epoch. It would
    look the same each time if its random numbers depended on seed, epoch and
    index alone.

    Args:
        sampler: Of indices.
    """

    def __init__(self, sampler: Collection[int]) -> None:
        self.sampler = sampler

    def __iter__(self) -> Iterator[int]:
        """The indices of an epoch."""
        turns: Counter[int] = Counter()
        for index in self.sampler:
            turn = turns[index]
            turns[index] += 1
            yield Draw(index, turn) if turn else index

    def __len__(self) -> int:
        """Number of indices."""
        return len(self.sampler)
