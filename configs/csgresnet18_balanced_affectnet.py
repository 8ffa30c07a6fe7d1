_base_ = './csgresnet18_affectnet.py'

# Each class is drawn equally often, with replacement; an epoch has as many
# images as before. What is evaluated is never resampled.
train_dataloader = dict(
    sampler=dict(_delete_=True, type='ClassBalancedSampler')
)
