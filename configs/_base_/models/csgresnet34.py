_base_ = 'csgresnet18.py'

model = dict(backbone=dict(depth=34))
