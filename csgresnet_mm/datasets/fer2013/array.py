"""Data sets whose images may be the rows of an array."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ..base import FERDataset
from .block import Images
from .csv_file import CsvRows
from .pixels import Pixels


class ArrayFaces(FERDataset):
    """Base of FER2013, FER+ and CK+, whose images may lie in a CSV.

    An entry then holds the row of its image, and ``img_path`` is
    ``<path of the CSV>#<row>``. The image itself, (48, 48) and grey, is put
    into ``img`` at access; LoadFace takes it from there.
    """

    NUM_EMOTIONS: ClassVar[int] = 7
    """Of the CSV: they count from 0."""
    _pixels: dict[str, Pixels] | None = None

    def open_csv(self, path: Path) -> tuple[CsvRows, Images]:
        """What a CSV holds, to be called while samples are read."""
        self.files.mark(path)
        return self._find_pixels(str(path)).open()

    def _find_pixels(self, path: str) -> Pixels:
        if self._pixels is None:
            self._pixels = {}
        if path not in self._pixels:
            self._pixels[path] = Pixels(
                Path(path), self.cache, self.NUM_EMOTIONS
            )
        return self._pixels[path]

    def load_data_list(self) -> list[dict]:
        """See the base class; the images of no entry are not held."""
        entries: list[dict] = super().load_data_list()
        for path, pixels in (self._pixels or {}).items():
            if pixels.in_memory:
                of_csv = f'{path}#'
                pixels.hold(
                    [
                        entry['row']
                        for entry in entries
                        if entry['img_path'].startswith(of_csv)
                    ]
                )
        return entries

    def full_init(self) -> None:
        """Read the data set, once, and open its images for the workers."""
        if self._fully_initialized:
            return
        super().full_init()
        if len(self):
            self.get_data_info(0)

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """The entry; with ``img`` (48, 48), uint8, if it is in a CSV."""
        info: dict[str, Any] = super().get_data_info(idx)
        if 'row' in info:
            path, _, _ = info['img_path'].rpartition('#')
            info['img'] = self._find_pixels(path)[info['row']]
        return info
