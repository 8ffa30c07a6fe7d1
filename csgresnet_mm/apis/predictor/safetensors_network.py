"""Safetensors files in ONNX Runtime: neither torch nor MMPretrain."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from csgresnet_mm.apis.model_info import ModelInfo, fixed_input
from csgresnet_mm.apis.onnx_files import open_session, run_session
from csgresnet_mm.apis.predictor.architecture import UnsupportedNetworkError
from csgresnet_mm.apis.predictor.face_input import softmax, to_input
from csgresnet_mm.apis.predictor.resnet_graph import build_graph
from csgresnet_mm.safetensors_file import (
    GOLDEN_KEY,
    INFO_KEY,
    check_golden,
    read_safetensors,
)


class SafetensorsNetwork:
    """A network of ``tools/convert.py safetensors`` that ONNX Runtime runs.

    Args:
        path: The file; it need not be trusted.

    Raises:
        FileNotFoundError: There is no such file.
        ImportError: ONNX Runtime is not installed.
        UnsupportedNetworkError: A ValueError: the file's network is none
            that a graph is made of here; torch runs it.
        ValueError: The file is damaged or no such file, or its scores of
            the fixed input miss the stored ones.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        state, metadata = read_safetensors(Path(path), 'numpy')
        try:
            self.info = ModelInfo.from_json(metadata[INFO_KEY])
            graph, weights = build_graph(self.info, state)
        except UnsupportedNetworkError as error:
            raise UnsupportedNetworkError(f'{path}: {error}') from error
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error
        self._session = open_session(graph, weights=weights)
        scores = run_session(self._session, fixed_input(self.info))[0]
        check_golden(
            scores, metadata[GOLDEN_KEY], len(self.info.classes), path
        )

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """See :class:`~.networks.FaceNetwork`."""
        x = to_input(faces, self.info)
        return softmax(run_session(self._session, x))
