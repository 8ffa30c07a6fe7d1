"""Accuracy on test images that have a copy in another split, and on others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.evaluation.intervals import Interval, bootstrap_intervals
from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.safe_json import read_json

_STOPPED = 'near-duplicates-too-many'
"""The finding of a search that was given up."""


@dataclass(frozen=True)
class Share:
    """Some of the test images.

    Args:
        names: Of these images.
        accuracy: Percent; None of no image.
        interval: Of the accuracy, by bootstrap; None of no image.
    """

    names: tuple[str, ...]
    accuracy: float | None
    interval: Interval | None


@dataclass(frozen=True)
class LeakSplit:
    """Test images that are copies of images elsewhere, and clean ones."""

    leaked: Share
    clean: Share

    @property
    def difference(self) -> float | None:
        """Leaked minus clean, in points; None where one has no image."""
        if self.leaked.accuracy is None or self.clean.accuracy is None:
            return None
        return self.leaked.accuracy - self.clean.accuracy


def split_by_leak(
    predictions: Predictions,
    report: str | os.PathLike[str],
    split: str = 'test',
) -> LeakSplit:
    """Part the images of a split by what the audit found.

    Args:
        predictions: Of the whole split of the audited config.
        report: Path of the ``report.json`` of ``tools/check_dataset.py``.
        split: Whose the predictions are: 'train', 'val' or 'test'.

    Raises:
        ValueError: As in :func:`leaked_rows`.
    """
    leaked = leaked_rows(predictions, report, split)
    return LeakSplit(_share(predictions, leaked), _share(predictions, ~leaked))


def leaked_rows(
    predictions: Predictions,
    report: str | os.PathLike[str],
    split: str = 'test',
) -> NDArray[np.bool_]:
    """Which images of a split have a copy in another one.

    That is an image that the report lists as an exact or near duplicate of an
    image of another split, whatever the labels. Images are found by their
    place in the test set and checked by their path below the data's root, so
    the folder may have been moved since.

    Args:
        predictions: Of the whole split of the audited config, n images.
        report: Path of the ``report.json`` of ``tools/check_dataset.py``.
        split: Whose the predictions are: 'train', 'val' or 'test'.

    Returns:
        Shape (n,).

    Raises:
        ValueError: The file is no such report, has no single such split or
            another one than the predictions', or the search for near
            duplicates was given up.
    """
    path = Path(report)
    content = _read(path)
    name, facts = _find_split(path, content['splits'], split)
    if facts['images'] != len(predictions):
        raise ValueError(
            f'{path}, split {name}: {facts["images"]} images; expected the '
            f'{len(predictions)} of the predictions'
        )
    leaked = np.zeros(len(predictions), np.bool_)
    for image in _across(content):
        if image['split'] == name:
            _check_name(path, image, facts['root'], predictions)
            leaked[image['index']] = True
    return leaked


def _read(path: Path) -> dict[str, Any]:
    expected = 'expected the report.json of tools/check_dataset.py'
    try:
        content = read_json(path)
    except ValueError as error:
        raise ValueError(f'{error}; {expected}') from error
    keys = ('splits', 'findings', 'exact_duplicates', 'near_duplicates')
    missing = [
        key
        for key in keys
        if not isinstance(content, dict) or key not in content
    ]
    if missing:
        raise ValueError(f'{path}: no {", ".join(missing)}; {expected}')
    stopped = [
        finding['text']
        for finding in content['findings']
        if finding['code'] == _STOPPED
    ]
    if stopped:
        raise ValueError(
            f'{path}: {stopped[0]}; expected a complete search, as no image '
            'can be called clean without it'
        )
    return content


def _find_split(
    path: Path, splits: Mapping[str, dict[str, Any]], wanted: str
) -> tuple[str, dict[str, Any]]:
    """The one split that is, or is also, the one wanted."""
    found = [
        name
        for name in splits
        if any(part.split('/')[0] == wanted for part in name.split(', '))
    ]
    if len(found) != 1:
        raise ValueError(
            f'{path}: splits {", ".join(splits)}; expected one of {wanted}'
        )
    return found[0], splits[found[0]]


def _across(content: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Images of duplicates across splits."""
    for kind in ('exact_duplicates', 'near_duplicates'):
        for item in content[kind]:
            if item['across']:
                yield from item['images']


def _check_name(
    path: Path, image: Mapping[str, Any], root: str, predictions: Predictions
) -> None:
    name = predictions.names[image['index']]
    below = image['path'].removeprefix(root).lstrip('/')
    if name != image['path'] and not f'/{name}'.endswith(f'/{below}'):
        raise ValueError(
            f'{path}, {image["split"]}, image {image["index"]}: '
            f'{image["path"]}; expected that of the predictions, {name}'
        )


def _share(predictions: Predictions, rows: NDArray[np.bool_]) -> Share:
    if not rows.any():
        return Share((), None, None)
    part = predictions.take(rows)
    return Share(
        part.names,
        100 * float(part.right.mean()),
        bootstrap_intervals(part)['accuracy'],
    )
