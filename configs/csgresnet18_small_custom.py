# Some hundred images of your own, from scratch.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/custom-48px.py',
    './_base_/schedules/small.py',
    './_base_/default_runtime.py',
]

from csgresnet_mm import variables

# As many as CUSTOM_ROOT has class folders. CUSTOM_CLASSES is for a trained
# network where the images are not.
num_classes = variables.classes('CUSTOM_CLASSES', _base_.data_root, 7)
data_preprocessor = dict(num_classes=num_classes)
model = dict(head=dict(num_classes=num_classes))

train_dataloader = dict(batch_size=8)
default_hooks = dict(logger=dict(interval=10))
