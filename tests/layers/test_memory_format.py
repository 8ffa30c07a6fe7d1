"""D1: the memory format of an output is that of nn.Conv2d."""

import pytest
import torch
from torch import Tensor, nn

from csgresnet_mm.functional import gabor_conv2d, gabor_filter_bank
from csgresnet_mm.layers import GConv, release_layout

LAST = torch.channels_last
EXECUTIONS = pytest.mark.parametrize(
    'execution', ['auto', 'dense', 'factorised', 'native']
)


def image(channels: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, channels, 6, 7, generator=generator)


LAYOUTS = {
    'contiguous': lambda: image(),
    'channels_last': lambda: image().to(memory_format=LAST),
    'sliced': lambda: image()[:, :, 1:, :-1],
    'sliced channels_last': lambda: image().to(memory_format=LAST)[:, :, 1:],
    'sliced channels': lambda: image(8)[:, ::2],
    'transposed': lambda: image().transpose(2, 3),
    'expanded batch': lambda: image()[:1].expand(3, -1, -1, -1),
    'expanded channels': lambda: image(1).expand(-1, 4, -1, -1),
    'one pixel': lambda: image()[:, :, :1, :1],
    'no image': lambda: image()[:0],
    'no batch axis': lambda: image()[0],
}


@EXECUTIONS
def test_D1_view_of_a_contiguous_input(execution: str) -> None:
    conv = GConv(4, 8, 3, padding=1, execution=execution)
    assert conv(torch.randn(2, 4, 5, 5)).view(2, -1).shape == (2, 200)
    deployed = conv.switch_to_deploy(nn.BatchNorm2d(8))
    assert deployed(torch.randn(2, 4, 5, 5)).view(2, -1).shape == (2, 200)


@EXECUTIONS
def test_D1_view_of_the_functional(execution: str) -> None:
    bank = gabor_filter_bank((3, 3)).float()
    y = gabor_conv2d(
        image(), torch.ones(2, 4, 3, 3), bank, execution=execution
    )
    assert y.view(2, -1).shape == (2, 8 * 4 * 5)


@pytest.mark.parametrize('weights_last', [False, True])
@pytest.mark.parametrize('layout', LAYOUTS)
def test_D1_as_conv2d(layout: str, weights_last: bool) -> None:
    x = LAYOUTS[layout]()
    conv = GConv(4, 8, 3, padding=1, execution='native')
    plain = nn.Conv2d(4, 8, 3, padding=1)
    if weights_last:
        conv.to(memory_format=LAST)
        plain.to(memory_format=LAST)
    y, expected = conv(x), plain(x)
    assert y.shape == expected.shape
    if x.dim() == 4:
        assert y.is_contiguous() == expected.is_contiguous()
        assert y.is_contiguous(memory_format=LAST) == expected.is_contiguous(
            memory_format=LAST
        )
    dense = gabor_conv2d(
        x, conv.weight, conv.bank, conv.bias, 1, 1, execution='dense'
    )
    torch.testing.assert_close(y, dense)


@pytest.mark.compiler
def test_D1_released_layers_stay_as_the_kernel_made_it() -> None:
    conv = GConv(4, 8, 3, execution='native')
    release_layout(conv)
    deployed = conv.switch_to_deploy()
    for layer in (conv, deployed):
        y = layer(image())
        assert not y.is_contiguous()
        assert y.is_contiguous(memory_format=LAST)
