# In MMPretrain's long form: csgresnet18_1xb64-150e_fer2013-112px.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/fer2013.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
