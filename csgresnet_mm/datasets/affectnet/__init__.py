"""AffectNet: the data set, and a module for each way it lies on disk."""

from .dataset import AffectNet as AffectNet
