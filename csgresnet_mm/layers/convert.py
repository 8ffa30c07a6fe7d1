"""Gabor convolutions in place of a network's own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrize import is_parametrized

from csgresnet_mm.functional import resolve_orientations
from csgresnet_mm.layers.conversion_policy import (
    Chooser,
    ConversionPolicy,
    Where,
    resolve_policy,
)
from csgresnet_mm.layers.conversion_report import (
    ConversionReport,
    ConvertedLayer,
    cost_of,
    count_parameters,
    count_positions,
)
from csgresnet_mm.layers.gconv import GConv

CONVOLUTIONS = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    GConv,
)


@dataclass
class _Plan:
    """One convolution, where it stands, and what is to become of it."""

    conv: Any
    names: list[str] = field(default_factory=list)
    reason: str = ''
    new: GConv | None = None


def convert_to_gconv(
    model: nn.Module,
    where: Where = 'spatial',
    *,
    input_size: tuple[int, int, int] | None = None,
    num_orientations: int = 4,
    scale: int = 3,
    orientations: Sequence[float] | None = None,
    bank: str = 'gabor',
    execution: str = 'auto',
) -> ConversionReport:
    """Put Gabor convolutions in place of a network's own, in place.

    The new layers are drawn anew (:meth:`GConv.init_weights`): a trained
    kernel is in general no product of M fixed filters with a quarter of the
    weights, so trained weights cannot be kept. Convert before you train, load
    weights or make an optimiser. A bias of C_out values becomes one of
    C_out / M, each for all orientations of a plane, and starts at zero. A
    convolution whose input M does not divide, such as an RGB stem, expands
    its input. Stride, padding, dilation, padding mode, device, dtype, memory
    format, training mode and ``requires_grad`` stay. A module that stands in
    several places is converted once and stands in them again.

    Left, with the reason in the report: what ``where`` does not choose, and
    grouped convolutions (unless ``groups='dense'``), outputs that M does not
    divide, transposed, 1-D and 3-D ones, subclasses with a forward of their
    own, those with hooks, parametrisations or shared weights, and ``'same'``
    padding of even kernels. A parent that reads ``conv.weight`` itself is
    not noticed.

    Args:
        model: The network.
        where: Which convolutions: ``'spatial'`` (larger than 1x1), ``'body'``
            (the same but for the first), ``'all'``; or arguments of
            :class:`ConversionPolicy`; or a function of a name and a
            convolution that gives True or False.
        input_size: (C, H, W) to count multiply-adds for, of one image that
            the model takes as its only argument; None counts none.
        num_orientations: M, the number of orientations.
        scale: The scale index v of the Gabor filters.
        orientations: M angles in radians; None takes (u + 1) * pi / M.
        bank: ``'gabor'``, ``'ones'`` or ``'random'``.
        execution: ``'auto'``, ``'dense'``, ``'factorised'`` or ``'native'``.

    Returns:
        What was and was not converted; print it.

    Raises:
        TypeError: If the model is itself a convolution, or ``where`` is none
            of the above.
        ValueError: If ``where`` has an unknown name or argument, a pattern
            that fits nothing, or an argument of GConv is out of its range.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 1))
        >>> print(convert_to_gconv(net, input_size=(3, 10, 10)))
        1 of 2 convolutions are Gabor convolutions now; parameters 296 -> 290
        multiply-adds of convolutions at 3x10x10: 17,920 -> 17,920 dense, \
