_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('RAFDB_ROOT', 'data/RAF-DB')

train_dataloader = dict(dataset=dict(type='RAFDB', data_root=data_root))
# RAF-DB has no validation split: the test split is evaluated after each
# epoch, no best epoch is chosen, and the last one is the figure to report.
val_dataloader = dict(dataset=dict(type='RAFDB', data_root=data_root))
test_dataloader = val_dataloader
