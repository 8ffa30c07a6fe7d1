# For some hundred images: batches of 8, so that an epoch has some steps, and
# 30 epochs; a learning rate that rises for two and then falls to the end.
max_epochs = 30

optim_wrapper = dict(
    optimizer=dict(
        type='SGD', lr=0.02, momentum=0.9, nesterov=True, weight_decay=5e-4
    ),
    # Logs the gradient norm; so large that the factor is exactly 1.
    clip_grad=dict(max_norm=1e30),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        end=2,
        by_epoch=True,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=2,
        end=max_epochs,
        by_epoch=True,
        convert_to_iter_based=True,
    ),
]

# A few images are evaluated in no time, but starting the loaders takes some.
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=5)
val_cfg = dict()
test_cfg = dict()

auto_scale_lr = dict(base_batch_size=8)
