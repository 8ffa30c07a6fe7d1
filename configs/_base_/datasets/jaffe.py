_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('JAFFE_ROOT', 'data/jaffe')
# Each fold leaves one of the ten subjects out: the figure to report is the
# mean over fold=0..9.
fold = variables.number('JAFFE_FOLD', 0, last=9)

train_dataloader = dict(
    dataset=dict(
        type='JAFFE',
        data_root=data_root,
        split='train',
        fold=fold,
        pipeline={{_base_.train_pipeline}},
    )
)
# The subject left out is evaluated after each epoch, no best epoch is
# chosen, and the last one counts.
val_dataloader = dict(
    dataset=dict(
        type='JAFFE',
        data_root=data_root,
        split='test',
        fold=fold,
        pipeline={{_base_.test_pipeline}},
    )
)
test_dataloader = val_dataloader
