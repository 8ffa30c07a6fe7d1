# In MMPretrain's long form: csgresnet18_1xb64-150e_kdef-112px.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/kdef.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
