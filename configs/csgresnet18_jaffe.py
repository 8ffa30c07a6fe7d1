# In MMPretrain's long form: csgresnet18_1xb64-150e_jaffe-112px.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/jaffe.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