17,920 factorised
          0 (3x3, 3 to 8): 224 -> 218 parameters; input expanded; bias of 2
          1 (1x1, 8 to 8): left: 1x1 kernel
    """
    if isinstance(model, CONVOLUTIONS):
        raise TypeError(
            f'the model is a {type(model).__name__} itself: give the module '
            'that holds it'
        )
    orientations = resolve_orientations(num_orientations, orientations)
    policy = resolve_policy(where)
    plans = _find_convolutions(model)
    if isinstance(policy, ConversionPolicy):
        policy.check_patterns([name for plan in plans for name in plan.names])
    _decide(model, plans, policy, num_orientations)
    for plan in plans:
        if not plan.reason:
            plan.new = _make_gconv(
                plan.conv,
                num_orientations=num_orientations,
                scale=scale,
                orientations=orientations,
                bank=bank,
                execution=execution,
            )
    parameters = count_parameters(model)
    positions = None
    if input_size is not None:
        convs = [plan.conv for plan in plans]
        positions = count_positions(model, convs, input_size)
    for plan in plans:
        if plan.new is not None:
            for name in plan.names:
                model.set_submodule(name, plan.new)
    return ConversionReport(
        tuple(_report(plan, positions) for plan in plans),
        (parameters, count_parameters(model)),
        input_size,
    )


def _find_convolutions(model: nn.Module) -> list[_Plan]:
    plans: dict[nn.Module, _Plan] = {}
    for name, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, CONVOLUTIONS):
            plans.setdefault(module, _Plan(module)).names.append(name)
    return list(plans.values())


def _decide(
    model: nn.Module,
    plans: list[_Plan],
    policy: ConversionPolicy | Chooser,
    num_orientations: int,
) -> None:
    """Fill in the reasons to leave."""
    owners = Counter(
        id(parameter)
        for module in set(model.modules())
        for parameter in module.parameters(recurse=False)
    )
    groups = policy.groups if isinstance(policy, ConversionPolicy) else 'keep'
    for plan in plans:
        conv = plan.conv
        if isinstance(conv, GConv):
            plan.reason = 'a Gabor convolution already'
            continue
        if not isinstance(conv, nn.Conv2d):
            plan.reason = f'a {type(conv).__name__}'
            continue
        reasons = [
            _reason_to_leave(policy, name, conv, plan is plans[0])
            for name in plan.names
        ]
        if all(reasons):
            plan.reason = str(reasons[0])
        else:
            shared = any(owners[id(p)] > 1 for p in conv.parameters())
            plan.reason = (
                'shares its weights with another module'
                if shared
                else _obstacle(conv, groups, num_orientations)
            )


def _reason_to_leave(
    policy: ConversionPolicy | Chooser,
    name: str,
    conv: nn.Conv2d,
    is_stem: bool,
) -> str | None:
    if isinstance(policy, ConversionPolicy):
        return policy.reason_to_leave(name, conv, is_stem)
    return None if policy(name, conv) else 'not chosen'


def _obstacle(conv: nn.Conv2d, groups: str, num_orientations: int) -> str:
    """Say why a convolution cannot be a GConv; empty where it can."""
    kind = type(conv)
    # public methods do not tell whether somebody hooked in
    hooks = (
        conv._forward_hooks,
        conv._forward_pre_hooks,
        conv._backward_hooks,
        conv._backward_pre_hooks,
    )
    if (
        kind.forward is not nn.Conv2d.forward
        or kind._conv_forward is not nn.Conv2d._conv_forward
    ):
        return f'a {kind.__name__} with a forward of its own'
    if is_parametrized(conv):
        return 'parametrised'
    if is_lazy(conv.weight):
        return 'not initialised yet'
    if any(hooks):
        return 'has hooks, which would be lost'
    if conv.groups != 1 and groups == 'keep':
        return f'groups={conv.groups}'
    if conv.out_channels % num_orientations:
        return (
            f'out_channels={conv.out_channels} is not divisible by '
            f'num_orientations={num_orientations}'
        )
    if _padding(conv) is None:
        return "padding='same' of an even extent is not symmetric"
    return ''


def _padding(conv: nn.Conv2d) -> tuple[int, int] | None:
    """Give the padding in numbers, or None where sides differ."""
    if conv.padding == 'valid':
        return (0, 0)
    if not isinstance(conv.padding, str):
        vertical, horizontal = conv.padding
        return vertical, horizontal
    extents = [
        (side - 1) * dilation
        for side, dilation in zip(conv.kernel_size, conv.dilation, strict=True)
    ]
    if any(extent % 2 for extent in extents):
        return None
    return extents[0] // 2, extents[1] // 2


def _make_gconv(conv: nn.Conv2d, **kwargs: Any) -> GConv:
    """Give a fresh GConv of the same sizes, place and mode."""
    new = GConv(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        _padding(conv) or 0,
        conv.dilation,
        bias=conv.bias is not None,
        padding_mode=conv.padding_mode,
        **kwargs,
    )
    weight = conv.weight
    new.to(weight.device, weight.dtype)
    if not weight.is_contiguous() and weight.is_contiguous(
        memory_format=torch.channels_last
    ):
        new.to(memory_format=torch.channels_last)
    new.weight.requires_grad_(weight.requires_grad)
    if conv.bias is not None and new.bias is not None:
        new.bias.requires_grad_(conv.bias.requires_grad)
    return new.train(conv.training)


def _report(
    plan: _Plan, positions: dict[nn.Module, int] | None
) -> ConvertedLayer:
    old, new = plan.conv, plan.new or plan.conv
    size = 'x'.join(map(str, old.kernel_size))
    notes = []
    if isinstance(new, GConv) and new is not old:
        if new.expand:
            notes.append('input expanded')
        if new.bias is not None:
            notes.append(f'bias of {new.bias.numel()}')
        if old.groups != 1:
            notes.append(f'groups={old.groups} became 1')
        if not new.weight.requires_grad:
            notes.append('frozen, with weights drawn anew')
    return ConvertedLayer(
        tuple(plan.names),
        f'{size}, {old.in_channels} to {old.out_channels}',
        plan.reason,
        tuple(notes),
        (count_parameters(old), count_parameters(new)),
        None if positions is None else cost_of(old, new, positions[old]),
    )
