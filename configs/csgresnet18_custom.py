# In MMPretrain's long form: csgresnet18_1xb64-150e_custom-112px.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/custom.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]

# CUSTOM_ROOT names the folder, CUSTOM_CLASSES the number of its classes.
num_classes = int('{{$CUSTOM_CLASSES:7}}')
data_preprocessor = dict(num_classes=num_classes)
model = dict(head=dict(num_classes=num_classes))
