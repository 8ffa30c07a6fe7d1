_base_ = 'fer_112.py'

from csgresnet_mm import variables

# Seven classes, without Contempt: our choice, the paper names no number.
data_root = variables.path('AFFECTNET_ROOT', 'data/AffectNet')

train_dataloader = dict(
    dataset=dict(
        type='AffectNet',
        data_root=data_root,
        # The first release lacks some images: they are counted in the log.
        on_error='skip',
    )
)
# The labels of AffectNet's test are not public: split='test' is its validation
# set, on which results are reported. No best epoch is chosen: the last one is
# the figure to report.
val_dataloader = dict(dataset=dict(type='AffectNet', data_root=data_root))
test_dataloader = val_dataloader
