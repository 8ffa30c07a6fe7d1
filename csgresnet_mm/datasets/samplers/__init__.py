"""Samplers in MMPretrain's registry."""

from .class_balanced_sampler import (
    ClassBalancedSampler as ClassBalancedSampler,
)
