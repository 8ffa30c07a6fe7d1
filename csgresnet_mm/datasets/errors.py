"""What can be wrong with a data set on disk, and how it is reported."""

from __future__ import annotations

import logging

from mmengine.logging import print_log

from csgresnet_mm.printable import printable

ON_ERROR = ('raise', 'skip')


class DatasetError(ValueError):
    """Files on disk are not what the data set expects.

    The message names the file, the line or key, what was found and what was
    expected.
    """


class UnreadableImageError(DatasetError):
    """An image cannot be decoded at access.

    Args:
        message: Names the file and the cause.
        cause: A short cause, the same for like errors, for counting.
    """

    def __init__(self, message: str, cause: str = 'unreadable') -> None:
        super().__init__(message)
        self.cause = cause


def warn(message: str) -> None:
    """Log a warning to the running MMEngine logger."""
    print_log(printable(message), logger='current', level=logging.WARNING)


def note(message: str) -> None:
    """Log an information to the running MMEngine logger."""
    print_log(printable(message), logger='current', level=logging.INFO)
