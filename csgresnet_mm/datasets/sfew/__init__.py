"""SFEW: the data set, and a module for each way it lies on disk."""

from .dataset import SFEW as SFEW
