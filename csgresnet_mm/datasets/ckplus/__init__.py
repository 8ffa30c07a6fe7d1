"""CK+: the data set, its frames, and how they lie on disk."""

from .dataset import CKPlus as CKPlus
