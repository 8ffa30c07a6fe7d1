"""What the app lets one save: the answers as JSON and as CSV."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from csgresnet_mm.apis.predictor import Frame
from csgresnet_mm.apis.predictor.outputs import csv_table
from csgresnet_mm.programs.app.markup import data_address


def files_of(
    frames: Sequence[Frame],
    weights: tuple[str, str],
    classes: Sequence[str],
) -> dict[str, tuple[str, str]]:
    """The answers of a photo or a video, for :func:`~.markup.downloads`.

    Args:
        frames: Of a video, or a photo's alone.
        weights: Name of what answered, and its file's SHA-256 or ''.
        classes: In the network's order.
    """
    name, digest = weights
    document = {
        'weights': name,
        'weights_sha256': digest,
        'frames': [frame.to_dict() for frame in frames],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / 'answers.csv'
        with csv_table(table, classes, weights) as write:
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
