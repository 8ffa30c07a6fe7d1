# In MMPretrain's long form: resnet18_1xb64-150e_affectnet-112px.
_base_ = [
    './_base_/models/resnet18.py',
    './_base_/datasets/affectnet.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
