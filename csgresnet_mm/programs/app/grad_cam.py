"""Grad-CAM of the faces that the app shows.

Torch and the stack are imported when the first map is asked for.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from csgresnet_mm.apis.predictor import ExpressionPredictor
from csgresnet_mm.program import INSTALL_GRAD_CAM
from csgresnet_mm.stack import find_stack


class GradCam:
    """Where a network looked for its answers.

    Args:
        predictor: Of the network.
        weights: Its file; None where it was made in Python.
    """

    def __init__(
        self, predictor: ExpressionPredictor, weights: Path | None = None
    ) -> None:
        self._network = predictor.network
        self._weights = weights
        self._model: Any = None
        self._turn = threading.Lock()

    @property
    def missing(self) -> str:
        """What it needs that is not here; '' where it can work."""
        if not (self._is_torch or self._is_packed):
            return 'this network has no gradients: torch does not run it'
        if find_stack() is None:
            return "it needs: pip install 'csgresnet_mm[onedl]'"
        if find_spec('pytorch_grad_cam') is None:
            return f'it needs: {INSTALL_GRAD_CAM}'
        return ''

    @property
    def _is_torch(self) -> bool:
        return hasattr(self._network, 'model')

    @property
    def _is_packed(self) -> bool:
        path = self._weights
        return path is not None and path.suffix.lower() == '.safetensors'

    def __call__(self, crops: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """The map of each face's most probable class.

        Args:
            crops: RGB, each of shape (*info.resize, 3), uint8.

        Returns:
            Each of shape (*info.input_size,), in [0, 1].

        Raises:
            ImportError: grad-cam is missing.
        """
        import torch

        from csgresnet_mm.apis.predictor.face_input import to_input
        from csgresnet_mm.visualization.cam import ExplainedFace, compute_cams

        with self._turn:  # its hooks take whatever goes through the network
            if self._model is None:
                self._model = self._open()
            device = next(self._model.parameters()).device
            grid = compute_cams(
                {'': self._model},
                [ExplainedFace(crop, '') for crop in crops],
                preprocess=lambda face: torch.from_numpy(
                    to_input(face[None], self._network.info)
                ).to(device),
                classes=self._network.info.classes,
            )
        return tuple(cell.map for (cell,) in grid.cells)

    def _open(self) -> Any:
        """A network of its own, that others do not use meanwhile."""
        if self._is_torch:
            return copy.deepcopy(self._network.model)
        from csgresnet_mm.apis.safetensors_model import load_safetensors_model

        return load_safetensors_model(self._weights)[0]
