_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('DEMO_ROOT', 'data/demo-faces')

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(56, 56), interpolation='bilinear'),
    dict(type='RandomCrop', crop_size=48),
    dict(
        type='Rotate',
        magnitude_range=(0, 10),
        magnitude_std='inf',
        prob=1.0,
        interpolation='bilinear',
        pad_val=0,
    ),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(56, 56), interpolation='bilinear'),
    dict(type='CenterCrop', crop_size=48),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        type='DemoFaces',
        data_root=data_root,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        type='DemoFaces',
        data_root=data_root,
        pipeline=test_pipeline,
    )
)
test_dataloader = val_dataloader
