"""Which convolutions of a network become Gabor convolutions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

GROUPS = ('keep', 'dense')


@dataclass(frozen=True)
class ConversionPolicy:
    """What to convert, by kernel, groups, place and name.

    Args:
        pointwise: Whether 1x1 convolutions are converted. Their bank is all
            ones: M channels of the output are equal.
        kernel_sizes: Of the larger ones, those that are converted, a side or
            (h, w); None is all.
        groups: ``'keep'`` leaves grouped convolutions, since a Gabor
            convolution has no groups; ``'dense'`` puts one that sees every
            channel in their place, which computes something else and costs
            more.
        stem: Whether the first convolution of the model is converted.
        names: Patterns of names to convert, as of a shell.
        exclude: Patterns of names to leave.

    Raises:
        ValueError: If ``groups`` is unknown.

    Example:
        >>> policy = ConversionPolicy(stem=False, names=('layer3.*',))
        >>> policy.reason_to_leave('layer3.0', nn.Conv2d(8, 8, 3), False)
        >>> policy.reason_to_leave('layer3.1', nn.Conv2d(8, 8, 1), False)
        '1x1 kernel'
    """

    pointwise: bool = False
    kernel_sizes: Sequence[int | Sequence[int]] | None = None
    groups: str = 'keep'
    stem: bool = True
    names: Sequence[str] = ('*',)
    exclude: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.groups not in GROUPS:
            raise ValueError(f'groups={self.groups!r} must be one of {GROUPS}')
        for name in ('names', 'exclude'):
            if isinstance(getattr(self, name), str):
                raise ValueError(
                    f'{name}={getattr(self, name)!r} must be a list of '
                    'patterns'
                )

    def reason_to_leave(
        self, name: str, conv: nn.Conv2d, is_stem: bool
    ) -> str | None:
        """Say why a convolution is left.

        Args:
            name: Its name in the model.
            conv: The convolution.
            is_stem: Whether it is the first of the model.

        Returns:
            The reason, or None if it is to be converted.
        """
        if not any(fnmatchcase(name, pattern) for pattern in self.names):
            return 'not in names'
        if any(fnmatchcase(name, pattern) for pattern in self.exclude):
            return 'in exclude'
        if is_stem and not self.stem:
            return 'the stem'
        size = tuple(conv.kernel_size)
        if size == (1, 1):
            return None if self.pointwise else '1x1 kernel'
        if self.kernel_sizes is not None:
            sizes = {
                (side, side) if isinstance(side, int) else tuple(side)
                for side in self.kernel_sizes
            }
            if size not in sizes:
                return f'{size[0]}x{size[1]} kernel'
        return None

    def check_patterns(self, names: Sequence[str]) -> None:
        """Check that each pattern fits a convolution.

        Args:
            names: Names of all convolutions.

        Raises:
            ValueError: If one fits none, which a typing error does.
        """
        for field in ('names', 'exclude'):
            for pattern in getattr(self, field):
                if pattern != '*' and not any(
                    fnmatchcase(name, pattern) for name in names
                ):
                    raise ValueError(
                        f'{field}: {pattern!r} fits none of the '
                        f'convolutions {list(names)}'
                    )


PRESETS = {
    'spatial': ConversionPolicy(),
    'body': ConversionPolicy(stem=False),
    'all': ConversionPolicy(pointwise=True),
}
"""Every convolution larger than 1x1; those after the stem; 1x1 ones too, as
in GResNet."""

Chooser = Callable[[str, nn.Conv2d], bool]
Where = str | Mapping[str, Any] | ConversionPolicy | Chooser


def resolve_policy(where: Where) -> ConversionPolicy | Chooser:
    """Give the policy that ``where`` means.

    Args:
        where: A name of :data:`PRESETS`, arguments of
            :class:`ConversionPolicy`, a policy, or a function of a name and a
            convolution.

    Returns:
        The policy or the function.

    Raises:
        ValueError: If there is no such preset or argument.
        TypeError: If it is something else.

    Example:
        >>> resolve_policy({'stem': False}) == resolve_policy('body')
        True
    """
    if isinstance(where, str):
        if where not in PRESETS:
            raise ValueError(
                f'where={where!r} must be one of {tuple(PRESETS)}'
            )
        return PRESETS[where]
    if isinstance(where, Mapping):
        known = [field.name for field in fields(ConversionPolicy)]
        unknown = [key for key in where if key not in known]
        if unknown:
            raise ValueError(f'where: {unknown} must be among {known}')
        return ConversionPolicy(**where)
    if isinstance(where, ConversionPolicy) or callable(where):
        return where
    raise TypeError(
        f'where={where!r} must be a preset, a mapping, a ConversionPolicy or '
        'a function'
    )
