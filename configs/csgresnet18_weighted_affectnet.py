_base_ = './csgresnet18_affectnet.py'

# The loss weighs each class c by n / (K * n_c), from the training data.
custom_hooks = [*_base_.custom_hooks, dict(type='ClassWeightsHook')]
