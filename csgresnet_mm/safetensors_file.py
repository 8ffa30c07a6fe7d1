"""What lies in a file that ``tools/convert.py safetensors`` wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from csgresnet_mm.safe_json import parse_json
from csgresnet_mm.weight_faults import check_finite

INFO_KEY = 'csgresnet_mm.info'
GOLDEN_KEY = 'csgresnet_mm.golden'
TOLERANCE = 1e-4
"""Of a score, relative to the largest: another CPU adds in another order."""


def read_safetensors(
    path: Path, framework: str = 'pt'
) -> tuple[dict[str, Any], dict[str, str]]:
    """Weights by name, and the metadata; nothing in the file is run.

    Args:
        path: Of the file; it need not be trusted.
        framework: What the weights are: ``'pt'``, tensors of torch, or
            ``'numpy'``, arrays, without torch.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, no such file, lacks a key, has a type of
            numbers that the framework does not know, or weights that are NaN
            or infinite.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such safetensors file')
    try:
        with safetensors.safe_open(path, framework=framework) as file:
            metadata = dict(file.metadata() or {})
            state = {key: file.get_tensor(key) for key in file.keys()}
    except safetensors.SafetensorError as error:
        raise ValueError(
            f'{path}: cannot be read as safetensors, it may be damaged: '
            f'{error}'
        ) from error
    except (TypeError, AttributeError) as error:  # bfloat16, float8
        raise ValueError(
            f'{path}: a weight has a type that {framework} does not know: '
            f'{error}'
        ) from error
    for key in (INFO_KEY, GOLDEN_KEY):
        if key not in metadata:
            raise ValueError(
                f'{path}: the metadata has the keys {sorted(metadata)}; '
                f'expected {key}'
            )
    check_finite(str(path), state)
    return state, metadata


def check_golden(
    found: np.ndarray, text: str, classes: int, path: str | os.PathLike[str]
) -> None:
    """Check what a network computes against what its file says.

    Args:
        found: Its scores of the fixed input, shape (K,).
        text: Of :data:`GOLDEN_KEY`, JSON.
        classes: How many there are.
        path: Of the file, for the error.

    Raises:
        ValueError: They differ by more than :data:`TOLERANCE`, or are not
            one for each class.
    """
    place = f'{os.fspath(path)}, {GOLDEN_KEY}'
    try:
        expected = np.asarray(parse_json(text), np.float32)
    except (ValueError, TypeError) as error:
        raise ValueError(f'{place}: {error}') from error
    if found.shape != expected.shape or len(found) != classes:
        raise ValueError(
            f'{place}: the network gives {len(found)} scores, the file has '
            f'{expected.size}; expected one for each of {classes} classes'
        )
    error = np.abs(found - expected).max()
    error = float(error / max(np.abs(expected).max(), 1e-6))
    if not error <= TOLERANCE:
        raise ValueError(
            f'{place}: the scores of the fixed input are {found.tolist()}; '
            f'expected {expected.tolist()} (relative error {error:.1e}, at '
            f'most {TOLERANCE:.0e})'
        )
