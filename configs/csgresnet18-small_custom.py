# Hundreds of images of your own, from scratch, at 48 pixels.
_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/custom.py',
    './_base_/schedules/small.py',
    './_base_/default_runtime.py',
]

# CUSTOM_ROOT names the folder, CUSTOM_CLASSES the number of its classes.
num_classes = int('{{$CUSTOM_CLASSES:7}}')
data_preprocessor = dict(num_classes=num_classes)
model = dict(head=dict(num_classes=num_classes))

train_pipeline = _base_.train_pipeline
train_pipeline[1]['scale'] = (56, 56)
train_pipeline[2]['crop_size'] = 48
test_pipeline = _base_.test_pipeline
test_pipeline[1]['scale'] = (48, 48)

train_dataloader = dict(batch_size=8, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
default_hooks = dict(logger=dict(interval=9))
