"""What a network said about each image of a test set, kept in a file."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.stored_zip import require_stored

KEYS = ('scores', 'labels', 'names', 'classes')
SUM_TOLERANCE = 1e-2
"""By which a row of probabilities may miss 1: half precision does."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities and true classes of n images, K classes.

    Rows are in the order of the data set.

    Args:
        scores: Probabilities, shape (n, K), float32.
        labels: True classes, shape (n,), int64, 0 to K-1.
        names: Path of each image, or another name where it has none.
        classes: Name of each class, label 0 first.

    Raises:
        ValueError: These do not fit together: naming the key, what was found
            and what is expected.
    """

    scores: NDArray[np.float32]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        _check(self)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def given(self) -> NDArray[np.int64]:
        """The most probable class of each image, the first of equal ones."""
        return self.scores.argmax(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each image's most probable class is its true one."""
        return self.given == self.labels

    def take(self, rows: NDArray[np.bool_]) -> Predictions:
        """Those of some images.

        Args:
            rows: Which, shape (n,).

        Raises:
            ValueError: There would be none.
        """
        names = tuple(
            name
            for name, wanted in zip(self.names, rows, strict=True)
            if wanted
        )
        return Predictions(
            self.scores[rows], self.labels[rows], names, self.classes
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them as an .npz archive, whole or not at all.

        The same predictions give the same bytes.

        Args:
            path: Of the file; missing folders are made.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, 0o644) as file:
            np.savez(
                file,
                scores=self.scores,
                labels=self.labels,
                names=np.array(self.names, np.str_),
                classes=np.array(self.classes, np.str_),
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Predictions:
        """Read what :meth:`save` wrote; nothing in a file is executed.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is no such archive, or its content does not fit
                together: naming the file, the key, what was found and what
                is expected.
        """
        arrays = _read(Path(path))
        try:
            return cls(
                arrays['scores'],
                arrays['labels'],
                tuple(arrays['names'].tolist()),
                tuple(arrays['classes'].tolist()),
            )
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error


def _read(path: Path) -> dict[str, NDArray]:
    expected = [f'{key}.npy' for key in KEYS]
    try:
        _require_stored(path)
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            if sorted(members) != sorted(expected):
                raise ValueError(
                    f'{path}: holds {", ".join(members) or "nothing"}; '
                    f'expected {", ".join(expected)}'
                )
            return {key: _read_array(path, archive, key) for key in KEYS}
    except zipfile.BadZipFile as error:
        raise ValueError(
            f'{path}: {error}; expected a whole .npz archive with '
            f'{", ".join(expected)}'
        ) from error


def _require_stored(path: Path) -> None:
    try:
        require_stored(path)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _read_array(path: Path, archive: zipfile.ZipFile, key: str) -> NDArray:
    text = key in ('names', 'classes')
    try:
        with archive.open(f'{key}.npy') as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, MemoryError, zlib.error) as error:
        raise ValueError(
            f'{path}, {key}: {error}; expected an array of '
            f'{"text" if text else "numbers"}'
        ) from error
    if array.dtype.kind not in ('U' if text else 'fi'):
        raise ValueError(
            f'{path}, {key}: dtype {array.dtype}; expected '
            f'{"text" if text else "numbers"}'
        )
    if text and array.ndim != 1:
        raise ValueError(
            f'{path}, {key}: shape {array.shape}; expected one axis'
        )
    return array


def _check(predictions: Predictions) -> None:
    scores, labels = predictions.scores, predictions.labels
    count, size = len(predictions.names), len(predictions.classes)
    if count == 0 or size < 2:
        raise ValueError(
            f'{count} images and {size} classes; expected 1 image or more '
            'and 2 classes or more'
        )
    for key, array, dtype, shape in (
        ('scores', scores, np.float32, (count, size)),
        ('labels', labels, np.int64, (count,)),
    ):
        if array.dtype != dtype or array.shape != shape:
            raise ValueError(
                f'{key}: {array.dtype} of shape {array.shape}; expected '
                f'{np.dtype(dtype)} of shape {shape}, for {count} names and '
                f'{size} classes'
            )
    wrong = np.flatnonzero((labels < 0) | (labels >= size))
    if len(wrong):
        raise ValueError(
            f'labels: {labels[wrong[0]]} of image {wrong[0]} '
            f'({predictions.names[wrong[0]]}); expected 0 to {size - 1}'
        )
    fair = np.isfinite(scores) & (scores >= 0)
    sums = np.where(fair, scores, np.inf).sum(axis=1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) <= SUM_TOLERANCE))
    if len(wrong):
        raise ValueError(
            f'scores: {scores[wrong[0]].tolist()} of image {wrong[0]} '
            f'({predictions.names[wrong[0]]}); expected probabilities, '
            'whose sum is 1'
        )
