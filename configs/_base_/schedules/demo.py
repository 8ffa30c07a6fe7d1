# Twenty epochs in one cycle: the rate rises for three and falls to the end.
optim_wrapper = dict(
    optimizer=dict(
        type='SGD',
        lr=0.01,
        momentum=0.9,
        weight_decay=5e-4,
        fused=True,  # one call a step: sixteen small faces are soon done
    ),
    # Logs the gradient norm; so large that the factor is exactly 1.
    clip_grad=dict(max_norm=1e30),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        end=3,
        by_epoch=True,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=3,
        end=20,
        by_epoch=True,
        convert_to_iter_based=True,
    ),
]

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)
val_cfg = dict()
test_cfg = dict()

auto_scale_lr = dict(base_batch_size=16)
