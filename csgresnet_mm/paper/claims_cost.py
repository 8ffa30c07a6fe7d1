"""Time and memory of training without a shift and with either form of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from csgresnet_mm.apis.measuring.compared_networks import gabor_classifier
from csgresnet_mm.apis.measuring.memory import is_supported, peak_of_step
from csgresnet_mm.apis.measuring.steps import TrainingStep
from csgresnet_mm.apis.measuring.timing import interleave
from csgresnet_mm.layers import set_execution

DIVISOR = 16
ORIENTATIONS = 4
PLAIN, FROZEN, OURS = 'no shift', 'frozen convolution', 'our shift'
FORMS = (PLAIN, FROZEN, OURS)
STRIDE_OF_STAGE = {1: 2, 3: 8}
"""Of GResNet's features, against the image."""


class FrozenShift(nn.Module):
    """The shift as the paper builds it: a frozen depth-wise convolution.

    Algorithm 1, on (B, P, C/M) with P = M*H*W positions as channels, one
    kernel of three taps a position; M = 1 is the algorithm to the letter,
    M = 4 what the paper's Table 2 counts. Tied to one input size. For
    comparison only: :class:`csgresnet_mm.layers.ChannelShift` computes the
    same at any size without parameters.

    Args:
        height: H of the features.
        width: W of the features.
        divisor: The paper's sigma.
        index: The paper's i, position of the first block; 0 is the start.
        num_orientations: M.

    Shape:
        - Input and output: (B, C, H, W)
        - conv.weight, which takes no gradient: (P, 1, 3)

    Raises:
        ValueError: If the blocks are empty or do not fit.
    """

    def __init__(
        self,
        height: int,
        width: int,
        divisor: int = DIVISOR,
        index: int = 0,
        num_orientations: int = ORIENTATIONS,
    ) -> None:
        super().__init__()
        positions = num_orientations * height * width
        block = positions // divisor
        if block == 0 or (index + 2) * block > positions:
            raise ValueError(
                f'divisor={divisor}, index={index}: blocks of {block} do not '
                f'fit {positions} positions'
            )
        self.num_orientations = num_orientations
        tap = torch.ones(positions, dtype=torch.long)  # 1: still
        tap[index * block : (index + 1) * block] = 0  # x[c-1]: right
        tap[(index + 1) * block : (index + 2) * block] = 2  # x[c+1]: left
        self.conv = nn.Conv1d(
            positions, positions, 3, padding=1, groups=positions, bias=False
        )
        weight = nn.functional.one_hot(tap, 3)[:, None].float()
        self.conv.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Shift (B, C, H, W)."""
        batch, channels, height, width = x.shape
        planes = channels // self.num_orientations
        # (B, C/M, M*H*W) -> (B, M*H*W, C/M)
        x = x.reshape(batch, planes, -1).permute(0, 2, 1)
        x = self.conv(x).permute(0, 2, 1)
        return x.reshape(batch, channels, height, width)


@dataclass(frozen=True)
class ShiftArm:
    """A training step of GResNet-18 with one form of the shift.

    Args:
        form: One of :data:`FORMS`.
        stage: 1 or 3: the shift's, before the last block.
        batch: Images.
        image: Side of an image in pixels, a multiple of 8.
        execution: Of the Gabor convolutions.
    """

    form: str
    stage: int
    batch: int
    image: int
    execution: str = 'auto'

    def build_model(self) -> nn.Module:
        """GResNet-18 with a head of seven classes.

        Raises:
            ValueError: If the form, the stage or the image does not fit.
        """
        if self.form not in FORMS:
            raise ValueError(f'form={self.form!r} must be one of {FORMS}')
        if self.stage not in STRIDE_OF_STAGE or self.image % 8:
            raise ValueError(
                f'stage={self.stage}, image={self.image}: expected a stage of '
                f'{tuple(STRIDE_OF_STAGE)} and a multiple of 8'
            )
        shift = {'stage': self.stage, 'divisor': DIVISOR}
        model = gabor_classifier(
            ORIENTATIONS,
            depth=18,
            channel_shift=shift if self.form == OURS else None,
        )
        if self.form == FROZEN:
            side = self.image // STRIDE_OF_STAGE[self.stage]
            blocks = getattr(model.backbone, f'layer{self.stage}')
            blocks[-1].shift = FrozenShift(side, side)
        set_execution(model, self.execution)
        return model

    def build(self, device: str) -> TrainingStep:
        """Build the network and give a step, called once already."""
        torch.manual_seed(0)
        model = self.build_model().train().to(device)
        size = (self.batch, 3, self.image, self.image)
        step = TrainingStep(model, torch.randn(size).to(device))
        step()
        return step


@dataclass(frozen=True)
class ShiftCost:
    """What training with one form of the shift took.

    Args:
        form: One of :data:`FORMS`.
        stage: Of the shift.
        milliseconds: Of a training step, one a round; in a round all forms
            ran in turn.
        mebibytes: Peak memory of a step in a process of its own, one a
            repetition; empty where this system does not know.
        frozen_parameters: Those of the shift.
    """

    form: str
    stage: int
    milliseconds: tuple[float, ...]
    mebibytes: tuple[float, ...]
    frozen_parameters: int


def measure_shift_cost(
    stage: int,
    *,
    batch: int = 16,
    image: int = 112,
    rounds: int = 15,
    memory_rounds: int = 3,
    least_ms: float = 50.0,
    execution: str = 'auto',
    device: str = 'cpu',
) -> list[ShiftCost]:
    """Time training without a shift, with the frozen one, and with ours.

    Args:
        stage: 1 or 3.
        batch: Images of a step.
        image: Side of an image in pixels.
        rounds: Samples of the time of each form.
        memory_rounds: Samples of the memory of each form.
        least_ms: How long a sample of the time takes at least.
        execution: Of the Gabor convolutions.
        device: ``'cpu'`` or ``'cuda'``.

    Returns:
        One entry for each of :data:`FORMS`.
    """
    arms = {
        form: ShiftArm(form, stage, batch, image, execution) for form in FORMS
    }
    steps = {form: arm.build(device) for form, arm in arms.items()}
    times: dict[str, list[float]] = {form: [] for form in FORMS}
    for form, _, value in interleave(steps, rounds, least_ms, device):
        times[form].append(value)
    frozen = {form: _frozen(step.model) for form, step in steps.items()}
    del steps
    peaks: dict[str, list[float]] = {form: [] for form in FORMS}
    for _ in range(memory_rounds if is_supported(device) else 0):
        for form, arm in arms.items():
            peaks[form].append(peak_of_step(arm, device))
    return [
        ShiftCost(
            form, stage, tuple(times[form]), tuple(peaks[form]), frozen[form]
        )
        for form in FORMS
    ]


def _frozen(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if not p.requires_grad)


def ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Round by round, how many times as much as the base.

    Raises:
        ValueError: If the two have not the same number of rounds.

    Example:
        >>> ratios([3.0, 6.0], [2.0, 3.0])
        [1.5, 2.0]
    """
    return [a / b for a, b in zip(values, base, strict=True)]
