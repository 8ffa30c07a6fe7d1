_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('CKPLUS_ROOT', 'data/CKPlus')
# Ten folds of subjects: the figure to report is the mean over fold=0..9.
fold = variables.number('CKPLUS_FOLD', 0, last=9)

train_dataloader = dict(
    dataset=dict(type='CKPlus', data_root=data_root, fold=fold)
)
# The fold's own subjects are evaluated after each epoch, no best epoch is
# chosen, and the last one counts.
val_dataloader = dict(
    dataset=dict(type='CKPlus', data_root=data_root, fold=fold)
)
test_dataloader = val_dataloader
