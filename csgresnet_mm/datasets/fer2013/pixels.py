"""FER2013's images as one array, mapped from a file that is kept.

A CSV is parsed once. Its images lie from then on in a ``.npy`` file, whose
memory is shared by the processes that read it (loader workers, several
trainings); the emotions, and what is wrong, lie in an ``.npz`` beside it, with
the size and the time of change of the CSV and a sum of the images. What is
stale or damaged is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.stored_zip import require_stored

from ..cache.archive import DAMAGED
from ..cache.index import cache_folder
from ..errors import DatasetError, note
from ..reading import columns, delimited, names
from . import block, csv_file, line
from .block import Images
from .csv_file import CsvRows, FerCsv, RowProblem
from .line import PIXELS, SIDE

Stamp = tuple[int, int, int]
"""Size in bytes, time of change in ns and number on its disk of the CSV."""
_CHUNK = 512 * PIXELS


class Pixels:
    """The images of a CSV: opened when needed, never copied.

    A process that is forked shares the memory; one that is spawned opens the
    file again.

    Args:
        path: The CSV.
        cache: Whether the parsed images are kept. If not, they lie in the
            memory of this process, those that :meth:`hold` names, and a
            spawned one parses the CSV again.
        num_classes: Emotions are 0 .. num_classes - 1.
    """

    def __init__(
        self, path: Path, cache: bool = True, num_classes: int = 7
    ) -> None:
        self.path = path
        self.cache = cache
        self.num_classes = num_classes
        self.stamp = _stamp(path)
        self._images: Images | None = None
        self._rows: NDArray[np.int64] | None = None

    def open(self) -> tuple[CsvRows, Images]:
        """What the CSV holds; the images (N, 48, 48) are read only.

        Raises:
            DatasetError: See :class:`~.csv_file.FerCsv`; or the CSV is not
                what it was when this object was made.
        """
        table, images = self._open()
        now = _stamp(self.path)
        if now != self.stamp:
            raise DatasetError(
                f'{self.path}: was changed while it was in use ({now[0]} '
                f'bytes, {self.stamp[0]} before); start again'
            )
        self._images, self._rows = images, None
        return table, images

    def _open(self) -> tuple[CsvRows, Images]:
        if not self.cache:
            return self._parse()
        kept = _kept_path(self.path, self.num_classes)
        stored = _load(kept, self.stamp)
        if stored is not None:
            return stored
        try:
            _save(kept, self.path, self.stamp, self.num_classes)
        except OSError as error:
            note(f'{kept}: the images of {self.path} cannot be kept: {error}')
            return self._parse()
        return _load(kept, self.stamp) or self._parse()

    def _parse(self) -> tuple[CsvRows, Images]:
        """To the memory of this process."""
        with FerCsv(self.path, self.num_classes) as rows:
            images = np.empty((len(rows), SIDE, SIDE), np.uint8)
            first = 0
            for block in rows.blocks():
                images[first : first + len(block)] = block
                first += len(block)
            images.flags.writeable = False
            return rows.table(), images

    @property
    def in_memory(self) -> bool:
        """Whether images lie in this process, and are not mapped."""
        return self._images is not None and not isinstance(
            self._images, np.memmap
        )

    def hold(self, rows: ArrayLike) -> None:
        """Forget the images of all other rows, where they lie in memory."""
        if self._images is not None and self.in_memory:
            self._rows = np.asarray(rows, np.int64)
            self._images = self._images[self._rows]

    def __getitem__(self, row: int) -> Images:
        """A copy of one image (48, 48)."""
        if self._images is None:
            rows = self._rows
            self.open()
            if rows is not None:
                self.hold(rows)
        images: Any = self._images
        if self._rows is not None:
            row = int(np.flatnonzero(self._rows == row)[0])
        return np.array(images[row])

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__, _images=None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Pixels:
        return self


def _stamp(path: Path) -> Stamp:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns, status.st_ino


# ---- files that are kept ---------------------------------------------


def _kept_path(path: Path, num_classes: int) -> Path:
    """Where a CSV's images are kept; another parser keeps its own."""
    key = hashlib.blake2b(digest_size=16)
    for module in (block, columns, csv_file, delimited, line, names):
        key.update(Path(str(module.__file__)).read_bytes())
    key.update(Path(__file__).read_bytes())
    key.update(bytes([num_classes]))
    key.update(os.fsencode(os.path.realpath(path)))
    folder: Path = cache_folder().parent / 'pixels'
    return folder / f'{key.hexdigest()}.npy'


def _load(kept: Path, stamp: Stamp) -> tuple[CsvRows, Images] | None:
    """What is kept, if it is there, whole and of this CSV."""
    rows = kept.with_suffix('.npz')
    # nor where nobody may look
    if not (os.path.isfile(rows) and os.path.isfile(kept)):
        return None
    try:
        table, head = _read_rows(rows)
        if (head['size'], head['time'], head['file']) != stamp:
            return None
        images = np.load(kept, mmap_mode='r', allow_pickle=False)
        shape = (len(table.lines), SIDE, SIDE)
        if images.shape != shape or images.dtype != np.uint8:
            raise ValueError(f'holds {images.dtype} {images.shape}')
        if _sum_file(kept, images.nbytes) != head['sum']:
            raise ValueError('the sum of its images has changed')
    except DAMAGED as error:
        note(f'{kept}: damaged, made anew: {error}')
        return None
    return table, images


def _read_rows(path: Path) -> tuple[CsvRows, dict[str, Any]]:
    require_stored(path)
    with open(path, 'rb') as file, np.load(file, allow_pickle=False) as found:
        head = json.loads(found['head'].tobytes())
        table = CsvRows(
            found['labels'],
            found['usages'],
            found['lines'],
            [RowProblem(*problem) for problem in head['problems']],
            head['blank'],
        )
    if not len(table.labels) == len(table.usages) == len(table.lines):
        raise ValueError('its columns differ in length')
    return table, head


def _sum_file(path: Path, size: int) -> int:
    """Sum of the last ``size`` bytes of a file.

    They are read, since mapped pages would count as memory of this process.
    """
    total = 0
    buffer = bytearray(_CHUNK)
    with open(path, 'rb') as file:
        file.seek(-size, os.SEEK_END)
        while count := file.readinto(buffer):
            total += _sum(np.frombuffer(buffer, np.uint8, count))
    return total % 2**64


def _sum(images: Images) -> int:
    return int(images.reshape(-1).view(np.uint64).sum(dtype=np.uint64))


def _save(kept: Path, path: Path, stamp: Stamp, num_classes: int) -> None:
    """Parse a CSV and keep it: two files, each put in place by a rename."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(kept) as file:
        table, total = _write_images(file, path, num_classes)
    head = dict(
        size=stamp[0],
        time=stamp[1],
        file=stamp[2],
        sum=total,
        blank=table.blank,
        problems=table.problems,
    )
    with atomic_write(kept.with_suffix('.npz')) as file:
        np.savez(
            file,
            head=np.frombuffer(json.dumps(head).encode(), np.uint8),
            labels=table.labels,
            usages=table.usages,
            lines=table.lines,
        )


def _write_images(
    file: IO[bytes], path: Path, num_classes: int
) -> tuple[CsvRows, int]:
    """Write the images as .npy; their table and their sum."""
    total = 0
    with FerCsv(path, num_classes) as rows:
        head = dict(
            descr='|u1', fortran_order=False, shape=(len(rows), SIDE, SIDE)
        )
        np.lib.format.write_array_header_1_0(file, head)
        for block in rows.blocks():
            total += _sum(block)
            file.write(block.data)
        return rows.table(), total % 2**64
