"""Export, and comparison with what was exported."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from csgresnet_mm.apis.onnx_files import (
    EXPORT_KEY,
    INPUT_TYPES,
    open_session,
    require,
    run_session,
)
from csgresnet_mm.apis.safetensors_model import INFO_KEY
from csgresnet_mm.apis.trained import MismatchError, Trained, fixed_input
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.programs.onnx_export.exported_network import ExportedNetwork

OPSET = 18
TOLERANCE = 1e-5
"""Of a probability."""
BATCHES = (1, 2, 3, 7, 16, 35)
"""64 images in all."""


@dataclass(frozen=True)
class Options:
    """How a network is exported.

    Args:
        form: ``'dense'`` or ``'factorised'``.
        normalisation: Whether pixels go in, see
            :class:`~.exported_network.ExportedNetwork`.
        input_type: ``'uint8'`` or ``'float32'``; the former with
            normalisation alone.
        logits: Whether scores come out instead of probabilities.

    Raises:
        ValueError: ``input_type`` is unknown, or needs normalisation.
    """

    form: str = 'dense'
    normalisation: bool = False
    input_type: str = 'float32'
    logits: bool = False

    def __post_init__(self) -> None:
        if self.input_type not in INPUT_TYPES:
            raise ValueError(
                f'input_type={self.input_type!r} must be one of {INPUT_TYPES}'
            )
        if self.input_type == 'uint8' and not self.normalisation:
            raise ValueError(
                "input_type='uint8' needs normalisation=True: normalised "
                'images are no bytes'
            )

    def metadata(self) -> dict[str, Any]:
        """What the file says of itself under :data:`EXPORT_KEY`."""
        values = asdict(self)
        values['output'] = 'logits' if values.pop('logits') else PROBABILITIES
        return {**values, 'opset': OPSET, 'int8': False}


PROBABILITIES = 'probabilities'


def export_onnx(trained: Trained, out: Path, options: Options) -> float:
    """Write one ONNX file that computes what the network does, or nothing.

    The batch is dynamic. ONNX Runtime computes 64 images in several batches,
    and the file appears only if its outputs are those of the network as it
    was trained. A network on a GPU is copied to the CPU.

    Args:
        trained: The network.
        out: The file.
        options: How.

    Returns:
        The largest difference of a probability.

    Raises:
        ImportError: A package of the extra [onnx] is missing.
        ValueError: The options do not fit the network.
        MismatchError: The outputs differ by more than :data:`TOLERANCE`.
    """
    if any(not p.is_cpu for p in trained.model.parameters()):
        model = copy.deepcopy(trained.model).cpu()
        trained = replace(trained, model=model)
    content = to_onnx(trained, options)
    error = compare(trained, content, options)
    if not error <= TOLERANCE:
        raise MismatchError(
            f'{out} was not written: ONNX Runtime differs from torch by '
            f'{error:.1e} in probability, expected at most {TOLERANCE:.0e}'
        )
    with atomic_write(out, 0o644) as file:
        file.write(content)
    return error


def to_onnx(trained: Trained, options: Options) -> bytes:
    """The content of the file, not yet compared.

    Raises:
        ImportError: A package of the extra [onnx] is missing.
        ValueError: The options do not fit the network.
    """
    onnx = require('onnx')
    require('onnxscript')
    network = ExportedNetwork(
        trained.model,
        trained.info,
        options.form,
        normalisation=options.normalisation,
        logits=options.logits,
    )
    metadata = options.metadata()
    with torch.no_grad():
        program = torch.onnx.export(
            network.eval(),
            (images_for(trained, options, 2),),
            dynamo=True,
            opset_version=OPSET,
            input_names=['images'],
            output_names=[metadata['output']],
            # a named Dim fails on torch 2.6, which guards the batch's size
            dynamic_shapes={'images': {0: torch.export.Dim.DYNAMIC}},
            verbose=False,
        )
    model = program.model_proto
    del model.graph.value_info[:]  # written with torch's name of the batch
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = 'batch'
    onnx.helper.set_model_props(
        model,
        {
            INFO_KEY: trained.info.to_json(),
            EXPORT_KEY: json.dumps(metadata, sort_keys=True),
        },
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def images_for(
    trained: Trained, options: Options, batch: int, seed: int = 0
) -> Tensor:
    """Noise that the exported network takes, (batch, channels, H, W)."""
    x = fixed_input(trained.info, batch, seed)
    if not options.normalisation:
        return x
    mean, std = (
        torch.tensor(values)[:, None, None]
        for values in (trained.info.mean, trained.info.std)
    )
    pixels = (x * std + mean).round()
    if trained.info.channel_order == 'bgr':
        pixels = pixels.flip(1)
    return pixels.to(getattr(torch, options.input_type))


@torch.no_grad()
def compare(
    trained: Trained,
    content: bytes,
    options: Options,
    batches: Sequence[int] = BATCHES,
) -> float:
    """The largest difference of a probability, ONNX Runtime to torch.

    Args:
        trained: The network as it was trained.
        content: The ONNX file.
        options: Of the export.
        batches: Numbers of images, each a call of its own.
    """
    session = open_session(content)
    worst = 0.0
    for seed, batch in enumerate(batches):
        images = images_for(trained, options, batch, seed).numpy()
        found = torch.from_numpy(run_session(session, images))
        if options.logits:
            found = found.softmax(1)
        x = fixed_input(trained.info, batch, seed)
        expected = trained.model(x, mode='tensor').softmax(1)
        worst = max(worst, _difference(found, expected))
    return worst


def _difference(found: Tensor, expected: Tensor) -> float:
    if found.shape != expected.shape:
        return float('inf')
    return float(np.abs((found - expected).numpy()).max())
