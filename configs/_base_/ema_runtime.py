# The default runtime, with averaged weights and, since there is a validation
# set, the checkpoint that did best on it beside the last ones.
_base_ = 'default_runtime.py'

default_hooks = dict(
    checkpoint=dict(save_best='accuracy/top1', rule='greater')
)
custom_hooks = [
    *_base_.custom_hooks,
    # Over about two epochs of 225 iterations. With update_buffers the batch
    # norms' statistics are averaged, too: those of the last iterations do not
    # belong to averaged weights.
    dict(type='EMAHook', momentum=0.002, update_buffers=True),
]
