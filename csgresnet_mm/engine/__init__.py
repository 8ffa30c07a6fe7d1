"""What MMEngine's training loop needs beside it.

Importing this package registers hooks and a file backend, and changes nothing
else: they work where a config names them. The module that changes MMEngine is
switched on by its own name, in a config's ``custom_imports`` or by a tool:
``csgresnet_mm.engine.safe_loading``.
"""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.engine.atomic_backend import AtomicBackend  # noqa: E402
from csgresnet_mm.engine.cpu_amp import CPUAmpOptimWrapper  # noqa: E402
from csgresnet_mm.engine.hooks import (  # noqa: E402
    CheckedWeightsHook,
    ClassOrderHook,
    ClassPermutationHook,
    ClassWeightsHook,
    ExactResumeHook,
    FingerprintHook,
    FiniteLossHook,
    PreemptionHook,
    SeedingHook,
    SyncStatisticsHook,
)
from csgresnet_mm.engine.lazy_visualizer import LazyVisualizer  # noqa: E402

__all__ = [
    'AtomicBackend',
    'CPUAmpOptimWrapper',
    'CheckedWeightsHook',
    'ClassOrderHook',
    'ClassPermutationHook',
    'ClassWeightsHook',
    'ExactResumeHook',
    'FingerprintHook',
    'FiniteLossHook',
    'LazyVisualizer',
    'PreemptionHook',
    'SeedingHook',
    'SyncStatisticsHook',
]
