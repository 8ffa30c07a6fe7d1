"""RAF-DB: the data sets, and a module for each way they lie on disk."""

from .compound import RAFDBCompound as RAFDBCompound
from .dataset import RAFDB as RAFDB
