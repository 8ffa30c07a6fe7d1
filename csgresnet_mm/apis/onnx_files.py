"""ONNX files: the runtime, and what a file says of itself."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from csgresnet_mm.cpus import available_cpus

EXPORT_KEY = 'csgresnet_mm.export'
"""Of the metadata: how the file was made."""
INPUT_TYPES = ('uint8', 'float32')
"""Of a file that normalises."""
HINT = "{} is missing: pip install 'csgresnet_mm[{}]'"
THREADS = 'OMP_NUM_THREADS'
"""Of the environment: ONNX Runtime itself does not read it."""


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
        package = name.partition('.')[0]
        extra = 'predict' if package == 'onnxruntime' else 'onnx'
        hint = HINT.format(package, extra)
        raise ImportError(f'{hint} ({error})') from error


def default_threads() -> int:
    """OMP_NUM_THREADS, as torch has it; else one a CPU of this process."""
    threads = os.environ.get(THREADS, '')
    if threads.isdecimal() and int(threads) > 0:
        return int(threads)
    return available_cpus()


def open_session(
    model: bytes | Path,
    threads: int | None = None,
    weights: Mapping[str, np.ndarray] | None = None,
) -> Any:
    """An ONNX Runtime session on the CPU.

    Args:
        model: The file or its content.
        threads: Of one operator; None: :func:`default_threads`.
        weights: By name, those that the file names but does not hold.
    """
    runtime = require('onnxruntime')
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors: it warns of what it optimises
    options.intra_op_num_threads = threads or default_threads()
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
