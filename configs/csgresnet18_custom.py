_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/custom.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]

from csgresnet_mm import variables

# As many as CUSTOM_ROOT has class folders. CUSTOM_CLASSES is for a trained
# network where the images are not.
num_classes = variables.classes('CUSTOM_CLASSES', _base_.data_root, 7)
data_preprocessor = dict(num_classes=num_classes)
model = dict(head=dict(num_classes=num_classes))
