_base_ = 'fer_48.py'

from csgresnet_mm import variables

data_preprocessor = dict(num_classes=8)
data_root = variables.path('FERPLUS_ROOT', 'data/FERPlus')

# Votes of fer2013new.csv, by majority. Give source, rule and number of images
# (logged) with every result.
train_dataloader = dict(
    dataset=dict(
        type='FERPlus',
        data_root=data_root,
        label_source='fer2013new',
        rule='majority',
    )
)
val_dataloader = dict(
    dataset=dict(
        type='FERPlus',
        data_root=data_root,
        split='val',
        label_source='fer2013new',
        rule='majority',
    )
)
test_dataloader = dict(
    dataset=dict(
        type='FERPlus',
        data_root=data_root,
        label_source='fer2013new',
        rule='majority',
    )
)
