"""Where the Triton kernels were measured faster: what ``auto`` goes by.

The table is ``measured.json`` in this folder, or the file that the variable
``CSGRESNET_MEASURED`` names: compute capability -> where it was measured, and
rows of :class:`Row`. ``python tools/benchmark.py --device cuda --sections
layers`` writes one. It is empty until someone has measured a card.
"""

import functools
import json
import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

VARIABLE = 'CSGRESNET_MEASURED'


class Row(NamedTuple):
    """A shape in which the Triton kernels are faster than the dense form.

    Args:
        dtype: Of the input, as torch writes it without ``torch.``.
        kernel_size: k, of both axes.
        stride: Of both axes.
        orientations: M.
        channels: C_in.
        planes: O.
        training: Whether forward and backward was measured, or forward.
        positions: From how many, B*H_out*W_out, it is faster.
    """

    dtype: str
    kernel_size: int
    stride: int
    orientations: int
    channels: int
    planes: int
    training: bool
    positions: int


def read(path: Path) -> dict[str, dict[tuple[object, ...], int]]:
    """Read a table.

    Args:
        path: A JSON file.

    Returns:
        Compute capability -> shape, a :class:`Row` without its last field ->
        the number of positions.

    Raises:
        ValueError: If the file is not such a table.
    """
    try:
        cards = json.loads(path.read_text())
        return {
            capability: {Row(**r)[:-1]: Row(**r).positions for r in c['rows']}
            for capability, c in cards.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'{path}: {error!r}; expected compute capability -> '
            f'{{"rows": [{{{", ".join(Row._fields)}}}, ...]}}'
        ) from error


@functools.cache
def _table() -> dict[str, dict[tuple[object, ...], int]]:
    packaged = Path(__file__).with_name('measured.json')
    return read(Path(os.environ.get(VARIABLE, packaged)))


@functools.cache
def _capability(device: torch.device) -> str:
    (major, minor) = torch.cuda.get_device_capability(device)
    return f'{major}.{minor}'


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def least_positions(
    device: torch.device, shape: tuple[object, ...]
) -> int | None:
    """From how many positions the Triton kernels are faster on a card.

    Args:
        device: A CUDA device.
        shape: A :class:`Row` without its last field.

    Returns:
        A number, or None where the table does not name the shape.
    """
    return _table().get(_capability(device), {}).get(shape)


def is_faster(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
    dtype: torch.dtype,
) -> bool:
    """Whether ``auto`` takes the Triton kernels.

    Args:
        x: Shape (B, C_in, H, W), on CUDA.
        weight: Shape (O, C_in, k, k).
        bank: Shape (M, k, k).
        stride: Of both axes.
        padding: Of both axes.
        dtype: What is computed in.

    Returns:
        What the table says.
    """
    (planes, channels, kernel_size, _) = weight.shape
    name = str(dtype).removeprefix('torch.')
    training = torch.is_grad_enabled() and weight.requires_grad
    least = least_positions(
        x.device,
        (
            name,
            kernel_size,
            stride,
            bank.shape[0],
            channels,
            planes,
            training,
        ),
    )
    if least is None:
        return False
    positions = x.shape[0]
    for size in x.shape[2:]:
        positions *= (size + 2 * padding - kernel_size) // stride + 1
    return bool(positions >= least)
