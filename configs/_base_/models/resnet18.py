# ResNet-18 as in Table 1 of the paper, left column: 7x7 stem and max pool.
# zero_init_residual=False as in the authors' code.
model = dict(
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=18, zero_init_residual=False),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead',
        num_classes=7,
        in_channels=512,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
        topk=(1,),
    ),
)
