"""The data sets of a config, out of their wrappers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmpretrain.registry import DATASETS

from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.apis.config_data.parts import open_parts
from csgresnet_mm.datasets import DatasetError
from csgresnet_mm.programs.audit.scan import scan

from .fakes import leaf, make_part
from .planting import jpeg, smooth_images


def config(**loaders):
    return Config(
        {
            f'{name}_dataloader': dict(dataset=dataset)
            for name, dataset in loaders.items()
        }
    )


def test_a_part_holds_the_entries_of_its_data_set(rafdb):
    (part,) = open_parts(config(train=leaf(rafdb, 'train')), None)
    assert (part.name, part.kind, part.split) == ('train', 'RAFDB', 'train')
    assert part.counts == (2,) * 7
    assert part.published == (1290, 281, 717, 4772, 1982, 705, 2524)
    assert part.labels[:3] == [0, 1, 2]
    assert part.names[0].endswith('train_00001_aligned.jpg')
    assert part.tasks[0] == FileTask(part.names[0], None)
    assert 'aligned' in part.layout
    assert part.ours and part.split_off is None
    assert 'published are 12271' in part.said[0]
    assert part.expression(3) == 'happiness'


def test_val_and_test_of_the_same_images_are_one_part(rafdb):
    settings = config(
        train=leaf(rafdb, 'train'),
        val=leaf(rafdb, 'test', pipeline=[dict(type='LoadImageFromFile')]),
        test=leaf(rafdb, 'test'),
    )
    parts = open_parts(settings, None)
    assert [part.name for part in parts] == ['train', 'val, test']
    assert parts[1].loaders == ('val', 'test')
    # a pipeline is not built, and the config is left as it was
    assert 'pipeline' in settings.val_dataloader.dataset
    assert 'on_error' not in settings.val_dataloader.dataset


def test_asked_for_splits_only(rafdb):
    settings = config(train=leaf(rafdb, 'train'), val=leaf(rafdb, 'test'))
    (part,) = open_parts(settings, ['val'])
    assert part.name == 'val'
    with pytest.raises(ValueError, match='no test_dataloader'):
        open_parts(settings, ['test'])
    with pytest.raises(ValueError, match='no data set'):
        open_parts(config(), None)


def test_wrappers_are_left_out(rafdb):
    inner = leaf(rafdb, 'train')
    for wrapper in (
        dict(type='RepeatDataset', times=3, dataset=inner),
        dict(type='ClassBalancedDataset', oversample_thr=0.5, dataset=inner),
        dict(type='KFoldDataset', num_splits=2, fold=1, dataset=inner),
        dict(
            type='RepeatDataset',
            times=2,
            dataset=dict(type='ConcatDataset', datasets=[inner]),
        ),
    ):
        (part,) = open_parts(config(train=wrapper), None)
        assert len(part) == 14


def test_several_data_sets_of_a_loader_are_numbered(rafdb):
    both = dict(
        type='ConcatDataset',
        datasets=[leaf(rafdb, 'train'), leaf(rafdb, 'test')],
    )
    parts = open_parts(config(train=both), None)
    assert [part.name for part in parts] == ['train/0', 'train/1']
    assert {part.loaders for part in parts} == {('train',)}


def test_split_parts_know_their_source(rafdb):
    settings = config(
        train=leaf(rafdb, 'train', val_ratio=0.5, seed=3),
        val=leaf(rafdb, 'val', val_ratio=0.5, seed=3),
        test=leaf(rafdb, 'test', val_ratio=0.5, seed=3),
    )
    train, val, test = open_parts(settings, None)
    assert (train.source, train.split_off) == ('train', (0.5, 3))
    assert (val.split, val.source, val.split_off) == ('val', 'train', (0.5, 3))
    assert val.published == train.published
    assert (test.source, test.split_off) == ('test', None)
    assert len(train) == len(val) == 7


def test_another_order_takes_the_published_counts_along(rafdb):
    settings = config(test=leaf(rafdb, 'test', class_order='fer2013'))
    (part,) = open_parts(settings, None)
    assert part.classes[0] == 'anger'
    assert part.published == (162, 160, 74, 1185, 478, 329, 680)


def test_malformed_entries_are_counted(rafdb):
    (rafdb / 'Image' / 'aligned' / 'train_00003_aligned.jpg').unlink()
    (part,) = open_parts(config(train=leaf(rafdb, 'train')), None)
    assert len(part) == 13
    count, text = part.skipped
    assert count == 1 and text not in part.said
    assert 'skipped 1 entries: 1 missing image' in text


def test_what_cannot_be_read_raises(tmp_path):
    settings = config(train=leaf(tmp_path, 'train'))
    with pytest.raises(DatasetError, match='RAFDB'):
        open_parts(settings, None)


def class_folders(tmp_path):
    for name, images in (('a', 2), ('b', 3)):
        folder = tmp_path / 'train' / name
        folder.mkdir(parents=True)
        for number, image in enumerate(smooth_images(images, 32, images)):
            (folder / f'{number}.jpg').write_bytes(jpeg(image))
    return dict(
        type='CustomDataset',
        data_root=str(tmp_path),
        data_prefix='train',
        with_label=True,
    )


def test_data_sets_of_mmpretrain_are_read_too(tmp_path):
    (part,) = open_parts(config(train=class_folders(tmp_path)), None)
    assert (part.kind, part.ours, part.split) == (
        'CustomDataset',
        False,
        'train',
    )
    assert part.counts == (2, 3)
    assert part.classes == ('a', 'b')
    assert part.published is None


def test_images_of_arrays_are_looked_at(arrays):
    parts = open_parts(config(test=dict(type='AuditArrays')), None)
    assert parts[0].names == ['x.csv#0', 'x.csv#1', 'x.csv#2']
    found = scan(parts, 0)
    assert found.size.tolist() == [[48, 48]] * 3
    assert found.grey.all()
    assert found.files == {}
    assert len(set(found.key)) == 3


@pytest.fixture
def many_labels():
    @DATASETS.register_module(name='AuditManyLabels')
    class ManyLabels(BaseDataset):
        def load_data_list(self):
            return [dict(img_path='a.jpg', gt_label=[0, 1])]

    yield
    DATASETS.module_dict.pop('AuditManyLabels')


def test_several_labels_an_image_are_refused(many_labels):
    settings = config(train=dict(type='AuditManyLabels'))
    with pytest.raises(ValueError, match=r'gt_label=\[0, 1\]'):
        open_parts(settings, None)


def test_processes_see_what_one_sees(rafdb, monkeypatch):
    monkeypatch.setattr('csgresnet_mm.programs.audit.scan.CHUNK', 4)
    parts = open_parts(
        config(train=leaf(rafdb, 'train'), test=leaf(rafdb, 'test')), None
    )
    counts = []
    alone, several = scan(parts, 0), scan(parts, 2, counts.append)
    assert counts == [4] * 5 + [1]
    assert alone.part.tolist() == [0] * 14 + [1] * 7
    assert alone.entry.tolist() == [*range(14), *range(7)]
    for name in alone._fields:
        ours, theirs = getattr(alone, name), getattr(several, name)
        assert (
            np.array_equal(ours, theirs)
            if isinstance(ours, np.ndarray)
            else ours == theirs
        )


def test_faces_of_one_photograph_are_different_images(tmp_path):
    path = tmp_path / 'a.jpg'
    image = cv2.resize(smooth_images(1, 90, 2)[0], (90, 90))
    path.write_bytes(jpeg(image))
    boxes = [(0.0, 0.0, 40.0, 40.0), (40.0, 40.0, 90.0, 90.0)]
    tasks = [FileTask(str(path), box) for box in [*boxes, boxes[0]]]
    part = make_part('train', (3,), names=[str(path)] * 3, tasks=tasks)
    found = scan([part], 0)
    assert found.key[0] == found.key[2] != found.key[1]
    assert list(found.files) == [str(path)]
