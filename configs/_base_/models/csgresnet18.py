_base_ = 'gresnet18.py'

# The paper's best setting: sigma = 16 (divisor), layer 3.
model = dict(
    backbone=dict(
        channel_shift=dict(stage=3, divisor=16, position='start'),
    )
)
