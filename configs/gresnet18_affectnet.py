_base_ = [
    './_base_/models/gresnet18.py',
    './_base_/datasets/affectnet.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
