_base_ = [
    './_base_/models/resnet18_affectnet-pre.py',
    './_base_/datasets/rafdb.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
