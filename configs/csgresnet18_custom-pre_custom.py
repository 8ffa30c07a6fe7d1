# Some hundred images of your own, from a checkpoint of yours: the backbone
# starts from PRETRAINED_PTH, the head anew, for the classes of CUSTOM_ROOT.
# The stem and the first two stages keep their weights.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/custom.py',
    './_base_/schedules/small.py',
    './_base_/default_runtime.py',
]

from csgresnet_mm import variables

# As many as CUSTOM_ROOT has class folders. CUSTOM_CLASSES is for a trained
# network where the images are not.
num_classes = variables.classes('CUSTOM_CLASSES', _base_.data_root, 7)
checkpoint = variables.path(
    'PRETRAINED_PTH', 'work_dirs/csgresnet18_rafdb/epoch_150.pth'
)
data_preprocessor = dict(num_classes=num_classes)
model = dict(
    backbone=dict(
        frozen_stages=2,
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='backbone'
        ),
    ),
    head=dict(num_classes=num_classes),
)

train_dataloader = dict(batch_size=8)
default_hooks = dict(logger=dict(interval=10))
