_base_ = 'resnet18.py'

# The shift without Gabor features: Algorithm 1 over all channels, where the
# paper's best setting has it (layer 3, sigma = 16).
model = dict(
    backbone=dict(
        type='CSResNet',
        channel_shift=dict(stage=3, divisor=16, position='start'),
    )
)
