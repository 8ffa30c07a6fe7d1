"""Static quantisation to 8 bits, with what it costs in accuracy."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from csgresnet_mm.apis.onnx_files import (
    EXPORT_KEY,
    open_session,
    require,
    run_session,
)
from csgresnet_mm.apis.run_images import (
    Array,
    build_dataset,
    normalise,
    read_pixels,
)
from csgresnet_mm.apis.trained import Trained
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.programs.onnx_export.export import Options

CALIBRATION_IMAGES = 256
BATCH = 32


@dataclass(frozen=True)
class QuantisedAccuracy:
    """What quantisation cost on the test split.

    Args:
        calibrated: Images of train that the ranges were taken from.
        images: Images of test.
        before: Accuracy of the float file in percent.
        after: Accuracy of the quantised file in percent.
    """

    calibrated: int
    images: int
    before: float
    after: float


def check_form(options: Options) -> None:
    """Whether files of such options can be quantised.

    Raises:
        ValueError: The form is not 'dense'.
    """
    if options.form != 'dense':
        raise ValueError(
            f'form={options.form!r} cannot be quantised: its mixing of '
            "orientations stays in float, expected form='dense'"
        )


def check_data(trained: Trained) -> None:
    """Whether the images for it can be read, before anything is written.

    Raises:
        ValueError: A data set is not in the config, or not there, or gives
            images without labels.
    """
    for split in ('train', 'test'):
        read_pixels(build_dataset(trained, split), 1)


def quantise(
    trained: Trained,
    source: Path,
    out: Path,
    options: Options,
    calibration_images: int = CALIBRATION_IMAGES,
) -> QuantisedAccuracy:
    """Write the quantised file beside the float one, and test both.

    Weights and activations have 8 bits with sign, weights a scale for each
    channel. Ranges come from images of the train split, without
    augmentation; the test split is only tested on.

    Args:
        trained: The network, with its run's config.
        source: The float file, of the form 'dense'.
        out: The file to write.
        options: Of the float file's export.
        calibration_images: Of train, evenly chosen.

    Raises:
        ImportError: A package of the extra [onnx] is missing.
        ValueError: The form is not 'dense', or a data set is not there.
    """
    check_form(options)
    pixels, _ = read_pixels(
        build_dataset(trained, 'train'), calibration_images
    )
    content = _quantised(source, to_input(trained, options, pixels))
    test, labels = read_pixels(build_dataset(trained, 'test'))
    images = to_input(trained, options, test)
    cost = QuantisedAccuracy(
        len(pixels),
        len(test),
        accuracy(open_session(source), images, labels),
        accuracy(open_session(content), images, labels),
    )
    with atomic_write(out, 0o644) as file:
        file.write(content)
    return cost


def to_input(trained: Trained, options: Options, pixels: Array) -> Array:
    """What the exported network takes, of pixels with blue first.

    Args:
        trained: The network.
        options: Of its export.
        pixels: uint8, shape (n, channels, H, W).

    Returns:
        The same shape.
    """
    x = torch.from_numpy(pixels)
    if options.normalisation:  # red first
        return x.flip(1).to(getattr(torch, options.input_type)).numpy()
    return normalise(trained, x).numpy()


class _Reader:
    """Gives ONNX Runtime the calibration images, in batches."""

    def __init__(self, name: str, images: Array) -> None:
        self._batches = (
            {name: images[start : start + BATCH]}
            for start in range(0, len(images), BATCH)
        )

    def get_next(self) -> dict[str, Array] | None:
        return next(self._batches, None)


def _quantised(source: Path, images: Array) -> bytes:
    onnx = require('onnx')
    tools = require('onnxruntime.quantization')
    shapes = require('onnxruntime.quantization.shape_inference')
    name = onnx.load(source).graph.input[0].name
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / 'prepared.onnx'
        result = Path(folder) / 'int8.onnx'
        shapes.quant_pre_process(
            str(source), str(prepared), skip_symbolic_shape=True
        )
        tools.quantize_static(
            str(prepared),
            str(result),
            _reader_class(tools)(name, images),
            per_channel=True,
            quant_format=tools.QuantFormat.QDQ,
        )
        model = onnx.load(result)
    _mark(onnx, model, onnx.load(source))
    return model.SerializeToString()


def _reader_class(tools: Any) -> type:
    # the runtime asks for its own base class
    return type('Reader', (_Reader, tools.CalibrationDataReader), {})


def _mark(onnx: Any, model: Any, source: Any) -> None:
    """Give the quantised model the float one's metadata."""
    found = {entry.key: entry.value for entry in source.metadata_props}
    settings = {**json.loads(found[EXPORT_KEY]), 'int8': True}
    found[EXPORT_KEY] = json.dumps(settings, sort_keys=True)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, found)


def accuracy(session: Any, images: Array, labels: Array) -> float:
    """Percent of images whose largest output is the label's.

    Args:
        session: Of ONNX Runtime.
        images: Shape (n, channels, H, W).
        labels: Shape (n,).
    """
    given = [
        run_session(session, images[start : start + BATCH]).argmax(1)
        for start in range(0, len(images), BATCH)
    ]
    return float((np.concatenate(given) == labels).mean() * 100)
