"""What MMEngine's training loop needs beside it.

Importing this package registers a sampler, hooks and a file backend, and
changes nothing else: they work where a config names them. The module that
changes MMEngine is switched on by its own name, in a config's
``custom_imports`` or by a tool: ``csgresnet_mm.engine.safe_loading``.
"""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.engine.atomic_backend import AtomicBackend  # noqa: E402
from csgresnet_mm.engine.checked_weights_hook import (  # noqa: E402
    CheckedWeightsHook,
)
from csgresnet_mm.engine.class_balanced_sampler import (  # noqa: E402
    ClassBalancedSampler,
)
from csgresnet_mm.engine.class_order_hook import ClassOrderHook  # noqa: E402
from csgresnet_mm.engine.class_weights import ClassWeightsHook  # noqa: E402
from csgresnet_mm.engine.cpu_amp import CPUAmpOptimWrapper  # noqa: E402
from csgresnet_mm.engine.exact_resume_hook import (  # noqa: E402
    ExactResumeHook,
)
from csgresnet_mm.engine.fingerprint import FingerprintHook  # noqa: E402
from csgresnet_mm.engine.finite_loss_hook import FiniteLossHook  # noqa: E402
from csgresnet_mm.engine.permutation import ClassPermutationHook  # noqa: E402
from csgresnet_mm.engine.preemption_hook import PreemptionHook  # noqa: E402
from csgresnet_mm.engine.seeding_hook import SeedingHook  # noqa: E402
from csgresnet_mm.engine.sync_statistics_hook import (  # noqa: E402
    SyncStatisticsHook,
)

__all__ = [
    'AtomicBackend',
    'CPUAmpOptimWrapper',
    'CheckedWeightsHook',
    'ClassBalancedSampler',
    'ClassOrderHook',
    'ClassPermutationHook',
    'ClassWeightsHook',
    'ExactResumeHook',
    'FingerprintHook',
    'FiniteLossHook',
    'PreemptionHook',
    'SeedingHook',
    'SyncStatisticsHook',
]
