import sys

# A config that sets `custom_imports` or `custom_hooks` itself replaces the
# list here: repeat it, or write [*_base_.custom_hooks, dict(...)].
custom_imports = dict(
    imports=[
        'csgresnet_mm',
        'csgresnet_mm.engine',
        'csgresnet_mm.engine.safe_loading',
    ],
    allow_failed_imports=False,
)
default_scope = 'mmpretrain'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='CheckpointHook',
        interval=1,
        max_keep_ckpts=2,
        backend_args=dict(backend='atomic'),
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='VisualizationHook', enable=False),
)
custom_hooks = [
    # Raises where checkpoint, data and model number the classes differently.
    dict(type='ClassOrderHook', remap=False),
    # Warns where a permutation of the classes would explain a bad test.
    dict(type='ClassPermutationHook'),
    # Which data: in the log and in each checkpoint.
    dict(type='FingerprintHook'),
    # A killed run resumes to the same bits.
    dict(type='SeedingHook'),
    dict(type='ExactResumeHook'),
    # SIGTERM: tells what is lost, exits with 143.
    dict(type='PreemptionHook'),
    # A checkpoint that does not fit, or is not finite, raises.
    dict(type='CheckedWeightsHook'),
    # So does a NaN or infinite loss, before it reaches the weights.
    dict(type='FiniteLossHook'),
    # One set of batch norm statistics for all processes.
    dict(type='SyncStatisticsHook'),
]

env_cfg = dict(
    cudnn_benchmark=False,
    # macOS may end a process that was forked; Windows has no fork at all
    mp_cfg=dict(
        mp_start_method='fork' if sys.platform == 'linux' else 'spawn',
        opencv_num_threads=0,
    ),
    dist_cfg=dict(backend='nccl'),
)
visualizer = dict(
    type='LazyVisualizer', vis_backends=[dict(type='LocalVisBackend')]
)

log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
del sys  # every name that is left is a setting
