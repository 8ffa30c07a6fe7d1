"""Which weights answer, as the app names them."""

from __future__ import annotations

from html import escape
from pathlib import Path

from csgresnet_mm.apis.predictor import ExpressionPredictor
from csgresnet_mm.weights import (
    find_weights,
    list_weights,
    read_card,
    weights_title,
)


def weights_name(path: Path | None) -> str:
    """The name of weights that ship, or of a file.

    Args:
        path: Of the file; None where a network was made in Python.
    """
    if path is None:
        return 'a network of your own'
    return path.stem if _ships(path) else path.name


def weights_line(predictor: ExpressionPredictor, path: Path | None) -> str:
    """In one line: their name, and what they distinguish."""
    if path is not None and _ships(path):
        return weights_title(path.stem)
    return f'{weights_name(path)}: {len(predictor.classes)} expressions'


def weights_details(predictor: ExpressionPredictor, path: Path | None) -> str:
    """That line, which opens what is known of them; Markdown and HTML."""
    line = escape(weights_line(predictor, path))
    return (
        f'<details class="fer-card"><summary>Weights: {line}</summary>\n\n'
        f'{weights_card(predictor, path)}\n\n</details>'
    )


def weights_card(predictor: ExpressionPredictor, path: Path | None) -> str:
    """What is known of them, Markdown and HTML."""
    if path is not None and _ships(path):
        return read_card(path.stem).partition('\n')[2].strip()
    info = predictor.info
    height, width = info.resize
    colours = 'grey' if info.grey_data or info.channel_order == 'grey' else ''
    rows = {
        'Classes': ', '.join(info.classes),
        'Input': f'a face, {colours + ", " if colours else ""}resized to '
        f'{height}x{width}',
        'Faces': f'cut out as in the training data: {predictor.alignment}',
        'Data': 'drawn demo faces'
        if info.synthetic
        else f'fingerprint {info.fingerprint}'
        if info.fingerprint
        else 'not named by the file',
    }
    cells = ''.join(
        f'<tr><th scope="row">{name}</th><td>{escape(text)}</td></tr>'
        for name, text in rows.items()
    )
    return f'<table>{cells}</table>'


def _ships(path: Path) -> bool:
    return path.stem in list_weights() and path == find_weights(path.stem)
