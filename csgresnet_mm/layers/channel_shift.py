"""The channel shift layer, and its insertion into any network."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import torch
import torch.fx
from torch import Tensor, nn

from csgresnet_mm.functional import channel_shift, check_channel_shift
from csgresnet_mm.functional.channel_shift import (
    block_index,
    check_fit,
    shift_planes,
)
from csgresnet_mm.functional.tracing import is_scripting

# one node of a graph of torch.fx, which knows no size
torch.fx.wrap('channel_shift')

_Model = TypeVar('_Model', bound=nn.Module)


class ChannelShift(nn.Module):
    """Shift the channels at two blocks of positions by one, in and out.

    CS-GResNet, section 2.2 and Algorithm 1; the equations are those of
    :func:`csgresnet_mm.functional.channel_shift`. Departures from the paper:
    it has no parameters and no multiplications, and works at any input size.
    With ``position='stochastic'`` alone the seed is a buffer of the state
    dict, so that a reloaded model shifts the same positions.

    B batch, C channels, H and W height and width.

    Args:
        divisor: The paper's sigma: a block holds P // divisor of P positions.
        position: ``'start'``, ``'middle'``, ``'end'``, ``'stochastic'`` or
            the index i of the first block.
        directions: Directions of the first and the second block. The paper's
            are right, left; the authors' code has them swapped.
        num_orientations: M of Gabor features, whose planes are shifted; 1
            shifts over all channels (Algorithm 1).
        seed: Draws the stochastic positions.

    Shape:
        - Input and output: (B, C, H, W)
        - seed (buffer, stochastic only): ()

    Raises:
        ValueError: If an argument is out of its range; at the call, if the
            blocks do not fit H*W or M does not divide C.

    Example:
        >>> ChannelShift()(torch.rand(1, 8, 7, 7)).shape
        torch.Size([1, 8, 7, 7])
    """

    seed: int | Tensor

    def __init__(
        self,
        divisor: int = 16,
        position: str | int = 'start',
        *,
        directions: Sequence[str] = ('right', 'left'),
        num_orientations: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_channel_shift(divisor, position, directions)
        if num_orientations < 1:
            raise ValueError(
                f'num_orientations={num_orientations} must be at least 1'
            )
        self.divisor = divisor
        self.position = position
        (first, second) = directions
        self.directions = (first, second)
        self.num_orientations = num_orientations
        if position == 'stochastic':
            self.register_buffer('seed', torch.tensor(seed))
        else:
            self.seed = seed

    def forward(self, x: Tensor) -> Tensor:
        """Shift (B, C, H, W)."""
        if is_scripting():
            index = block_index(self.divisor, self.position)
            check_fit(x, self.divisor, index, self.num_orientations)
            y = shift_planes(
                x,
                self.divisor,
                index,
                self.directions,
                self.num_orientations,
                self.seed,
            )
        else:
            y = channel_shift(
                x,
                self.divisor,
                self.position,
                directions=self.directions,
                num_orientations=self.num_orientations,
                seed=self.seed,
            )
        return y

    def extra_repr(self) -> str:
        """Name the arguments."""
        return (
            f'divisor={self.divisor}, position={self.position!r}, '
            f'directions={self.directions}, '
            f'num_orientations={self.num_orientations}'
        )


def _shift_input(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Forward pre-hook: shift the first positional input of a module."""
    if not args:
        raise TypeError(
            f'{type(module).__name__} was called without a positional '
            'input, which its channel shift needs'
        )
    x = args[0]
    if isinstance(x, (list, tuple, dict)):
        raise TypeError(
            f'{type(module).__name__} takes a {type(x).__name__}, its channel '
            'shift one feature map (B, C, H, W): insert the shift before a '
            'module that takes one, or use the neck ChannelShift, which takes '
            'a tuple'
        )
    return (module.get_submodule('channel_shift')(x), *args[1:])


def _find_target(model: nn.Module, name: str) -> nn.Module:
    """Give the module whose input a shift of ``name`` takes."""
    modules = dict(model.named_modules())
    if name not in modules:
        raise ValueError(
            f'the model has no module {name!r}; its modules are '
            f'{[key for key in modules if key]}'
        )
    target: nn.Module = modules[name]
    while isinstance(target, nn.Sequential) and len(target):
        target = target[0]
    if isinstance(target, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        raise TypeError(
            f'{name!r} is a {type(target).__name__} without an input of its '
            'own; name one of its modules'
        )
    return target


def insert_channel_shift(
    model: _Model,
    name: str | Sequence[str] | Mapping[str, Mapping[str, Any]],
    **kwargs: Any,
) -> _Model:
    """Put a channel shift before modules of any network, in place.

    No key of the state dict changes; a stochastic shift adds its seed. If one
    place is wrong, none is changed.

    Args:
        model: The network.
        name: Name of the module, as in ``model.named_modules()``, for example
            ``'layer3.1'``; a list of names; or a mapping of each name to
            arguments of its own. Before an ``nn.Sequential`` means before its
            first module.
        kwargs: Arguments of :class:`ChannelShift`, where a place has none of
            its own.

    Returns:
        The same network.

    Raises:
        ValueError: If there is no such module, it has a shift already, or no
            place is named.
        TypeError: If the module is a container that has no input.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU())
        >>> insert_channel_shift(net, '1', divisor=8).state_dict().keys()
        odict_keys(['0.weight', '0.bias'])
        >>> net = nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU())
        >>> net = insert_channel_shift(net, {'0': {}, '2': {'divisor': 8}})
        >>> net[0].channel_shift.divisor, net[2].channel_shift.divisor
        (16, 8)
    """
    places: list[tuple[str, Mapping[str, Any]]]
    if isinstance(name, Mapping):
        places = list(name.items())
    else:
        names = [name] if isinstance(name, str) else name
        places = [(place, {}) for place in names]
    if not places:
        raise ValueError(f'name={name!r} names no module')
    shifts: dict[nn.Module, ChannelShift] = {}
    for place, own in places:
        target = _find_target(model, place)
        if hasattr(target, 'channel_shift') or target in shifts:
            raise ValueError(
                f'a channel shift stands before {place!r} already'
            )
        shifts[target] = ChannelShift(**{**kwargs, **own})
    for target, shift in shifts.items():
        target.add_module('channel_shift', shift)
        target.register_forward_pre_hook(_shift_input)
    return model
