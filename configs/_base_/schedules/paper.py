# The paper, section 3.1: SGD, batch 64, learning rate 0.005, 150 epochs. Where
# it is silent ("default hyper-parameters"): momentum 0.9, no weight decay, a
# constant learning rate.
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.005, momentum=0.9, weight_decay=0),
    # Logs the gradient norm; so large that the factor is exactly 1.
    clip_grad=dict(max_norm=1e30),
)
param_scheduler = dict(type='ConstantLR', factor=1.0, by_epoch=True)

train_cfg = dict(by_epoch=True, max_epochs=150, val_interval=1)
val_cfg = dict()
test_cfg = dict()

auto_scale_lr = dict(base_batch_size=64)
