# GResNet-18 as in Table 1 of the paper, right column. The maximum over the
# four orientations of each plane leaves 512 / 4 features to the classifier.
model = dict(
    type='ImageClassifier',
    backbone=dict(type='GResNet', depth=18),
    neck=[
        dict(type='GlobalAveragePooling'),
        dict(type='OrientationMaxPooling', num_orientations=4),
    ],
    head=dict(
        type='LinearClsHead',
        num_classes=7,
        in_channels=128,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
        topk=(1,),
    ),
)
