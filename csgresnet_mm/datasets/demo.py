"""Synthetic faces to try everything without a licensed data set."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mmpretrain.registry import DATASETS

from .rafdb.dataset import RAFDB
from .reading.report import ReadReport
from .reading.table import Table


@DATASETS.register_module()
class DemoFaces(RAFDB):
    """Synthetic faces in RAF-DB's layout, made on first use.

    They are drawn by a program from random numbers. No result on them says
    anything about real faces, or about RAF-DB.

    Args:
        data_root: The folder; made if it does not exist.
        split: 'train' or 'test', or 'val' with ``val_ratio``.
        num_train: Images in train, 7 to 12271.
        num_test: Images in test, 7 to 3068.
        generator_seed: Chooses the faces.
        **kwargs: See :class:`RAFDB`. Only its 'aligned' images exist.

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: the folder holds something else, or
            faces made with another version, seed or number.
    """

    PUBLISHED: Mapping[str, Sequence[int]] = {}

    OPTIONS = (*RAFDB.OPTIONS, 'num_train', 'num_test', 'generator_seed')

    def __init__(
        self,
        data_root: str | os.PathLike[str] = 'data/demo-faces',
        split: str = 'train',
        *,
        num_train: int = 1050,
        num_test: int = 350,
        generator_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        self.num_train = num_train
        self.num_test = num_test
        self.generator_seed = generator_seed
        super().__init__(data_root, split, **kwargs)

    def read_table(self, split: str, report: ReadReport) -> Table:
        """Make the faces if there are none, then read them as RAF-DB."""
        # what draws reports errors of this package, so it is imported later
        from csgresnet_mm.demo_faces import ensure_demo_faces

        ensure_demo_faces(
            self.data_root,
            seed=self.generator_seed,
            num_train=self.num_train,
            num_test=self.num_test,
        )
        return super().read_table(split, report)
