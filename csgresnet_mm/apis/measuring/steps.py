"""What is timed: one inference, one training step, one layer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch._dynamo.config
import torch._inductor.config
import torch.nn.functional as F
from torch import nn

from csgresnet_mm.apis.measuring.compared_networks import (
    CLASSES,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.layers import GConv, set_execution

Step = Callable[[], object]
LEARNING_RATE = 0.005
MOMENTUM = 0.9
COMPILED_AT_ONCE = 64
"""Compiled arms of one case; beyond torch's limit of 8 it would run eager."""


@contextmanager
def compiler_settings(form: NetworkForm) -> Iterator[None]:
    """Settings for the first calls of a form, in which it is compiled."""
    with (
        torch._dynamo.config.patch(
            recompile_limit=COMPILED_AT_ONCE,
            fail_on_recompile_limit_hit=True,
        ),
        torch._inductor.config.patch(freezing=form.frozen),
    ):
        yield


@dataclass(frozen=True)
class NetworkArm:
    """One network in one form at one size.

    Args:
        network: The network.
        form: Its form.
        batch: Images.
        image: Height and width of an image in pixels.
        training: Whether a step is forward, backward and SGD, else forward.
        dtype: Of weights and images.
        amp: What autocast, in training, lowers convolutions to; None is off.
    """

    network: ComparedNetwork
    form: NetworkForm
    batch: int
    image: int
    training: bool = False
    dtype: torch.dtype = torch.float32
    amp: torch.dtype | None = None

    @property
    def role(self) -> str:
        """Which side of a ratio it is on."""
        return self.network.role

    @property
    def model_name(self) -> str:
        """What tables call the network."""
        return self.network.name

    @property
    def form_name(self) -> str:
        """What tables call the form."""
        return self.form.name

    def build(self, device: str) -> Step:
        """Build the network and give a step, called once already."""
        torch.manual_seed(0)
        model = self.network.build().train(self.training)
        model = self.form.apply(model.to(device, self.dtype))
        images = torch.randn(self.batch, 3, self.image, self.image)
        images = images.to(device, self.dtype)
        images = images.contiguous(memory_format=self.form.memory_format)
        step: Step
        if self.training:
            step = TrainingStep(model, images, self.amp)
        else:
            step = _without_gradient(model, images)
        with compiler_settings(self.form):
            step()
        return captured(step) if self.form.graph else step


def captured(step: Step) -> Step:
    """Give the replay of a step's CUDA graph.

    Args:
        step: What is captured, called once already.

    Raises:
        RuntimeError: Without a GPU.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # as torch asks: warm up aside
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def replay() -> object:
        # the graph reads and writes tensors that the step owns
        return graph.replay(), step

    replay()
    return replay


class TrainingStep:
    """Forward, cross entropy, backward, SGD with momentum."""

    def __init__(
        self,
        model: nn.Module,
        images: torch.Tensor,
        amp: torch.dtype | None = None,
    ) -> None:
        self.model = model
        self.amp = amp
        self.images = images
        self.labels = torch.arange(len(images), device=images.device) % CLASSES
        self.optimiser = torch.optim.SGD(
            model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM
        )

    def __call__(self) -> None:
        """Make one step."""
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(
            self.images.device.type, self.amp, enabled=self.amp is not None
        ):
            scores = self.model(self.images)
        F.cross_entropy(scores.float(), self.labels).backward()
        self.optimiser.step()

    def state_bytes(self) -> int:
        """Bytes of weights, gradients, momentum and buffers."""
        weights = sum(p.nbytes for p in self.model.parameters())
        return 3 * weights + sum(b.nbytes for b in self.model.buffers())


def _without_gradient(model: nn.Module, images: torch.Tensor) -> Step:
    def step() -> None:
        with torch.no_grad():
            model(images)

    return step


@dataclass(frozen=True)
class Layer:
    """One Gabor convolution of a network and the size of its input."""

    name: str
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    height: int
    width: int

    def __str__(self) -> str:
        """What tables call it."""
        k, s = self.kernel_size, self.stride
        return (
            f'{self.name}: {k}x{k}{f"/{s}" if s > 1 else ""}, '
            f'{self.in_channels} to {self.out_channels} channels, '
            f'{self.height}x{self.width}'
        )

    def build(self) -> GConv:
        """Build it without bias, as in a network."""
        return GConv(
            self.in_channels,
            self.out_channels,
            self.kernel_size,
            self.stride,
            self.kernel_size // 2,
            bias=False,
        )


def find_layers(network: ComparedNetwork, image: int) -> list[Layer]:
    """Give each distinct Gabor convolution of a network once.

    Args:
        network: One of ours.
        image: Height and width of the image in pixels.

    Returns:
        The layers in the order of execution, named by their first occurrence.
    """
    model = network.build().eval()
    found: dict[tuple[int, ...], Layer] = {}

    def record(name: str) -> Callable[[GConv, tuple[torch.Tensor]], None]:
        def hook(conv: GConv, inputs: tuple[torch.Tensor]) -> None:
            sizes = (
                conv.in_channels,
                conv.out_channels,
                conv.kernel_size[0],
                conv.stride[0],
                *inputs[0].shape[2:],
            )
            found.setdefault(sizes, Layer(name, *sizes))

        return hook

    for name, module in model.named_modules():
        if isinstance(module, GConv):
            short = name.removeprefix('backbone.')
            module.register_forward_pre_hook(record(short))
    set_execution(model, 'dense')
    with torch.no_grad():
        model(torch.zeros(1, 3, image, image))
    return list(found.values())


@dataclass(frozen=True)
class LayerArm:
    """One layer in one form.

    Args:
        layer: The layer.
        form: Its form; ``folded`` makes it the deployed layer.
        batch: Images.
        backward: Whether a step is forward and backward, else forward.
        role: Which side of a ratio it is on.
        dtype: Of weights and features.
    """

    layer: Layer
    form: NetworkForm
    batch: int
    backward: bool
    role: str
    dtype: torch.dtype = torch.float32

    @property
    def model_name(self) -> str:
        """What tables call the layer."""
        return str(self.layer)

    @property
    def form_name(self) -> str:
        """What tables call the form."""
        return self.form.name

    def build(self, device: str) -> Step:
        """Build the layer and give a step, called once already."""
        torch.manual_seed(0)
        layer = self.layer
        conv: nn.Module = layer.build().to(device, self.dtype)
        set_execution(conv, str(self.form.execution))
        if self.form.folded:
            conv = conv.switch_to_deploy()
        conv.to(memory_format=self.form.memory_format)
        size = (self.batch, layer.in_channels, layer.height, layer.width)
        x = torch.randn(size, device=device, dtype=self.dtype)
        x = x.contiguous(memory_format=self.form.memory_format)
        step: Step = _without_gradient(conv, x)
        if self.backward:
            # a stem's input, the image, needs no gradient
            x.requires_grad_(layer.in_channels > 3)
            step = _with_gradient(conv, x)
        step()
        return step


def _with_gradient(conv: nn.Module, x: torch.Tensor) -> Step:
    with torch.no_grad():
        grad = torch.randn_like(conv(x))

    def step() -> None:
        x.grad = None
        conv.zero_grad(set_to_none=True)
        conv(x).backward(grad)

    return step
