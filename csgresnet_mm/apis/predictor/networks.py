"""A trained network behind one call, whatever runs it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from torch import nn

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.onnx_files import (
    EXPORT_KEY,
    INPUT_TYPES,
    open_session,
    require,
    run_session,
)
from csgresnet_mm.apis.packed import INFO_KEY, load_packed
from csgresnet_mm.apis.trained import load_trained, probabilities
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.plain_json import parse_json
from csgresnet_mm.weights import resolve_weights

HOLD_A_CONFIG = ('.safetensors', '.onnx')
"""Suffixes of files that need no config beside them."""
ONNX_ERRORS = ('Fail', 'InvalidProtobuf', 'InvalidGraph', 'NoSuchFile')
"""What ONNX Runtime raises on a damaged file."""


class FaceNetwork(Protocol):
    """Faces in, probabilities out; ``info`` tells which."""

    info: ModelInfo

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Classify faces.

        Args:
            faces: RGB, shape (n, *info.resize, 3), uint8, n >= 1.

        Returns:
            Shape (n, K), float32; each row sums to 1.
        """
        ...


def to_input(
    faces: np.ndarray, info: ModelInfo, *, pixels: bool = False
) -> np.ndarray:
    """Do to faces what the test pipeline and the preprocessor do.

    Args:
        faces: RGB, shape (n, *info.resize, 3), uint8.
        info: Of the network.
        pixels: For a network that reorders and normalises itself: red
            first, 0 to 255.

    Returns:
        Shape (n, channels, *info.input_size), float32.
    """
    height, width = info.input_size
    top = round((faces.shape[1] - height) / 2)
    left = round((faces.shape[2] - width) / 2)
    crop = faces[:, top : top + height, left : left + width]
    if info.channel_order == 'grey' or info.grey_data:
        # as MMCV reads a grey image
        grey = [cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in crop]
        crop = np.stack(grey)[..., None]
        if info.channel_order != 'grey':
            crop = crop.repeat(3, axis=3)
    elif info.channel_order == 'bgr' and not pixels:
        crop = crop[..., ::-1]
    x = crop.astype(np.float32)
    if not pixels:
        x = (x - np.float32(info.mean)) / np.float32(info.std)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


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


class OnnxNetwork:
    """A network that ONNX Runtime runs, on the CPU.

    Args:
        path: A file of ``tools/export_onnx.py``.

    Raises:
        ImportError: ONNX Runtime is not installed.
        ValueError: It is no ONNX file, or one without our metadata.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        name = os.fspath(path)
        runtime = require('onnxruntime.capi.onnxruntime_pybind11_state')
        unreadable = tuple(getattr(runtime, kind) for kind in ONNX_ERRORS)
        try:
            self._session = open_session(Path(path))
        except unreadable as error:
            raise ValueError(
                f'{name} cannot be read as an ONNX file ({error})'
            ) from error
        meta = self._session.get_modelmeta().custom_metadata_map
        for key in (INFO_KEY, EXPORT_KEY):
            if key not in meta:
                raise ValueError(
                    f'{name}: its metadata has the keys {sorted(meta)}, '
                    f'expected {key!r}: a file of tools/export_onnx.py'
                )
        try:
            self.info = ModelInfo.from_json(meta[INFO_KEY])
            settings = parse_json(meta[EXPORT_KEY])
            self._pixels = bool(settings['normalisation'])
            self._type = _find_type(settings['input_type'])
            self._logits = settings['output'] == 'logits'
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f'{name}: {error}') from error

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """See :class:`FaceNetwork`."""
        x = to_input(faces, self.info, pixels=self._pixels)
        found = run_session(self._session, x.astype(self._type, copy=False))
        if not self._logits:
            return found
        powers = np.exp(found - found.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)


def _find_type(name: object) -> np.dtype:
    if name not in INPUT_TYPES:
        raise ValueError(
            f'input_type={name!r:.80}; expected one of {INPUT_TYPES}'
        )
    return np.dtype(name)


def open_network(
    model: str | os.PathLike[str] | None,
    weights: str | os.PathLike[str] | None,
    device: str = 'cpu',
    classes: Sequence[str] | None = None,
) -> FaceNetwork:
    """Open a network by what its file is.

    Args:
        model: The config, for a ``.pth``; None for the others, which hold
            it.
        weights: ``.pth`` of a run, ``.safetensors`` of ``tools/convert.py``
            or ``.onnx`` of ``tools/export_onnx.py``. None of them is able
            to run code. Or the name of weights that ship; None: the default.
        device: 'cpu' or a CUDA device; ONNX Runtime takes 'cpu' only.
        classes: For a ``.pth`` that names none.

    Raises:
        FileNotFoundError: A file is not there.
        ImportError: A package is missing.
        ValueError: Config and file do not fit together, or the file is of
            another kind.
    """
    path = resolve_weights(weights)
    kind = path.suffix.lower()
    if kind not in ('.pth', '.pt', '.safetensors', '.onnx'):
        raise ValueError(
            f'{path}: expected weights in .pth, .safetensors or .onnx'
        )
    if kind in ('.pth', '.pt'):
        if model is None:
            found = safe_loading.load_from_local(str(path), 'cpu')
            if 'architecture' in found:
                raise ValueError(
                    f'{path} is the plain form, for torch alone; expected the '
                    "run's own .pth with its config, or a file of "
                    'tools/convert.py pack'
                )
            raise ValueError(
                f'{path} needs the config of its run: give it (--config)'
            )
        trained = load_trained(model, path, classes)
        return TorchNetwork(trained.model, trained.info, device)
    if model is not None:
        raise ValueError(f'{path} holds its config: leave {model} out')
    if kind == '.onnx':
        if device != 'cpu':
            raise ValueError(f'{path}: ONNX Runtime runs on cpu, not {device}')
        return OnnxNetwork(path)
    return TorchNetwork(*load_packed(path), device)


def find_network(
    model: Any,
    weights: str | os.PathLike[str] | None,
    device: str,
    classes: Sequence[str] | None,
) -> FaceNetwork:
    """The network that is given, or that of a file or of a name.

    Args:
        model: A network; else as :func:`open_network` has it.
        weights: As there; None where ``model`` is a network.
        device: As there.
        classes: As there.

    Raises:
        ValueError: ``model`` is neither, or needs weights beside it.
    """
    if callable(model) and weights is None:
        return model
    if model is not None and weights is None:
        kind = Path(str(model)).suffix.lower()
        if kind in HOLD_A_CONFIG:
            raise ValueError(
                f'model={model!r} is a file of weights, which holds its '
                f'config: give it as weights={model!r}'
            )
        raise ValueError(
            f'weights=None with model={model!r}: expected the checkpoint of '
            'this config as weights=, or a network as model='
        )
    return open_network(model, weights, device, classes)
