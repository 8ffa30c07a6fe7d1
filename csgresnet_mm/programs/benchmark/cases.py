"""A case of the benchmark, and the sizes of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from csgresnet_mm.apis.measuring.steps import LayerArm, NetworkArm
from csgresnet_mm.functional.measured import Row

Arm = NetworkArm | LayerArm


@dataclass(frozen=True)
class BenchmarkSizes:
    """What a run measures; ``QUICK`` is for trying the tool out."""

    image: int = 112
    batches: tuple[int, ...] = (1, 8, 32)
    training_batches: tuple[int, ...] = (16,)
    growth_batch: int = 8
    growth_batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    resolutions: tuple[int, ...] = (56, 112, 168, 224)
    orientations: tuple[int, ...] = (2, 4, 8)
    depths: tuple[int, ...] = (18, 34)
    small_images: tuple[int, ...] = (44, 48)
    small_batches: tuple[int, ...] = (1, 64)
    compiled: bool = True
    graphs: bool = True
    least_ms: float = 50.0
    memory_rounds: int = 3


QUICK = BenchmarkSizes(
    image=32,
    batches=(1,),
    training_batches=(2,),
    growth_batch=1,
    growth_batches=(1, 2),
    resolutions=(32, 48),
    depths=(18,),
    small_images=(32,),
    small_batches=(1, 2),
    compiled=False,
    graphs=False,
    least_ms=0.0,
    memory_rounds=1,
)


@dataclass(frozen=True)
class Case:
    """Arms that are timed in turn; the first of ours is the headline.

    Args:
        name: What tables call it.
        arms: What is timed.
        precision: ``'fp32'`` or ``'tf32'``, for torch's switch; another one
            or None leaves the switch.
        row: On a GPU, the layer, as the table that ``auto`` reads has it.
        neighbours: Python programs that run beside it, one a process.
    """

    name: str
    arms: Sequence[Arm]
    precision: str | None = None
    row: Row | None = None
    neighbours: Sequence[str] = ()
