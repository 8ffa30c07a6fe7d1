"""A pipeline reads what the samples need, whoever sets it and when."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from mmpretrain.datasets import BaseDataset

from .load_face import check_crops, with_checks


class CheckedPipeline(BaseDataset):
    """MMPretrain's base, whose pipeline may be exchanged at any time.

    SwitchRecipeHook sets ``dataset.pipeline`` in the middle of a run. In
    whatever is set, each plain LoadImageFromFile becomes a LoadFace with the
    same settings, and :meth:`first_transforms` come first.
    """

    cropped: bool = False
    """Whether there are samples whose face is to be cropped."""

    @property
    def pipeline(self) -> Any:
        """What a sample goes through."""
        return self._pipeline

    @pipeline.setter
    def pipeline(self, given: Any) -> None:
        steps = getattr(given, 'transforms', None)
        if isinstance(steps, list):  # else a function that knows its way
            first = [
                step
                for step in self.first_transforms()
                if not any(isinstance(own, type(step)) for own in steps)
            ]
            given = copy.copy(given)
            given.transforms = [*first, *map(with_checks, steps)]
            if self.cropped:
                check_crops(given.transforms, str(self.data_root))
        self._pipeline = given

    def first_transforms(self) -> Sequence[Any]:
        """What every sample goes through before the pipeline."""
        return ()
