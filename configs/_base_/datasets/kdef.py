_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('KDEF_ROOT', 'data/kdef')
# Each fold holds seven of the seventy subjects: the figure to report is the
# mean over fold=0..9.
fold = variables.number('KDEF_FOLD', 0, last=9)

train_dataloader = dict(
    dataset=dict(type='KDEF', data_root=data_root, fold=fold)
)
# The subjects left out are evaluated after each epoch, no best epoch is
# chosen, and the last one counts.
val_dataloader = dict(
    dataset=dict(type='KDEF', data_root=data_root, fold=fold)
)
test_dataloader = val_dataloader
