_base_ = 'fer_112.py'

# Anybody's class folders: CUSTOM_ROOT/train/<class>/*.jpg, and test/ alike.
# Classes are numbered in alphabetical order of the folders of each split, so
# the two must have the same folders, spelled alike (upper case sorts first).
data_root = '{{$CUSTOM_ROOT:data/custom}}'

train_dataloader = dict(
    dataset=dict(
        type='CustomDataset',
        data_root=data_root,
        data_prefix='train',
        with_label=True,
        pipeline={{_base_.train_pipeline}},
    )
)
val_dataloader = dict(
    dataset=dict(
        type='CustomDataset',
        data_root=data_root,
        data_prefix='test',
        with_label=True,
        test_mode=True,
        pipeline={{_base_.test_pipeline}},
    )
)
test_dataloader = val_dataloader
