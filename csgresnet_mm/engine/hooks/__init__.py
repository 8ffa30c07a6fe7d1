"""Hooks in MMEngine's registry, a module each."""

from .checked_weights_hook import CheckedWeightsHook as CheckedWeightsHook
from .class_order_hook import ClassOrderHook as ClassOrderHook
from .class_permutation_hook import (
    ClassPermutationHook as ClassPermutationHook,
)
from .class_weights_hook import ClassWeightsHook as ClassWeightsHook
from .exact_resume_hook import ExactResumeHook as ExactResumeHook
from .fingerprint_hook import FingerprintHook as FingerprintHook
from .finite_loss_hook import FiniteLossHook as FiniteLossHook
from .preemption_hook import PreemptionHook as PreemptionHook
from .seeding_hook import SeedingHook as SeedingHook
from .sync_statistics_hook import SyncStatisticsHook as SyncStatisticsHook
