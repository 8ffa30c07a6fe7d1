"""Images that training could not read, counted over all loader workers."""

from __future__ import annotations

from collections import Counter

import torch

from ..errors import UnreadableImageError, warn


class SkipLog:
    """Counts each unreadable image once, whatever worker meets it.

    The table is shared memory, so workers that are started later (each
    epoch, if they are not persistent) know what was reported before.

    Args:
        size: Number of samples.
    """

    def __init__(self, size: int) -> None:
        self.causes = [
            'truncated',
            'empty',
            'cannot be read',
            'cannot be decoded',
            'too large',
            'box outside the image',
            'unreadable',
        ]
        self._seen = torch.zeros(size, dtype=torch.uint8).share_memory_()

    def add(self, index: int, error: UnreadableImageError) -> None:
        """Count sample ``index`` and warn, unless that was done before."""
        if self._seen[index]:
            return
        known = error.cause in self.causes
        cause = error.cause if known else 'unreadable'
        self._seen[index] = 1 + self.causes.index(cause)
        counts = ', '.join(
            f'{count} {cause}' for cause, count in self.counts().items()
        )
        warn(f'{error}; the next sample is used. Skipped so far: {counts}')

    def counts(self) -> Counter[str]:
        """Number of skipped images by cause."""
        counts = torch.bincount(self._seen, minlength=1 + len(self.causes))
        return Counter(
            {
                cause: int(count)
                for cause, count in zip(self.causes, counts[1:], strict=True)
                if count
            }
        )
