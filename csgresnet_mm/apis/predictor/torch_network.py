"""Networks that torch runs: any config, any device."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.predictor.face_input import to_input
from csgresnet_mm.apis.safetensors_model import load_safetensors_model
from csgresnet_mm.apis.trained import load_trained, probabilities
from csgresnet_mm.engine import safe_loading


def find_device(name: str) -> torch.device:
    """A device that is there.

    Raises:
        ValueError: It is not, or torch knows no such name.
    """
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f'device={name!r} is unknown ({error})') from error
    there = torch.cuda.device_count()
    if device.type == 'cuda' and (device.index or 0) >= there:
        raise ValueError(
            f'device={name!r}: torch sees {there} CUDA devices here'
        )
    return device


class TorchNetwork:
    """A network that torch runs, in its form for inference.

    Args:
        model: MMPretrain's classifier; deployed, if its backbone can be.
        info: What is known of it.
        device: 'cpu', 'cuda', 'cuda:1', ...

    Raises:
        ValueError: The device is not there.
    """

    def __init__(
        self, model: nn.Module, info: ModelInfo, device: str = 'cpu'
    ) -> None:
        self.info = info
        self.device = find_device(device)
        model.eval()
        if hasattr(model.backbone, 'switch_to_deploy'):
            model.backbone.switch_to_deploy()
        self.model = model.to(self.device)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """See :class:`FaceNetwork`."""
        x = torch.from_numpy(to_input(faces, self.info)).to(self.device)
        with torch.inference_mode():
            return probabilities(self.model, x).cpu().numpy()


def open_torch_network(
    model: str | os.PathLike[str] | None,
    path: Path,
    device: str = 'cpu',
    classes: Sequence[str] | None = None,
) -> TorchNetwork:
    """Open a run's checkpoint or a safetensors file in torch.

    Args:
        model: The config, for a checkpoint; None for a safetensors file.
        path: ``.pth``, ``.pt`` or ``.safetensors``.
        device: 'cpu' or a CUDA device.
        classes: For a checkpoint that names none.

    Raises:
        ValueError: Config and file do not fit together, or the device is
            not there.
    """
    if path.suffix.lower() == '.safetensors':
        return TorchNetwork(*load_safetensors_model(path), device)
    if model is None:
        found = safe_loading.load_from_local(str(path), 'cpu')
        if 'architecture' in found:
            raise ValueError(
                f'{path} is the plain form, for torch alone; expected the '
                "run's own .pth with its config, or a file of "
                'tools/convert.py safetensors'
            )
        raise ValueError(
            f'{path} needs the config of its run: give it (--config)'
        )
    trained = load_trained(model, path, classes)
    return TorchNetwork(trained.model, trained.info, device)
