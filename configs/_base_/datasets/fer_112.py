# The paper's augmentation, section 3.1: 130x130, random crop of 112x112,
# rotation by an angle even in [-10, 10] degrees, horizontal flip. Where the
# paper is silent: ImageNet mean and std, bilinear, black corners, and tests on
# the whole face at 112x112.
data_preprocessor = dict(
    num_classes=7,
    mean=[123.675, 116.28, 103.53],  # of RGB, in 0..255
    std=[58.395, 57.12, 57.375],
    to_rgb=True,  # images are read as BGR
)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(130, 130), interpolation='bilinear'),
    dict(type='RandomCrop', crop_size=112),
    dict(
        type='Rotate',
        magnitude_range=(0, 10),  # degrees; the sign is drawn
        magnitude_std='inf',  # draw evenly from the range
        prob=1.0,
        interpolation='bilinear',
        pad_val=0,
    ),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(112, 112), interpolation='bilinear'),
    dict(type='PackInputs'),
]

# A set's own file names type, data_root and what of this is otherwise there.
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(split='test', pipeline=test_pipeline),
)
test_dataloader = val_dataloader

val_evaluator = [
    dict(type='Accuracy', topk=(1,)),
    # Macro recall is the mean class accuracy; classes without images do not
    # count.
    dict(
        type='PresentClassesMetric',
        items=['recall'],
        average='macro',
        prefix='mean-class-accuracy',
    ),
]
test_evaluator = val_evaluator
