"""A data set that keeps a record of when it was read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.logging import MessageHub
from mmpretrain.registry import DATASETS

BUILT = 'built'
NO_STAGE = 'none'


class Access(NamedTuple):
    """One line of a record.

    Args:
        stage: What MMEngine's runner was at: 'train', 'val', 'test', or
            'none' outside of its loops.
        what: 'built', or the index that was read.
    """

    stage: str
    what: str


@DATASETS.register_module()
class RecordedAccess:
    """Wraps a data set and writes down every access to it.

    Around a test set it shows that a protocol reads it after training only::

        test_dataloader.dataset = dict(
            type='RecordedAccess', dataset=..., record='test.log'
        )

    Building the data set is an access, too: it reads labels. Each access is
    one line that is appended at once, so workers and several processes write
    to one file. Workers know the runner's stage from when they were started.

    Args:
        dataset: Config of the data set, or the data set.
        record: Path of the file; lines are appended.
        forbidden: Stages in which an access raises, after it is recorded.

    Raises:
        RuntimeError: An access in a forbidden stage.
    """

    def __init__(
        self,
        dataset: Mapping[str, Any] | Any,
        record: str | os.PathLike[str],
        forbidden: Sequence[str] = (),
    ) -> None:
        self.record = Path(record)
        self.forbidden = tuple(forbidden)
        self._stage_of_workers = NO_STAGE
        self._note(BUILT)
        self.dataset = (
            DATASETS.build(dataset)
            if isinstance(dataset, Mapping)
            else dataset
        )

    @property
    def metainfo(self) -> dict[str, Any]:
        """Of the data set."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Read the data set's index."""
        self._note(BUILT)
        self.dataset.full_init()

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Entry of a sample."""
        self._note(str(idx))
        return self.dataset.get_data_info(idx)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Classes of a sample."""
        self._note(str(idx))
        return self.dataset.get_cat_ids(idx)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> Any:
        self._note(str(idx))
        return self.dataset[idx]

    def __getstate__(self) -> dict[str, Any]:
        """For a worker that is spawned: it has no runner to ask."""
        return dict(self.__dict__, _stage_of_workers=self._stage())

    def _stage(self) -> str:
        hub = MessageHub.get_current_instance()
        return hub.get_info('loop_stage') or self._stage_of_workers

    def _note(self, what: str) -> None:
        stage = self._stage()
        with open(self.record, 'ab', buffering=0) as file:
            file.write(f'{stage} {what}\n'.encode())
        if stage in self.forbidden:
            raise RuntimeError(
                f'{self.record}: {what} in stage {stage}; expected no access '
                f'in {", ".join(self.forbidden)}'
            )


def read_record(path: str | os.PathLike[str]) -> list[Access]:
    """The accesses, in order.

    Args:
        path: Of a record; where there is no file there was no access.
    """
    path = Path(path)
    if not path.exists():
        return []
    return [Access(*line.split()) for line in path.read_text().splitlines()]
