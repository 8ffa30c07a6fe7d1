# configs/csgresnet18_demo.py as a pure-Python config: types are classes, bases
# are imports, an editor can follow both. tools/train.py and get_model take it.
# The type of a data set stays a name: get_model looks that name up.
from mmengine.config import read_base
from mmpretrain.datasets import (
    CenterCrop,
    LoadImageFromFile,
    PackInputs,
    RandomCrop,
    RandomFlip,
    Resize,
    Rotate,
)
from mmpretrain.evaluation import Accuracy
from mmpretrain.models import (
    CrossEntropyLoss,
    GlobalAveragePooling,
    ImageClassifier,
    LinearClsHead,
)

from csgresnet_mm.models import GResNet, OrientationMaxPooling

with read_base():
    from .._base_.default_runtime import *
    from .._base_.schedules.demo import *

model = dict(
    type=ImageClassifier,
    backbone=dict(
        type=GResNet,
        depth=18,
        channel_shift=dict(stage=3, divisor=16, position='start'),
    ),
    neck=[
        dict(type=GlobalAveragePooling),
        dict(type=OrientationMaxPooling, num_orientations=4),
    ],
    head=dict(
        type=LinearClsHead,
        num_classes=7,
        in_channels=128,
        loss=dict(type=CrossEntropyLoss, loss_weight=1.0),
        topk=(1,),
    ),
)
data_preprocessor = dict(
    num_classes=7,
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

train_pipeline = [
    dict(type=LoadImageFromFile),
    dict(type=Resize, scale=(56, 56), interpolation='bilinear'),
    dict(type=RandomCrop, crop_size=48),
    dict(
        type=Rotate,
        magnitude_range=(0, 10),
        magnitude_std='inf',
        prob=1.0,
        interpolation='bilinear',
        pad_val=0,
    ),
    dict(type=RandomFlip, prob=0.5, direction='horizontal'),
    dict(type=PackInputs),
]
test_pipeline = [
    dict(type=LoadImageFromFile),
    dict(type=Resize, scale=(56, 56), interpolation='bilinear'),
    dict(type=CenterCrop, crop_size=48),
    dict(type=PackInputs),
]
data_root = 'data/demo-faces'
train_dataloader = dict(
    batch_size=16,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='DemoFaces',
        data_root=data_root,
        split='train',
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='DemoFaces',
        data_root=data_root,
        split='test',
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = [dict(type=Accuracy, topk=(1,))]
test_evaluator = val_evaluator
