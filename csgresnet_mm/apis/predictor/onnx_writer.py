"""ONNX files, written without the package onnx.

A graph is a few hundred small messages of protobuf's wire format; the numbers
of the fields are those of onnx.proto (Apache-2.0), IR version 8, opset 17.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

IR_VERSION = 8
OPSET = 17
_FLOAT, _INT64, _BOOL = 1, 7, 9
_TYPES = {
    np.dtype(np.float32): _FLOAT,
    np.dtype(np.int64): _INT64,
    np.dtype(np.bool_): _BOOL,
}
_INTS, _INT = 7, 2
"""Kinds of attributes."""
_EXTERNAL = 1

Dimension = int | str


class GraphWriter:
    """Collects the nodes of a graph, then gives the file.

    Args:
        name: Of the graph.
    """

    def __init__(self, name: str) -> None:
        self._graph = [_text(2, name)]
        self._count = 0
        self.external: dict[str, np.ndarray] = {}
        """Weights that the file names but does not hold."""

    def add(
        self,
        kind: str,
        inputs: Sequence[str],
        **attributes: int | Sequence[int],
    ) -> str:
        """Add an operator.

        Args:
            kind: Its name in ONNX.
            inputs: Names of values.
            attributes: Integers, or lists of them.

        Returns:
            The name of its one output.
        """
        self._count += 1
        output = f'{kind}{self._count}'
        node = [_text(1, name) for name in inputs]
        node += [_text(2, output), _text(3, output), _text(4, kind)]
        node += [
            _field(5, _attribute(name, value))
            for name, value in attributes.items()
        ]
        self._graph.append(_field(1, b''.join(node)))
        return output

    def constant(self, values: np.ndarray) -> str:
        """Add numbers that the file holds, for shapes and masks.

        Args:
            values: float32, int64 or bool.

        Returns:
            Their name.
        """
        self._count += 1
        name = f'constant{self._count}'
        tensor = _tensor(name, values)
        tensor += _field(9, np.ascontiguousarray(values).tobytes())
        self._graph.append(_field(5, tensor))
        return name

    def weight(self, name: str, values: np.ndarray) -> str:
        """Add numbers that the file does not hold: :attr:`external` does.

        Args:
            name: Unique.
            values: float32.

        Returns:
            The name.
        """
        self.external[name] = np.ascontiguousarray(values)
        place = _text(1, 'location') + _text(2, 'external')
        tensor = _tensor(name, values) + _field(13, place)
        tensor += _number(14, _EXTERNAL)
        self._graph.append(_field(5, tensor))
        return name

    def input(self, name: str, shape: Sequence[Dimension]) -> str:
        """Name a float32 input; text is a size that may vary."""
        self._graph.append(_field(11, _value(name, shape)))
        return name

    def output(self, name: str, shape: Sequence[Dimension]) -> None:
        """Make a value that exists an output."""
        self._graph.append(_field(12, _value(name, shape)))

    def to_bytes(self) -> bytes:
        """The file's content."""
        return b''.join(
            (
                _number(1, IR_VERSION),
                _field(7, b''.join(self._graph)),
                _field(8, _text(1, '') + _number(2, OPSET)),
            )
        )


def _varint(value: int) -> bytes:
    value &= 2**64 - 1  # negative numbers take ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _field(field, text.encode())


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    packed = _numbers(8, value)
    return _text(1, name) + packed + _number(20, _INTS)


def _numbers(field: int, values: Iterable[int]) -> bytes:
    return b''.join(_number(field, value) for value in values)


def _tensor(name: str, values: np.ndarray) -> bytes:
    head = _numbers(1, values.shape) + _number(2, _TYPES[values.dtype])
    return head + _text(8, name)


def _value(name: str, shape: Sequence[Dimension]) -> bytes:
    sizes = b''.join(
        _field(
            1, _number(1, size) if isinstance(size, int) else _text(2, size)
        )
        for size in shape
    )
    kind = _number(1, _FLOAT) + _field(2, sizes)
    return _text(1, name) + _field(2, _field(1, kind))
