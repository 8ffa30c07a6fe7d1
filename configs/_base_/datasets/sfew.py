_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('SFEW_ROOT', 'data/SFEW')

train_dataloader = dict(dataset=dict(type='SFEW', data_root=data_root))
# The labels of SFEW's test are not public: split='test' is its validation
# folder, as in the paper. The aligned release lacks faces, so give the number
# of images, which is logged, with every result. No best epoch is chosen: the
# last one is the figure to report.
val_dataloader = dict(dataset=dict(type='SFEW', data_root=data_root))
test_dataloader = val_dataloader
