# In MMPretrain's long form: csgresnet18_1xb64-150e_affectnet-weighted-112px.
_base_ = './csgresnet18_affectnet.py'

# The loss weighs each class c by n / (K * n_c), from the training data.
custom_hooks = [*_base_.custom_hooks, dict(type='ClassWeightsHook')]
