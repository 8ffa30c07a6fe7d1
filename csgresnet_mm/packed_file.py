"""What lies in a file that ``tools/convert.py pack`` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import safetensors

INFO_KEY = 'csgresnet_mm.info'
GOLDEN_KEY = 'csgresnet_mm.golden'


def read_packed_file(
    path: Path, framework: str = 'pt'
) -> tuple[dict[str, Any], dict[str, str]]:
    """Weights by name, and the metadata; nothing in the file is run.

    Args:
        path: Of the file; it need not be trusted.
        framework: What the weights are: ``'pt'``, tensors of torch, or
            ``'numpy'``, arrays, without torch.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, no such file, lacks a key, or has a type
            of numbers that the framework does not know.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such packed file')
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
    return state, metadata
