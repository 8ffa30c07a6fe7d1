"""The sizes of an ONNX file are freed without the package onnx."""

import numpy as np
import pytest

from csgresnet_mm.apis.predictor.onnx_sizes import free_sizes


def varint(value):
    """As protobuf has it: seven bits a byte, the lowest first."""
    bits = [
        value >> 7 * i & 127
        for i in range(max(1, -(-value.bit_length() // 7)))
    ]
    return bytes(b | 128 for b in bits[:-1]) + bytes(bits[-1:])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(key, value):
    return varint(key << 3) + varint(value)


def value_info(name, sizes):
    axes = b''.join(field(1, number(1, size)) for size in sizes)
    tensor = number(1, 1) + field(2, axes)
    return field(1, name) + field(2, field(1, tensor))


def make_model():
    """y = x + w, for one size; w stands among the inputs as well."""
    node = field(1, b'x') + field(1, b'w') + field(2, b'y') + field(4, b'Add')
    weight = number(2, 1) + field(8, b'w') + field(9, np.float32(3).tobytes())
    weight = b''.join(number(1, 1) for _ in range(4)) + weight
    graph = field(1, node) + field(2, b'g') + field(5, weight)
    graph += field(11, value_info(b'x', (10, 3, 32, 32)))
    graph += field(11, value_info(b'w', (1, 1, 1, 1)))
    graph += field(12, value_info(b'y', (10, 3, 32, 32)))
    return number(1, 8) + field(7, graph) + field(8, number(2, 13))


@pytest.mark.predict
def test_a_model_of_one_size_takes_any():
    from onnxruntime import InferenceSession

    model = make_model()
    x = np.random.default_rng(0).random((2, 3, 5, 7), np.float32)
    with pytest.raises(Exception, match='Got invalid dimensions'):
        InferenceSession(model).run(None, {'x': x})
    session = InferenceSession(free_sizes(model))
    assert [given.name for given in session.get_inputs()] == ['x']
    assert session.get_inputs()[0].shape[1] == 3
    (y,) = session.run(None, {'x': x})
    assert (y == x + 3).all()


def test_the_rest_stays_byte_for_byte():
    model = make_model()
    freed = free_sizes(model)
    weight = np.float32(3).tobytes()
    assert freed.count(b'Add') == 1 and freed.count(weight) == 1
    assert freed.startswith(number(1, 8))
    assert freed.endswith(field(8, number(2, 13)))
    assert b'in0' in freed and b'in1' not in freed and b'out3' in freed


@pytest.mark.parametrize(
    'part',
    [
        b'',
        bytes(9),
        b'\x0f',
        b'\xff' * 20,
        make_model()[:-40],
        field(7, field(11, b'')),
    ],
)
def test_what_is_no_model_is_refused(part):
    with pytest.raises(ValueError, match='no ONNX file'):
        free_sizes(part)


def test_other_shapes_are_refused():
    graph = field(11, value_info(b'x', (1, 3)))
    with pytest.raises(ValueError, match='2 axes, expected 4'):
        free_sizes(field(7, graph))
