"""ONNX files: the runtime, and what a file says of itself."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

EXPORT_KEY = 'csgresnet_mm.export'
"""Of the metadata: how the file was made."""
INPUT_TYPES = ('uint8', 'float32')
"""Of a file that normalises."""
HINTS = {
    'onnxruntime': "ONNX Runtime is missing: pip install 'csgresnet_mm[predict]'",
}
HINT = "ONNX files need the extra: pip install 'csgresnet_mm[onnx]'"


def require(name: str) -> Any:
    """Import a package of the extra.

    Args:
        name: 'onnx', 'onnxscript', 'onnxruntime' or a module of these.

    Raises:
        ImportError: It is not installed: naming the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        hint = HINTS.get(name.partition('.')[0], HINT)
        raise ImportError(f'{hint} ({error})') from error


def open_session(
    model: bytes | Path,
    threads: int | None = None,
    weights: Mapping[str, np.ndarray] | None = None,
) -> Any:
    """An ONNX Runtime session on the CPU.

    Args:
        model: The file or its content.
        threads: Of one operator; None is the runtime's default.
        weights: By name, those that the file names but does not hold.
    """
    runtime = require('onnxruntime')
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors: it warns of what it optimises
    if threads is not None:
        options.intra_op_num_threads = threads
    # between two pictures, waiting threads would take the detector's time
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    if weights:
        values = map(runtime.OrtValue.ortvalue_from_numpy, weights.values())
        options.add_external_initializers(list(weights), list(values))
    return runtime.InferenceSession(
        model if isinstance(model, bytes) else str(model),
        options,
        providers=['CPUExecutionProvider'],
    )


def run_session(session: Any, images: np.ndarray) -> np.ndarray:
    """The one output for the one input, (B, channels, H, W) to (B, K)."""
    return session.run(None, {session.get_inputs()[0].name: images})[0]
