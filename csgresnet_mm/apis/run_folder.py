"""What lies in the folder of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RUN = 'run.json'
"""Of a finished run of tools/reproduce.py alone."""
WEIGHTS = 'weights.pth'
"""Of a run of tools/reproduce.py; others have last_checkpoint."""
CURVE = 'curve.json'
"""Of a run of tools/reproduce.py; others have MMEngine's scalars.json."""


def find_config(folder: Path) -> Path:
    """The one config of a run.

    Raises:
        FileNotFoundError: There is none.
        ValueError: There are several.
    """
    config = find_one(folder, '*.py', 'config')
    if config is None:
        raise FileNotFoundError(f'{folder}: no config (*.py) is there')
    return config


def find_one(folder: Path, pattern: str, what: str) -> Path | None:
    """The file of a pattern; of a reproduced run, that of its weights.

    Raises:
        ValueError: There are several.
    """
    found = sorted(folder.glob(pattern))
    if what == 'predictions':
        preferred = [p for p in found if p.stem in ('honest', 'last')]
        found = preferred or found
    if len(found) > 1:
        names = ', '.join(path.name for path in found)
        raise ValueError(f'{folder}: {names} are there; expected one {what}')
    return found[0] if found else None


def find_checkpoint(folder: Path) -> Path:
    """The last checkpoint of a run.

    Raises:
        FileNotFoundError: There is none.
    """
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS
    last = folder / 'last_checkpoint'
    if not last.is_file():
        raise FileNotFoundError(
            f'{folder}: neither {WEIGHTS} nor last_checkpoint is there; name '
            'a checkpoint'
        )
    named = Path(last.read_text().strip())
    # the folder may have been moved since
    return named if named.is_file() else folder / named.name


def read_history(folder: Path, split: str) -> list[dict[str, Any]]:
    """Training loss and accuracy, by epoch.

    A resumed run has several logs; of an epoch that was trained again the
    last one counts.

    Args:
        folder: Of the run.
        split: That was evaluated during training.

    Returns:
        Rows with ``epoch``, ``split`` and, where they are known, ``loss``
        (mean of the epoch's lines) and ``top1``. Empty where nothing was
        logged by epochs.

    Raises:
        ValueError: A log is not what MMEngine writes: naming file and line.
    """
    if (folder / CURVE).is_file():
        return json.loads((folder / CURVE).read_text())
    rows: dict[int, dict[str, Any]] = {}
    for path in sorted(folder.glob('*/vis_data/scalars.json')):
        losses: dict[int, list[float]] = {}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            entry = _parse(path, number, line)
            if 'loss' in entry and 'epoch' in entry:
                losses.setdefault(entry['epoch'], []).append(entry['loss'])
            elif 'accuracy/top1' in entry and 'step' in entry:
                row = rows.setdefault(entry['step'], {})
                row['top1'] = entry['accuracy/top1']
        for epoch, values in losses.items():
            mean = sum(values) / len(values)
            rows.setdefault(epoch, {})['loss'] = mean
    return [
        {'epoch': epoch, 'split': split, **rows[epoch]}
        for epoch in sorted(rows)
    ]


def _parse(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise ValueError(f'{path}, line {number}: {error}') from error
    if not isinstance(entry, dict):
        raise ValueError(f'{path}, line {number}: {line!r}; expected a dict')
    return entry
