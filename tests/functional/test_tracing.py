"""One place decides who gets torch's own operators."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from csgresnet_mm.functional import gabor_conv2d, gabor_filter_bank, tracing

from ..exporters import ignoring

X = torch.ones(1, 4, 5, 5)


class Asks(nn.Module):
    """Keeps what the decision was."""

    def forward(self, x: Tensor) -> Tensor:
        self.found = tracing.needs_torch_form(x)
        return x + 1


def jit_trace(net: nn.Module) -> None:
    with ignoring('`torch.jit.trace'):
        torch.jit.trace(net, X, check_trace=False)


def fx_trace(net: nn.Module) -> None:
    torch.fx.symbolic_trace(net)


def export(net: nn.Module) -> None:
    torch.export.export(net, (X,))


def vmap(net: nn.Module) -> None:
    torch.func.vmap(net)(X)


def grad(net: nn.Module) -> None:
    torch.func.grad(lambda x: net(x).sum())(X)


def forward_mode(net: nn.Module) -> None:
    with forward_ad.dual_level(), ignoring('`torch.jit.script` is deprec'):
        net(forward_ad.make_dual(X, X))


def counted(net: nn.Module) -> None:
    with tracing.counting():
        jit_trace(net)


def eager(net: nn.Module) -> None:
    net(X)


@pytest.mark.parametrize(
    'look', [jit_trace, fx_trace, export, vmap, grad, forward_mode]
)
def test_D3_who_records_or_transforms_gets_the_torch_form(look) -> None:
    net = Asks()
    look(net)
    assert net.found is True


@pytest.mark.parametrize('look', [eager, counted])
def test_D3_others_get_our_kernels(look) -> None:
    net = Asks()
    look(net)
    assert net.found is False


@pytest.mark.compiler
def test_D3_compile_keeps_our_kernels() -> None:
    torch.compiler.reset()
    graphs = []

    def backend(graph, inputs):
        graphs.append(str(graph.graph))
        return graph

    weight, bank = torch.ones(2, 4, 3, 3), gabor_filter_bank((3, 3)).float()

    @torch.compile(backend=backend, fullgraph=True)
    def convolve(x: Tensor) -> Tensor:
        return gabor_conv2d(
            x, weight, bank, execution='native', symmetric=True
        )

    torch.testing.assert_close(
        convolve(X), gabor_conv2d(X, weight, bank, execution='dense')
    )
    assert 'csgresnet_mm.gabor_conv2d' in graphs[0]


@pytest.mark.compiler
# torch's own code, when forward mode is first used
@pytest.mark.filterwarnings('ignore:`torch.jit.script` is deprecated')
@pytest.mark.parametrize('transform', ['vmap', 'grad', 'jvp', 'hessian'])
def test_D3_transforms_of_torch_func(transform: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, 5, 5, generator=generator, dtype=torch.float32)
    bank = gabor_filter_bank((3, 3)).float()

    def loss(weight: Tensor, execution: str = 'native') -> Tensor:
        y = gabor_conv2d(x, weight, bank, None, 1, 1, execution=execution)
        return y.square().mean()

    weight = torch.randn(3, 2, 4, 3, 3, generator=generator)
    found = {
        execution: {
            'vmap': lambda f: torch.func.vmap(f)(weight),
            'grad': lambda f: torch.func.grad(f)(weight[0]),
            'jvp': lambda f: forward_over(f, weight[0]),
            'hessian': lambda f: torch.func.hessian(f)(weight[0]),
        }[transform](lambda w, e=execution: loss(w, e))
        for execution in ('native', 'dense')
    }
    torch.testing.assert_close(found['native'], found['dense'])


def forward_over(function, x: Tensor) -> Tensor:
    with ignoring('`torch.jit.script` is deprecated'):
        return torch.func.jvp(function, (x,), (x,))[1]
