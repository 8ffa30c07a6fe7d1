_base_ = 'custom.py'

# Small, so that a CPU trains on them in a minute.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(56, 56), interpolation='bilinear'),
    dict(type='RandomCrop', crop_size=48),
    *_base_.train_pipeline[3:],
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(56, 56), interpolation='bilinear'),
    dict(type='CenterCrop', crop_size=48),
    dict(type='PackInputs'),
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
