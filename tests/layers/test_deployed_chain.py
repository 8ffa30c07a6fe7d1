"""A deployed network in one call: the bits of its layers, or the layers."""

import copy
import io
import threading
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from csgresnet_mm import native
from csgresnet_mm.layers import set_execution
from csgresnet_mm.models import GResNet
from tests.models.builders import randomised

pytestmark = pytest.mark.compiler

NETWORKS = {
    'plain': dict(depth=18),
    'features': dict(depth=18, out_indices=(0, 1, 2, 3)),
    'some features': dict(depth=18, out_indices=(1, 2)),
    'shifted': dict(depth=18, channel_shift=dict(stage=3, position='end')),
    'at random': dict(
        depth=34,
        channel_shift=[
            dict(stage=1, position='stochastic', num_orientations=1),
            dict(stage=4, placement='stage_input', divisor=2),
        ],
    ),
    'bottleneck': dict(depth=50),
    'more than a region': dict(depth=101, base_channels=16, stem_channels=16),
    'deep stem': dict(depth=18, deep_stem=True),
    'two': dict(depth=18, num_orientations=2, in_channels=1),
    'eight': dict(depth=18, num_orientations=8, in_channels=16),
}


@pytest.fixture(autouse=True)
def no_gradient() -> Iterator[None]:
    threads = torch.get_num_threads()
    with torch.no_grad():
        yield
    torch.set_num_threads(threads)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of links of the chains that were run."""
    found = []
    original = native.forward_chain

    def counted(links: list[native.Link], *rest: object) -> None:
        found.append(len(links))
        original(links, *rest)

    monkeypatch.setattr(native, 'forward_chain', counted)
    return found


def deployed(dtype: torch.dtype = torch.float32, **options) -> GResNet:
    net = randomised(**options)
    net.switch_to_deploy()
    return net.to(dtype)


def by_layers(net: GResNet, x: Tensor) -> tuple[Tensor, ...]:
    """What the layers give, called one by one."""
    handle = net.layer1.register_forward_hook(lambda *_: None)
    found = net(x)
    handle.remove()
    return found


def same(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> bool:
    return len(found) == len(expected) and all(
        torch.equal(a, b) and a.stride() == b.stride()
        for a, b in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize('name', NETWORKS)
def test_bits_of_the_layers(
    name: str, dtype: torch.dtype, calls: list[int]
) -> None:
    options = NETWORKS[name]
    if dtype == torch.bfloat16 and not native.covers(
        4, 4, 3, stride=1, padding=1, dtype=dtype
    ):
        pytest.skip('no such instructions')
    net = deployed(dtype, **options)
    channels = options.get('in_channels', 3)
    for batch, height, width in ((1, 48, 48), (3, 41, 33)):
        x = torch.randn(batch, channels, height, width).to(dtype)
        for image in (x, x.contiguous(memory_format=torch.channels_last)):
            expected = by_layers(net, image)
            for threads in (1, 3):
                torch.set_num_threads(threads)
                calls.clear()
                assert same(net(image), expected)
                assert len(calls) == 1


def test_a_view_and_another_batch_share_a_chain(calls: list[int]) -> None:
    net = deployed(**NETWORKS['shifted'])
    x = torch.randn(4, 3, 60, 60)
    whole = net(x[:, :, 6:54, 6:54])[0]
    one = net(x[2:3, :, 6:54, 6:54])[0]
    assert torch.equal(whole[2:3], one)
    assert len(calls) == 2


def test_what_a_chain_has_not_goes_by_layers(calls: list[int]) -> None:
    x = torch.randn(1, 3, 40, 40)
    for options in (
        dict(depth=18, with_max_pool=True),
        dict(depth=18, avg_down=True),
    ):
        net = deployed(**options)
        assert same(net(x), by_layers(net, x))
    net = deployed(depth=18)
    for execution in ('dense', 'factorised'):
        set_execution(net, execution)
        net(x)
    assert calls == []
    set_execution(net, 'auto')
    net(x)
    assert calls == [20]


def test_a_shift_that_does_not_fit_is_named_as_ever() -> None:
    net = deployed(depth=18, channel_shift=dict(stage=4, num_orientations=1))
    with pytest.raises(ValueError, match='fewer than divisor=16'):
        net(torch.randn(1, 3, 32, 32))


@pytest.mark.parametrize(
    'change',
    [
        lambda net: net.layer1[0].conv1.scale.mul_(2),
        lambda net: setattr(
            net.layer2[0].conv2.bias, 'data', torch.full((128,), 0.5)
        ),
        lambda net: setattr(
            net.layer1[1], 'conv1', copy.deepcopy(net.layer1[0].conv2)
        ),
        lambda net: setattr(net.layer1[1].conv1, 'execution', 'dense'),
        lambda net: net.layer3.append(nn.ReLU()),
        lambda net: net.load_state_dict(
            {
                key: 1.5 * value if 'scale' in key else value
                for key, value in net.state_dict().items()
            }
        ),
        lambda net: net.layer3[1].shift.seed.add_(1),
        lambda net: net.register_module('maxpool', nn.MaxPool2d(2)),
    ],
)
def test_a_change_is_seen(change) -> None:
    shift = dict(stage=3, position='stochastic')
    net = deployed(depth=18, channel_shift=shift)
    x = torch.randn(1, 3, 96, 96)
    before = net(x)
    change(net)
    if isinstance(net.layer3[-1], nn.ReLU):
        net.layer3[-1] = nn.Identity()
        assert torch.equal(net(x)[0], before[0])
        net.layer3[-1] = nn.Hardtanh(0, 0.1)
    after = net(x)
    assert torch.equal(after[0], by_layers(net, x)[0])
    if net.layer1[1].conv1.execution != 'dense':
        assert not torch.equal(after[0], before[0])


def test_whoever_listens_hears_the_layers(calls: list[int]) -> None:
    net = deployed(depth=18)
    x = torch.randn(1, 3, 48, 48)
    net(x)
    heard = []
    for register in (
        net.layer4[1].conv2.register_forward_hook,
        net.layer4[1].conv2.register_forward_pre_hook,
        nn.modules.module.register_module_forward_hook,
        nn.modules.module.register_module_forward_pre_hook,
    ):
        heard.clear()
        handle = register(lambda *_: heard.append(1) or None)
        net(x)
        handle.remove()
        assert heard
    with FlopCounterMode(display=False) as counter:
        net(x)
    assert counter.get_total_flops() > 1e8
    with torch.autocast('cpu', torch.bfloat16):
        assert net(x)[0].dtype == torch.bfloat16
    assert len(calls) == 1


def test_a_gradient_goes_by_layers(calls: list[int]) -> None:
    net = deployed(depth=18)
    x = torch.randn(1, 3, 48, 48, requires_grad=True)
    with torch.enable_grad():
        net(x)[0].sum().backward()
    assert x.grad.abs().sum() > 0
    assert calls == []
    with torch.enable_grad():
        assert not net(x.detach())[0].requires_grad
    assert len(calls) == 1


def test_copies_have_chains_of_their_own(calls: list[int]) -> None:
    net = deployed(**NETWORKS['shifted'])
    x = torch.randn(2, 3, 48, 48)
    expected = net(x)[0]
    twin = copy.deepcopy(net)
    file = io.BytesIO()
    torch.save(net, file)
    loaded = torch.load(io.BytesIO(file.getvalue()), weights_only=False)
    net.layer1[0].conv1.scale.zero_()
    del net
    assert torch.equal(twin(x)[0], expected)
    assert torch.equal(loaded(x)[0], expected)
    with torch.inference_mode():
        assert torch.equal(twin(x)[0], expected)
        made = copy.deepcopy(twin)  # of tensors that count no changes
        assert torch.equal(made(x)[0], expected)
        made.layer1[0].conv1.scale.mul_(2)
        changed = made(x)[0]
        assert torch.equal(changed, by_layers(made, x)[0])
        assert not torch.equal(changed, expected)
    assert len(calls) == 6


def test_many_sizes_and_many_threads() -> None:
    net = deployed(**NETWORKS['shifted'])
    images = [torch.randn(1, 3, size, 50) for size in range(40, 50)]
    expected = [by_layers(net, x)[0] for x in images]
    wrong = []

    def work() -> None:
        with torch.no_grad():
            for x, y in zip(images, expected, strict=True):
                if not torch.equal(net(x)[0], y):
                    wrong.append(x.shape)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
