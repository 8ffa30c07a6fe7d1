"""One file with a network, what it needs, and a proof that it arrived.

The format is safetensors: weights under the model's own keys, and in the
metadata the :class:`~csgresnet_mm.apis.model_info.ModelInfo` and the scores
of one fixed input, which are computed again at loading. Nothing in such a
file is run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import safetensors.torch
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.safe_config import BUILD_ERRORS, build_safely
from csgresnet_mm.apis.trained import fixed_input, load_trained
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.engine.strict_loading import load_strictly
from csgresnet_mm.safe_json import parse_json
from csgresnet_mm.safetensors_file import (
    GOLDEN_KEY,
    INFO_KEY,
    check_golden,
    read_safetensors,
)


@torch.no_grad()
def golden_scores(model: nn.Module, info: ModelInfo) -> Tensor:
    """Scores of the fixed input, shape (K,), float32."""
    return model(fixed_input(info), mode='tensor')[0]


def save_safetensors_model(
    config: str | os.PathLike[str] | Config,
    checkpoint: str | os.PathLike[str],
    out: str | os.PathLike[str],
    classes: tuple[str, ...] | None = None,
    *,
    half: bool = False,
) -> ModelInfo:
    """Write a safetensors file, whole or not at all.

    Args:
        config: Of the run, or its file.
        checkpoint: Of the run; it is read as data.
        out: The file to write.
        classes: For a checkpoint that names none.
        half: Keep the weights in float16: half the size. The proof is of
            the rounded weights.

    Returns:
        What was embedded.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: Config and checkpoint do not fit together, or the config
            names a part that :func:`load_safetensors_model` would refuse.
    """
    trained = load_trained(config, checkpoint, classes)
    info = trained.info
    model = build_safely(
        json.loads(info.config)
    )  # as load_safetensors_model will
    load_strictly(model, trained.model.state_dict(), str(checkpoint))
    if half:
        model = model.half().float()  # rounded
    golden = golden_scores(model, info)
    state = {
        key: (
            value.half() if half and value.is_floating_point() else value
        ).contiguous()
        for key, value in model.state_dict().items()
    }
    content = safetensors.torch.save(
        state,
        {
            INFO_KEY: info.to_json(),
            GOLDEN_KEY: json.dumps(golden.tolist()),
        },
    )
    with atomic_write(Path(out), 0o644) as file:
        file.write(_ordered(content))
    return info


def _ordered(content: bytes) -> bytes:
    """The same file with its metadata in order: safetensors shuffles them."""
    end = 8 + int.from_bytes(content[:8], 'little')
    header = json.loads(content[8:end])
    header['__metadata__'] = dict(sorted(header['__metadata__'].items()))
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    return len(text).to_bytes(8, 'little') + text + content[end:]


def load_safetensors_model(
    path: str | os.PathLike[str],
) -> tuple[nn.Module, ModelInfo]:
    """Read a network's safetensors file, and check what it computes.

    Args:
        path: Of the file; it need not be trusted.

    Returns:
        The model in evaluation mode, on the CPU, and how it is used. Scores
        are ``model(x, mode='tensor')`` of normalised images (B, channels, H,
        W).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, not such a file, or its scores of the
            fixed input miss the stored ones by more than
            :data:`~csgresnet_mm.safetensors_file.TOLERANCE`: naming the file,
            the key, what was found and what is expected.
    """
    state, metadata = read_safetensors(Path(path))
    init_default_scope('mmpretrain')
    try:
        info = ModelInfo.from_json(metadata[INFO_KEY])
        numbers = sum(value.numel() for value in state.values())
        model = build_safely(parse_json(info.config), numbers)
    except BUILD_ERRORS as error:
        raise ValueError(f'{path}: {error}') from error
    load_strictly(model, state, str(path))
    scores = golden_scores(model, info).numpy()
    check_golden(scores, metadata[GOLDEN_KEY], len(info.classes), path)
    return model, info
