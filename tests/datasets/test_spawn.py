"""Every data set is read by workers that are spawned (cases P2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.logging import MessageHub
from mmpretrain.registry import DATASETS
from torch.utils.data import ConcatDataset, DataLoader

from csgresnet_mm.datasets.layouts.__main__ import find_writers
from csgresnet_mm.demo_faces import ensure_demo_faces
from csgresnet_mm.evaluation import RecordedAccess, read_record

PIPELINE = [
    dict(type='LoadFace'),
    dict(type='ResizeEdge', scale=40),
    dict(type='CenterCrop', crop_size=32),
    dict(type='PackInputs'),
]
TYPES = {
    'affectnet': 'AffectNet',
    'ckplus': 'CKPlus',
    'expw': 'ExpW',
    'fer2013': 'FER2013',
    'ferplus': 'FERPlus',
    'jaffe': 'JAFFE',
    'kdef': 'KDEF',
    'rafdb': 'RAFDB',
    'rafdb_compound': 'RAFDBCompound',
    'sfew': 'SFEW',
}


def as_they_are(samples: list[Any]) -> list[Any]:
    return samples


def build(kind: str, root: Path, **options: Any) -> Any:
    return DATASETS.build(
        dict(
            type=kind,
            data_root=str(root),
            pipeline=PIPELINE,
            split='train',
            on_error='skip',
            _scope_='mmpretrain',
            **options,
        )
    )


def summary(sample: dict[str, Any]) -> tuple[Any, ...]:
    found = sample['data_samples']
    path = found.get('img_path')
    return path, found.gt_label.tolist(), sample['inputs'].sum().item()


@pytest.fixture
def every(tmp_path: Path) -> list[Any]:
    writers = find_writers()
    assert writers.keys() == TYPES.keys()
    found = []
    for name, own in writers.items():
        root = tmp_path / name
        next(iter(own.values()))(root, 2, 0)
        found.append(build(TYPES[name], root))
    faces = ensure_demo_faces(tmp_path / 'faces', num_train=7, num_test=7)
    found.append(build('DemoFaces', faces, num_train=7, num_test=7))
    recorded = RecordedAccess(
        build('DemoFaces', faces, num_train=7, num_test=7),
        tmp_path / 'record',
    )
    return [*found, recorded]


def test_P2_every_data_set_is_read_by_spawned_workers(
    every: list[Any], tmp_path: Path
) -> None:
    joined: ConcatDataset[Any] = ConcatDataset(every)
    expected = [summary(joined[index]) for index in range(len(joined))]
    (tmp_path / 'record').unlink()
    hub = MessageHub.get_current_instance()
    hub.update_info('loop_stage', 'test')
    try:
        loader = DataLoader(
            joined,
            batch_size=8,
            num_workers=2,
            collate_fn=as_they_are,
            multiprocessing_context='spawn',
        )
        found = [summary(sample) for batch in loader for sample in batch]
    finally:
        hub.update_info('loop_stage', None)
    assert found == expected
    assert torch.utils.data.get_worker_info() is None
    # a spawned worker has no runner, and knows the stage all the same
    stages = {access.stage for access in read_record(tmp_path / 'record')}
    assert stages == {'test'}
