_base_ = [
    './_base_/models/resnet34_affectnet-pre.py',
    './_base_/datasets/sfew.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
