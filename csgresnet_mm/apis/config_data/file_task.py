"""Where an image lies; worker processes are given it."""

from typing import NamedTuple, TypeAlias

Box: TypeAlias = tuple[float, float, float, float]


class FileTask(NamedTuple):
    """An image in a file, of which ``box`` is the face, if there is one."""

    path: str
    box: Box | None = None
