"""The label of a query: which images of the gallery have its class."""

import numpy as np
import pytest
import torch
from mmpretrain.datasets import BaseDataset
from mmpretrain.evaluation import RetrievalRecall
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import DatasetError, RetrievalQueries

PIPELINE = [dict(type='PackInputs')]


def made(labels, classes=('joy', 'rest', 'rage'), pipeline=PIPELINE):
    """Black pictures of these labels."""
    data = BaseDataset(
        ann_file='',
        metainfo=dict(classes=classes),
        lazy_init=True,
        pipeline=pipeline,
    )
    data.data_list = [
        dict(img=np.zeros((4, 4, 3), np.uint8), gt_label=label)
        for label in labels
    ]
    data._fully_initialized = True
    data.serialize_data = False
    return data


def test_labels_are_the_gallerys_images_of_the_class():
    queries = RetrievalQueries(made([1, 0]), made([0, 1, 1, 0, 1]))
    found = [queries[i]['data_samples'].gt_label.tolist() for i in range(2)]
    assert found == [[1, 2, 4], [0, 3]]
    assert len(queries) == 2
    assert queries.metainfo['classes'] == ('joy', 'rest', 'rage')
    assert queries.get_cat_ids(0) == [1]


# the original MMPretrain's way from a tensor to an array
@pytest.mark.filterwarnings('ignore:.*__array__ impl:DeprecationWarning')
def test_mmpretrains_recall_reads_them(monkeypatch):
    # which it calls, and numpy 2.4 has no more
    monkeypatch.setattr(np, 'in1d', np.isin, raising=False)
    queries = RetrievalQueries(made([1, 0]), made([0, 1, 1, 0, 1]))
    metric = RetrievalRecall(topk=1)
    for index, scores in ((0, [0, 1, 0, 0, 0]), (1, [0, 1, 0, 0, 0])):
        sample = queries[index]['data_samples']
        sample.set_pred_score(torch.tensor(scores, dtype=torch.float32))
        metric.process(None, [sample.to_dict()])
    # the nearest image of the first has its class, that of the second not
    assert metric.evaluate(2) == {'retrieval/Recall@1': 50.0}


def test_configs_are_built_with_the_pipeline(tmp_path):
    root = tmp_path / 'faces'
    config = dict(type='DemoFaces', data_root=str(root))
    config.update(num_train=14, num_test=7)
    queries = DATASETS.build(
        dict(
            type='RetrievalQueries',
            dataset=dict(config, split='test'),
            gallery=dict(config, split='train'),
            pipeline=[dict(type='LoadImageFromFile'), *PIPELINE],
        )
    )
    assert queries[0]['inputs'].shape[0] == 3
    labels = queries.gallery.get_gt_labels()
    own = queries.get_data_info(0)['gt_label']
    expected = np.flatnonzero(labels == own).tolist()
    assert queries[0]['data_samples'].gt_label.tolist() == expected


def test_other_classes_are_told():
    with pytest.raises(DatasetError, match=r"'rage'\).*'rage', 'fear'\)"):
        RetrievalQueries(
            made([0]), made([0], classes=('joy', 'rest', 'rage', 'fear'))
        )


def test_a_class_that_the_gallery_lacks_is_told():
    queries = RetrievalQueries(made([0, 2]), made([0, 1]))
    assert queries[0]['data_samples'].gt_label.tolist() == [0]
    with pytest.raises(DatasetError, match=r'query 1 has the label 2.*0, 1'):
        queries[1]
