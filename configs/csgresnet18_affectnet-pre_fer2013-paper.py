_base_ = [
    './_base_/models/csgresnet18_affectnet-pre.py',
    './_base_/datasets/fer2013-paper.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
