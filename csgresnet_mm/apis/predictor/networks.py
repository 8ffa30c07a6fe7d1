"""A trained network behind one call, whatever runs it.

Which form runs is measured: see README.md beside this file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.onnx_files import (
    EXPORT_KEY,
    INPUT_TYPES,
    open_session,
    require,
    run_session,
)
from csgresnet_mm.apis.predictor.architecture import UnsupportedNetworkError
from csgresnet_mm.apis.predictor.face_input import softmax, to_input
from csgresnet_mm.apis.predictor.safetensors_network import SafetensorsNetwork
from csgresnet_mm.safe_json import parse_json
from csgresnet_mm.safetensors_file import INFO_KEY
from csgresnet_mm.stack import find_stack, require_stack
from csgresnet_mm.weights import resolve_weights

HOLD_A_CONFIG = ('.safetensors', '.onnx')
"""Suffixes of files that need no config beside them."""
ONNX_ERRORS = ('Fail', 'InvalidProtobuf', 'InvalidGraph', 'NoSuchFile')
"""What ONNX Runtime raises on a damaged file."""


class FaceNetwork(Protocol):
    """Faces in, probabilities out; ``info`` says which."""

    info: ModelInfo

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Classify faces.

        Args:
            faces: RGB, shape (n, *info.resize, 3), uint8, n >= 1.

        Returns:
            Shape (n, K), float32; each row sums to 1.
        """
        ...


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
        return softmax(found) if self._logits else found


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
    *,
    in_torch: bool = False,
) -> FaceNetwork:
    """Open a network by what its file is.

    ONNX Runtime runs ``.onnx`` and, on the CPU, safetensors files of which it
    is given a graph; torch, which is imported then, the others.

    Args:
        model: The config, for a ``.pth``; None for the others, which hold
            it.
        weights: ``.pth`` of a run, ``.safetensors`` of ``tools/convert.py``
            or ``.onnx`` of ``tools/export_onnx.py``. None of them is able
            to run code. Or the name of weights that ship; None: the default.
        device: 'cpu' or a CUDA device; ``.onnx`` takes 'cpu' only.
        classes: For a ``.pth`` that names none.
        in_torch: Have torch run safetensors files, too: for gradients, as
            Grad-CAM needs them, or many faces at once.

    Raises:
        FileNotFoundError: A file is not there.
        ImportError: A package is missing: naming the line that installs it.
        ValueError: Config and file do not fit together, or the file is of
            another kind.
    """
    path = resolve_weights(weights)
    kind = path.suffix.lower()
    if kind not in ('.pth', '.pt', *HOLD_A_CONFIG):
        raise ValueError(
            f'{path}: expected weights in .pth, .safetensors or .onnx'
        )
    if kind in ('.pth', '.pt'):
        return _open_in_torch(model, path, device, classes, str(path))
    if model is not None:
        raise ValueError(f'{path} holds its config: leave {model} out')
    if kind == '.onnx':
        if device != 'cpu':
            raise ValueError(f'{path}: ONNX Runtime runs on cpu, not {device}')
        return OnnxNetwork(path)
    if device != 'cpu':
        return _open_in_torch(None, path, device, None, f'device={device!r}')
    no_runtime = find_spec('onnxruntime') is None and find_stack() is not None
    if in_torch or no_runtime:
        return _open_in_torch(None, path, device, None, 'this network')
    try:
        return SafetensorsNetwork(path)
    except UnsupportedNetworkError as error:  # names the file
        return _open_in_torch(None, path, device, None, str(error))


def _open_in_torch(
    model: str | os.PathLike[str] | None,
    path: Path,
    device: str,
    classes: Sequence[str] | None,
    why: str,
) -> FaceNetwork:
    try:
        require_stack()
    except ImportError as error:
        raise ImportError(
            f'{why} needs torch and MMPretrain: {error}'
        ) from error
    from csgresnet_mm.apis.predictor.torch_network import open_torch_network

    return open_torch_network(model, path, device, classes)


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
