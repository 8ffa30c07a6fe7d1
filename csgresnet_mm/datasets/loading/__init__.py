"""From an entry of a data set to its pixels, or the reason why not."""

from .load_face import LoadFace as LoadFace
