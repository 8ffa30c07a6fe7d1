_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('JAFFE_ROOT', 'data/jaffe')
# Each fold leaves one of the ten subjects out: the figure to report is the
# mean over fold=0..9.
fold = variables.number('JAFFE_FOLD', 0, last=9)

train_dataloader = dict(
    dataset=dict(type='JAFFE', data_root=data_root, fold=fold)
)
# The subject left out is evaluated after each epoch, no best epoch is
# chosen, and the last one counts.
val_dataloader = dict(
    dataset=dict(type='JAFFE', data_root=data_root, fold=fold)
)
test_dataloader = val_dataloader
