# Faces of the same expression: trained as a classifier, compared by the 128
# features before it. Here the images of test are looked up among those of
# train; ImageRetrievalInferencer(..., prototype=FOLDER) takes any folder.
_base_ = './csgresnet18_demo.py'

gallery = dict(type='DemoFaces', data_root={{_base_.data_root}}, split='train')
model = dict(
    _delete_=True,
    type='ImageToImageRetriever',
    image_encoder=[
        dict(
            type='GResNet',
            depth=18,
            channel_shift=dict(stage=3, divisor=16, position='start'),
        ),
        dict(type='GlobalAveragePooling'),
        dict(type='OrientationMaxPooling'),
    ],
    head=dict(
        type='LinearClsHead',
        num_classes=7,
        in_channels=128,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
        topk=(1,),
    ),
    prototype=dict(
        batch_size=64,
        num_workers=0,
        persistent_workers=False,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'),
        dataset=dict(pipeline={{_base_.test_pipeline}}, **gallery),
    ),
)

val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='RetrievalQueries',
        dataset=dict(
            type='DemoFaces', data_root={{_base_.data_root}}, split='test'
        ),
        gallery=gallery,
        pipeline={{_base_.test_pipeline}},
    )
)
test_dataloader = val_dataloader
# Of the nearest images: whether one, and how many, have the expression.
val_evaluator = [
    dict(type='RetrievalRecall', topk=1),
    dict(type='RetrievalAveragePrecision', topk=10),
]
test_evaluator = val_evaluator
# The features of the gallery change with each epoch.
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='PrepareProtoBeforeValLoopHook'),
]
