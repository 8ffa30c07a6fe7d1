"""One image of a data set, before it becomes MMEngine's entry."""

from __future__ import annotations

from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One image; ``key`` names it whatever the layout, for carving.

    ``box`` is (left, top, right, bottom) in pixels, where the face is to be
    cropped.
    """

    path: str
    label: int
    key: str
    box: tuple[float, float, float, float] | None = None

    def info(self) -> dict[str, Any]:
        """The entry of MMEngine's data list."""
        info: dict[str, Any] = dict(img_path=self.path, gt_label=self.label)
        return info if self.box is None else dict(info, box=self.box)
