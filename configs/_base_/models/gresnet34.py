_base_ = 'gresnet18.py'

model = dict(backbone=dict(depth=34))
