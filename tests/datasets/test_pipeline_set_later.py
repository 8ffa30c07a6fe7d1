"""What a sample needs for reading belongs to it, whatever pipeline comes.

T3 and T4 of the tools' list: a pipeline that is exchanged in the middle of a
run, and a loader that reads samples outside of their data set.
"""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmengine.fileio import get_file_backend
from mmengine.registry import init_default_scope
from mmpretrain.datasets import KFoldDataset
from mmpretrain.engine import SwitchRecipeHook

from csgresnet_mm.datasets import FER2013, CKPlus, ExpW, FERPlus, LoadFace
from csgresnet_mm.datasets.ferplus.draw import DrawLabel
from csgresnet_mm.datasets.layouts import ckplus, expw, fer2013, ferplus

PLAIN = dict(type='LoadImageFromFile')
PACK = dict(type='PackInputs')


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmpretrain')


@pytest.fixture
def rows(tmp_path: Path) -> FER2013:
    """FER2013's CSV, read by the pipeline of the config."""
    fer2013.write_csv(tmp_path, 3, 0)
    return FER2013(tmp_path, pipeline=[PLAIN, PACK])


def switch(dataset: Any, *steps: dict) -> Any:
    """What SwitchRecipeHook does at epoch 2."""
    hook = SwitchRecipeHook(
        [dict(action_epoch=2, train_pipeline=[*steps, PACK])]
    )
    loader = SimpleNamespace(dataset=dataset, _iterator=None)
    hook._switch_train_pipeline(
        SimpleNamespace(train_loop=SimpleNamespace(dataloader=loader)),
        hook.schedule[2]['train_pipeline'],
    )
    return dataset


@pytest.mark.parametrize(
    'wrap',
    [
        lambda data: data,
        lambda data: RepeatDataset(data, 2),
        lambda data: ConcatDataset([data, data]),
    ],
)
def test_T3_rows_are_read_behind_a_switch(rows: FER2013, wrap) -> None:
    before = rows[4]['inputs'].numpy()
    after = switch(wrap(rows), PLAIN)[4]['inputs'].numpy()
    assert np.array_equal(before, after)


def test_T3_rows_are_read_in_a_fold(rows: FER2013) -> None:
    data = switch(
        KFoldDataset(
            dict(type='FER2013', data_root=rows.data_root), num_splits=3
        ),
        dict(PLAIN, color_type='grayscale'),
    )
    assert data[0]['inputs'].shape == (1, 48, 48)


def test_T3_rows_are_read_by_a_nested_loader(rows: FER2013) -> None:
    nested = dict(type='RandomChoice', transforms=[[PLAIN], [PLAIN]])
    assert switch(rows, nested)[0]['inputs'].shape == (3, 48, 48)


def test_T3_faces_are_cropped_behind_a_switch(tmp_path: Path) -> None:
    expw.write(tmp_path, 20, 0)
    data = ExpW(tmp_path, pipeline=[PLAIN, PACK])
    before = data[3]['inputs'].shape
    assert switch(data, PLAIN)[3]['inputs'].shape == before
    with pytest.raises(ValueError, match='LoadImageFromFile or LoadFace'):
        switch(data, dict(type='Resize', scale=8))


def test_T3_labels_are_drawn_behind_a_switch(tmp_path: Path) -> None:
    ferplus.write_csv(tmp_path, 3, 0)
    data = FERPlus(tmp_path, rule='probability', pipeline=[PLAIN, PACK])
    for _ in range(2):  # once, however often it is set
        switch(data, PLAIN)
        kinds = [type(step) for step in data.pipeline.transforms]
        assert kinds[:2] == [DrawLabel, LoadFace]
        assert kinds.count(DrawLabel) == 1
    data.pipeline = data.pipeline
    assert [type(s) for s in data.pipeline.transforms][:3] == kinds


def test_a_function_may_be_the_pipeline(rows: FER2013) -> None:
    rows.pipeline = lambda info: info['row']
    assert rows[2] == rows.get_data_info(2)['row']


# ---- read by others --------------------------------------------------


@pytest.mark.parametrize(
    ('kind', 'write', 'options'),
    [
        (FER2013, fer2013.write_csv, {}),
        (FERPlus, ferplus.write_csv, {}),
        (FERPlus, ferplus.write_csv, dict(rule='probability')),
        (CKPlus, ckplus.write_csv, dict(fold=None)),
    ],
)
@pytest.mark.parametrize('colour', ['color', 'grayscale'])
def test_T4_a_plain_loader_reads_a_row(
    tmp_path: Path, kind, write, options, colour
) -> None:
    write(tmp_path, 3, 0)
    load = LoadImageFromFile(color_type=colour)
    data = kind(tmp_path, **options)
    for sample in (data[5], copy.deepcopy(data[5])):
        expected = data.get_data_info(5)['img']
        assert sample['img_path'] == data.get_data_info(5)['img_path']
        found = load(sample)['img']
        assert np.array_equal(
            found if found.ndim == 2 else found[..., 1], expected
        )


def test_T4_the_path_is_plain_once_it_leaves_the_process(
    rows: FER2013,
) -> None:
    rows.pipeline.transforms.clear()
    path = pickle.loads(pickle.dumps(rows[0]['img_path']))
    assert type(path) is str
    assert path == rows.get_data_info(0)['img_path']
    with pytest.raises(TypeError, match='a RowPath is expected'):
        get_file_backend('pixels://x.csv#1').get('pixels://x.csv#1')
