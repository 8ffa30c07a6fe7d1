_base_ = 'fer_112.py'

data_preprocessor = dict(num_classes=8)
data_root = '{{$FERPLUS_ROOT:data/FERPlus}}'

# What most published results use: 28,236 images to train on (the official
# training and validation parts together) and 3,137 of PrivateTest to test, by
# the majority of the votes in the authors' own label.csv. No best epoch is
# chosen on test: the last one is the figure to report.
train_dataloader = dict(
    dataset=dict(
        type='FERPlus',
        data_root=data_root,
        split='trainval',
        label_source='label_csv',
        rule='majority',
        pipeline={{_base_.train_pipeline}},
    )
)
val_dataloader = dict(
    dataset=dict(
        type='FERPlus',
        data_root=data_root,
        split='test',
        label_source='label_csv',
        rule='majority',
        pipeline={{_base_.test_pipeline}},
    )
)
test_dataloader = val_dataloader
