# In MMPretrain's long form: gresnet34_1xb64-150e_rafdb-112px.
_base_ = [
    './_base_/models/gresnet34.py',
    './_base_/datasets/rafdb.py',
    './_base_/schedules/paper.py',
    './_base_/default_runtime.py',
]
