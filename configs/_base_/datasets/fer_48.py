_base_ = 'fer_112.py'

# Faces of 48x48 pixels at their own size, for training from scratch: scaled by
# 0.9 to 1.2, a random crop of 40, rotation by an angle even in [-10, 10]
# degrees, flip, erasing. One view of a test image is its middle; `--tta` takes
# the ten of crops of the corners and the middle, and their mirror images.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='Rotate',
        magnitude_range=(0, 10),  # degrees; the sign is drawn
        magnitude_std='inf',  # draw evenly from the range
        prob=1.0,
        interpolation='bilinear',
        pad_val=0,
    ),
    dict(type='RandomResize', scale=(48, 48), ratio_range=(0.9, 1.2)),
    dict(type='RandomCrop', crop_size=40),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(
        type='RandomErasing',
        erase_prob=0.5,
        min_area_ratio=0.02,
        max_area_ratio=0.2,
        mode='const',  # grey
    ),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(48, 48)),  # nothing is done to 48x48 pixels
    dict(type='CenterCrop', crop_size=40),
    dict(type='PackInputs'),
]
tta_model = dict(type='AverageClsScoreTTA')
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(48, 48)),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='CenterCrop', crop_size=40),
                dict(type='CornerCrop', crop_size=40, corner='top left'),
                dict(type='CornerCrop', crop_size=40, corner='top right'),
                dict(type='CornerCrop', crop_size=40, corner='bottom left'),
                dict(type='CornerCrop', crop_size=40, corner='bottom right'),
            ],
            [
                dict(type='RandomFlip', prob=0.0),
                dict(type='RandomFlip', prob=1.0),
            ],
            [dict(type='PackInputs')],
        ],
    ),
]

train_dataloader = dict(batch_size=128, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=128, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
