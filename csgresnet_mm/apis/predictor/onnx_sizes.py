"""An ONNX file that takes pictures of any size.

Of protobuf only the wire format is read: the package ``onnx`` is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator

# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: numbers of fields
GRAPH = 7  # of a ModelProto
INITIALIZER, INPUT, OUTPUT = 5, 11, 12  # of a GraphProto
INITIALIZER_NAME = 8  # of a TensorProto
NAME, TYPE = 1, 2  # of a ValueInfoProto
TENSOR = 1  # of a TypeProto
SHAPE = 2  # of a TypeProto.Tensor
DIMENSION = 1  # of a TensorShapeProto
DIMENSION_NAME = 2  # of a TensorShapeProto.Dimension
VARINT, LENGTH = 0, 2
WIDTHS = {1: 8, 5: 4}
FREE = (0, 2, 3)
"""Batch, height and width; the channels stay as they are."""

Field = tuple[int, memoryview, memoryview]


def free_sizes(model: bytes) -> bytes:
    """Name the sizes of images that a model fixes, and fix its weights.

    Weights that stand among the inputs as well could be replaced by a
    caller; ONNX Runtime then folds nothing into them.

    Args:
        model: An ONNX file's content; inputs and outputs of shape (B, C, H,
            W).

    Returns:
        The same model for any B, H and W.

    Raises:
        ValueError: It is no such file.
    """
    fields = list(_fields(memoryview(model)))
    if GRAPH not in (number for number, _, _ in fields):
        raise ValueError('no ONNX file: there is no graph')
    return b''.join(
        _pack(GRAPH, _free_graph(content)) if number == GRAPH else whole
        for number, content, whole in fields
    )


def _free_graph(graph: memoryview) -> bytes:
    fields = list(_fields(graph))
    weights = {
        bytes(_only(content, INITIALIZER_NAME))
        for number, content, _ in fields
        if number == INITIALIZER
    }
    parts: list[bytes | memoryview] = []
    for number, content, whole in fields:
        if number not in (INPUT, OUTPUT):
            parts.append(whole)
        elif (name := bytes(_only(content, NAME))) not in weights:
            # inputs and outputs may have different ones
            kind = b'in' if number == INPUT else b'out'
            tensor = _only(_only(content, TYPE), TENSOR)
            kept = [part for key, _, part in _fields(tensor) if key != SHAPE]
            shape = _free_shape(_only(tensor, SHAPE), kind)
            tensor = b''.join([*kept, _pack(SHAPE, shape)])
            info = _pack(NAME, name) + _pack(TYPE, _pack(TENSOR, tensor))
            parts.append(_pack(number, info))
    return b''.join(parts)


def _free_shape(shape: memoryview, kind: bytes) -> bytes:
    found = [content for key, content, _ in _fields(shape) if key == DIMENSION]
    if len(found) != 4:
        raise ValueError(f'a shape has {len(found)} axes, expected 4')
    axes = [
        _pack(DIMENSION_NAME, b'%s%d' % (kind, axis))
        if axis in FREE
        else content
        for axis, content in enumerate(found)
    ]
    return b''.join(_pack(DIMENSION, axis) for axis in axes)


def _fields(message: memoryview) -> Iterator[Field]:
    """Number, content and all the bytes of each field."""
    start = 0
    while start < len(message):
        key, place = _varint(message, start)
        number, wire = key >> 3, key & 7
        if not number:
            raise ValueError('no ONNX file: a field has the number 0')
        if wire == VARINT:
            end = _varint(message, place)[1]
        elif wire == LENGTH:
            length, place = _varint(message, place)
            end = place + length
        elif wire in WIDTHS:
            end = place + WIDTHS[wire]
        else:
            raise ValueError(f'no ONNX file: a field of wire type {wire}')
        if end > len(message):
            raise ValueError('no ONNX file, or a truncated one')
        yield number, message[place:end], message[start:end]
        start = end


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[place : place + 10]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, place + index + 1
    raise ValueError('no ONNX file, or a truncated one')


def _only(message: memoryview, wanted: int) -> memoryview:
    for number, content, _ in _fields(message):
        if number == wanted:
            return content
    raise ValueError(f'no ONNX file: there is no field {wanted}')


def _pack(number: int, content: bytes | memoryview) -> bytes:
    head = b''
    for value in (number << 3 | LENGTH, len(content)):
        while value > 127:
            head += bytes([value & 127 | 128])
            value >>= 7
        head += bytes([value])
    return head + bytes(content)
