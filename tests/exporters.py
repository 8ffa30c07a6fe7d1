"""What takes a network elsewhere: exporter -> a function of it and an input.

Each gives what now computes, a function of the input. torch's deprecations are
exceptions by name, where the exporter is called.
"""

import copy
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

Function = Callable[[Tensor], Any]


@contextmanager
def ignoring(*starts: str) -> Iterator[None]:
    """Take warnings that start so as known."""
    with warnings.catch_warnings():
        for start in starts:
            warnings.filterwarnings('ignore', start)
        yield


def first(y: Any) -> Tensor:
    """The only output of a layer, of a backbone or of an ONNX session."""
    return y[0] if isinstance(y, (tuple, list)) else y


def fx(net: nn.Module, x: Tensor) -> Function:
    return torch.fx.symbolic_trace(net, fx_arguments(net))


def fx_arguments(net: nn.Module) -> dict[str, Any] | None:
    """A residual is there or not; torch.fx must be told."""
    is_layer = type(net).__name__ == 'DeployedGConv'
    return {'residual': None} if is_layer else None


def feature_extractor(net: nn.Module, x: Tensor) -> Function:
    from torchvision.models.feature_extraction import (
        create_feature_extractor,
        get_graph_node_names,
    )

    last = get_graph_node_names(net)[1][-1]
    extractor = create_feature_extractor(net, {last: 'out'})
    return lambda x: extractor(x)['out']


def fx_quantisation(net: nn.Module, x: Tensor) -> Function:
    with ignoring(
        'torch.ao.quantization is deprecated',
        'Please use quant_min and quant_max',
        'torch.quantize_per_tensor, torch.quantize_per_channel',
        'must run observer before calling calculate_qparams',
    ):
        from torch.ao.quantization import get_default_qconfig_mapping
        from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

        prepared = prepare_fx(
            copy.deepcopy(net), get_default_qconfig_mapping('x86'), (x,)
        )
        prepared(x)
        return convert_fx(prepared)


def pt2e_quantisation(net: nn.Module, x: Tensor) -> Function:
    with ignoring('XNNPACKQuantizer is deprecated'):
        from torchao.quantization.pt2e.quantize_pt2e import (
            convert_pt2e,
            prepare_pt2e,
        )
        from torchao.testing.pt2e._xnnpack_quantizer import (
            XNNPACKQuantizer,
            get_symmetric_quantization_config,
        )

        quantiser = XNNPACKQuantizer()
        quantiser.set_global(get_symmetric_quantization_config())
        prepared = prepare_pt2e(
            torch.export.export(net, (x,)).module(), quantiser
        )
        prepared(x)
        return convert_pt2e(prepared)


def jit_trace(net: nn.Module, x: Tensor) -> Function:
    with ignoring('`torch.jit.trace'):
        # its check wants what eager mode gives, to 1e-5 and less
        return torch.jit.trace(net, x, check_trace=False)


def jit_script(net: nn.Module, x: Tensor) -> Function:
    with ignoring('`torch.jit.script'):
        return torch.jit.script(net)


def export(net: nn.Module, x: Tensor) -> Function:
    return torch.export.export(net, (x,)).module()


def onnx_legacy(net: nn.Module, x: Tensor) -> Function:
    file = io.BytesIO()
    with ignoring(
        'You are using the legacy TorchScript-based ONNX export',
        'The feature will be removed',
        'Converting a tensor to a Python',
        '`torch.jit.trace',
    ):
        torch.onnx.export(net, (x,), file, dynamo=False)
    return onnx_session(file.getvalue())


def onnx_dynamo(net: nn.Module, x: Tensor) -> Function:
    program = torch.onnx.export(net, (x,), dynamo=True, verbose=False)
    return onnx_session(program.model_proto.SerializeToString())


def onnx_session(model: bytes) -> Function:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model, providers=['CPUExecutionProvider']
    )
    assert {opset.domain for opset in load(model).opset_import} == {''}
    name = session.get_inputs()[0].name
    return lambda x: torch.from_numpy(session.run(None, {name: x.numpy()})[0])


def load(model: bytes) -> Any:
    import onnx

    return onnx.load_from_string(model)


def functional_call(net: nn.Module, x: Tensor) -> Function:
    parameters = dict(net.named_parameters())
    return lambda x: torch.func.functional_call(net, parameters, (x,))


def vmap(net: nn.Module, x: Tensor) -> Function:
    # (B, C, H, W) -> (B, 1, C, H, W), one image a call
    each = torch.func.vmap(lambda image: first(net(image)))
    return lambda x: each(x[:, None])[:, 0]


def grad(net: nn.Module, x: Tensor) -> Function:
    """Check the gradient of the input, and give the network."""

    def loss(x: Tensor) -> Tensor:
        return first(net(x)).square().mean()

    leaf = x.clone().requires_grad_()
    loss(leaf).backward()
    torch.testing.assert_close(
        torch.func.grad(loss)(x), leaf.grad, rtol=1e-3, atol=1e-5
    )
    return net
