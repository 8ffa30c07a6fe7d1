_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('FER2013_ROOT', 'data/FER2013')

# The official parts: PublicTest is evaluated after each epoch, PrivateTest is
# the figure to report. Where names do not tell the two apart, split='val'
# raises, and val_ratio splits it off train.
train_dataloader = dict(dataset=dict(type='FER2013', data_root=data_root))
val_dataloader = dict(
    dataset=dict(type='FER2013', data_root=data_root, split='val')
)
test_dataloader = dict(dataset=dict(type='FER2013', data_root=data_root))
