"""What lies in a file that ``tools/convert.py pack`` wrote."""

from __future__ import annotations

from pathlib import Path

import safetensors
from torch import Tensor

INFO_KEY = 'csgresnet_mm.info'
GOLDEN_KEY = 'csgresnet_mm.golden'


def read_packed_file(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Weights by name, and the metadata; nothing in the file is run.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, no such file, or lacks a key.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such packed file')
    try:
        with safetensors.safe_open(path, framework='pt') as file:
            metadata = dict(file.metadata() or {})
            state = {key: file.get_tensor(key) for key in file.keys()}
    except safetensors.SafetensorError as error:
        raise ValueError(
            f'{path}: cannot be read as safetensors, it may be damaged: '
            f'{error}'
        ) from error
    for key in (INFO_KEY, GOLDEN_KEY):
        if key not in metadata:
            raise ValueError(
                f'{path}: the metadata has the keys {sorted(metadata)}; '
                f'expected {key}'
            )
    return state, metadata
