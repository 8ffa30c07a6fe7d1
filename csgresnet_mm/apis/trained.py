"""A trained network from its config and its checkpoint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import Config
from mmpretrain.models import MultiLabelClsHead, MultiTaskHead
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from csgresnet_mm.apis import model_info
from csgresnet_mm.apis.config_data.input_size import check_input_size
from csgresnet_mm.apis.config_reading import enter_scope
from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.run_info import read_run_info
from csgresnet_mm.apis.safe_config import model_as_data
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.class_order import find_classes
from csgresnet_mm.engine.strict_loading import load_strictly


class MismatchError(RuntimeError):
    """Another form of a network does not compute what the network does."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network, whatever its test pipeline does.

    Args:
        model: In evaluation mode, on the CPU.
        config: Of the run.
        meta: Of the checkpoint.
    """

    model: nn.Module
    config: Config
    meta: dict[str, Any]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Their names, if the checkpoint names them."""
        return find_classes({'meta': self.meta})


@dataclass(frozen=True, eq=False)
class Trained(Network):
    """A network and how it is used.

    Args:
        model: In evaluation mode, on the CPU.
        config: Of the run.
        meta: Of the checkpoint.
        info: How it is used.
    """

    info: ModelInfo


def load_trained(
    config: str | os.PathLike[str] | Config,
    checkpoint: str | os.PathLike[str],
    classes: Sequence[str] | None = None,
) -> Trained:
    """Load a network; the checkpoint is read as data.

    Args:
        config: The run's config or its file, which is trusted: it is code.
        checkpoint: The run's checkpoint, which need not be.
        classes: For a checkpoint that names none.

    Raises:
        FileNotFoundError: A file is not there.
        UnsafeCheckpointError: The checkpoint names more than data.
        ValueError: The two do not fit together: naming the keys.
    """
    found = load_network(config, checkpoint)
    try:
        info = read_run_info(found.config, found.meta, classes)
    except ValueError as error:
        raise ValueError(f'{os.fspath(checkpoint)}: {error}') from error
    return Trained(found.model, found.config, found.meta, info)


def load_network(
    config: str | os.PathLike[str] | Config,
    checkpoint: str | os.PathLike[str],
) -> Network:
    """As :func:`load_trained`, whatever the test pipeline does.

    Args:
        config: The run's config or its file, which is trusted: it is code.
        checkpoint: The run's checkpoint, which need not be.

    Raises:
        FileNotFoundError: A file is not there.
        UnsafeCheckpointError: The checkpoint names more than data.
        ValueError: The two do not fit together: naming the keys.
    """
    if not isinstance(config, Config):
        config = Config.fromfile(config)
    enter_scope(config)
    path = os.fspath(checkpoint)
    found = safe_loading.load_from_local(path, map_location='cpu')
    state = found.get('state_dict', found)
    meta = found.get('meta') or {}
    if 'architecture' in found:
        raise ValueError(
            f'{path} is the plain form, for torch alone (plain_network.py '
            "beside it loads it); expected the run's own checkpoint"
        )
    check_input_size(config, meta, path)
    model = MODELS.build(model_as_data(config))
    head = getattr(model, 'head', None)
    if head is None or isinstance(head, (MultiLabelClsHead, MultiTaskHead)):
        raise ValueError(
            f'{path}: model.head is {type(head).__name__}; expected one that '
            'gives one class of an image, as LinearClsHead'
        )
    load_strictly(model, state, path)
    model.eval()
    return Network(model, config, meta)


@torch.no_grad()
def probabilities(model: nn.Module, x: Tensor) -> Tensor:
    """What a classifier says.

    Args:
        model: MMPretrain's ImageClassifier in evaluation mode.
        x: Normalised images, shape (B, channels, H, W).

    Returns:
        Shape (B, K).
    """
    return model(x, mode='tensor').softmax(1)


def fixed_input(info: ModelInfo, batch: int = 1, seed: int = 0) -> Tensor:
    """As :func:`csgresnet_mm.apis.model_info.fixed_input`, a tensor."""
    return torch.from_numpy(model_info.fixed_input(info, batch, seed))
