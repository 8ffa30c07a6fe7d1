_base_ = './resnet18_rafdb.py'

# Any backbone of MMPretrain: here its ResNet-50, with Gabor convolutions for
# all larger than 1x1 and a channel shift before two of its blocks.
model = dict(
    backbone=dict(
        _delete_=True,
        type='Converted',
        backbone=dict(type='ResNet', depth=50, zero_init_residual=False),
        where='spatial',
        channel_shift={'layer1.2': {}, 'layer3.5': dict(divisor=16)},
    ),
    head=dict(in_channels=2048),
)
