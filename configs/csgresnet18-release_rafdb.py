_base_ = './csgresnet18_rafdb.py'

# What the authors' code does where it differs from the paper: the angles start
# at 0 (0, pi/4, pi/2, 3pi/4), and the first block shifts left.
model = dict(
    backbone=dict(
        orientations=(
            0.0,
            0.7853981633974483,
            1.5707963267948966,
            2.356194490192345,
        ),
        channel_shift=dict(directions=('left', 'right')),
    )
)
