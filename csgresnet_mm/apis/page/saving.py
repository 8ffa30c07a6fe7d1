"""What the page lets one save: the answers as JSON and as CSV."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from csgresnet_mm.apis.page.markup import data_address
from csgresnet_mm.apis.predictor import Frame
from csgresnet_mm.apis.predictor.outputs import csv_table


def files_of(
    frames: Sequence[Frame], weights: str, classes: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """The answers of a photo or a video, for :func:`~.markup.downloads`.

    Args:
        frames: Of a video, or a photo's alone.
        weights: Name of what answered.
        classes: In the network's order.
    """
    document = {'weights': weights, 'frames': [_plain(f) for f in frames]}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / 'answers.csv'
        with csv_table(table, classes) as write:
            for frame in frames:
                write(frame)
        rows = table.read_bytes()
    return {
        'JSON': (
            '.json',
            data_address('application/json', text.encode(errors='replace')),
        ),
        'CSV': ('.csv', data_address('text/csv', rows)),
    }


def _plain(frame: Frame) -> dict[str, Any]:
    told = frame.to_dict()
    if frame.number is not None:
        told = {**told, 'frame': frame.number, 'time': frame.time}
    return told
