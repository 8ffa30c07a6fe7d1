"""Results by RAF-DB's own attributes of people, where they are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from csgresnet_mm.datasets.reading.files import image_stem
from csgresnet_mm.evaluation import Predictions

ATTRIBUTES = {
    'gender': ('male', 'female', 'unsure'),
    'race': ('Caucasian', 'African-American', 'Asian'),
    'age': ('0-3', '4-19', '20-39', '40-69', '70+'),
}
"""As RAF-DB words them, code 0 first, in the order of its files."""
NUMBERS = 13
"""Of a file: five points, then three codes."""


def find_groups(
    predictions: Predictions,
) -> dict[str, dict[str, Predictions]]:
    """Predictions by attribute and group.

    Args:
        predictions: On RAF-DB's images, whose names are paths.

    Returns:
        Empty where the attributes are not there.

    Raises:
        ValueError: An image has no attributes though others have, or a file
            of them is malformed: naming it.
    """
    folder = _find_folder(predictions.names)
    if folder is None:
        return {}
    codes = np.array([_read(folder, name) for name in predictions.names])
    return {
        attribute: {
            word: predictions.take(codes[:, column] == code)
            for code, word in enumerate(words)
            if (codes[:, column] == code).any()
        }
        for column, (attribute, words) in enumerate(ATTRIBUTES.items())
    }


def _find_folder(names: Sequence[str]) -> Path | None:
    # basic/Image/aligned/test_0001_aligned.jpg
    for parent in Path(names[0]).parents[:3]:
        folder = parent / 'Annotation' / 'manual'
        if folder.is_dir():
            return folder
    return None


def _read(folder: Path, name: str) -> tuple[int, ...]:
    stem = image_stem(Path(name).name).removesuffix('_aligned')
    path = folder / f'{stem}_manu_attri.txt'
    if not path.is_file():
        raise ValueError(f'{path}: no such file, of the image {name}')
    words = path.read_text(encoding='utf-8').split()
    if len(words) != NUMBERS:
        raise ValueError(
            f'{path}: {len(words)} numbers; expected {NUMBERS}: five points, '
            f'then {", ".join(ATTRIBUTES)}'
        )
    codes = []
    for word, (attribute, known) in zip(
        words[-len(ATTRIBUTES) :], ATTRIBUTES.items(), strict=True
    ):
        if not word.isdecimal() or int(word) >= len(known):
            raise ValueError(
                f'{path}, {attribute}: {word!r}; expected 0 to '
                f'{len(known) - 1}'
            )
        codes.append(int(word))
    return tuple(codes)
