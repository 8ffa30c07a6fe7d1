"""What every data set of faces here has in common."""

from .dataset import FERDataset as FERDataset
