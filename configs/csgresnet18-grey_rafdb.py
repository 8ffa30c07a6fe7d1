_base_ = './csgresnet18_rafdb.py'

# One channel in, for grey cameras. Mean and deviation are ImageNet's, weighted
# as OpenCV weights red, green and blue.
model = dict(backbone=dict(in_channels=1))
data_preprocessor = dict(mean=[117.04], std=[57.53], to_rgb=False)

load_grey = dict(type='LoadImageFromFile', color_type='grayscale')
train_pipeline = [load_grey, *_base_.train_pipeline[1:]]
test_pipeline = [load_grey, *_base_.test_pipeline[1:]]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
