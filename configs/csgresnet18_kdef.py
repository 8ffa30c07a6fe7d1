_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/kdef.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
