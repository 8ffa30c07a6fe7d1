_base_ = 'fer_112.py'

from csgresnet_mm import variables

# Anybody's class folders: CUSTOM_ROOT/train/<class>/*.jpg, and test/ alike.
# Classes are numbered in alphabetical order of the folders of each split, so
# the two must have the same folders, spelled alike (upper case sorts first).
data_root = variables.path('CUSTOM_ROOT', 'data/custom')

# Our own data sets put LoadFace here themselves: it refuses truncated files,
# and images of more than max_pixels before they are decoded.
train_pipeline = [dict(type='LoadFace'), *_base_.train_pipeline[1:]]
test_pipeline = [dict(type='LoadFace'), *_base_.test_pipeline[1:]]

train_dataloader = dict(
    dataset=dict(
        type='CustomDataset',
        data_root=data_root,
        data_prefix='train',
        with_label=True,
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        type='CustomDataset',
        data_root=data_root,
        data_prefix='test',
        with_label=True,
        test_mode=True,
        pipeline=test_pipeline,
    )
)
test_dataloader = val_dataloader
