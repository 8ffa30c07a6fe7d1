_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('EXPW_ROOT', 'data/ExpW')

# ExpW has no official split: test is a tenth of the photographs, chosen by
# name and seed, so that no photograph is on both sides. Figures are comparable
# only with the same ratio and seed. No best epoch is chosen on it: the last
# one is the figure to report.
train_dataloader = dict(
    dataset=dict(type='ExpW', data_root=data_root, test_ratio=0.1, seed=0)
)
val_dataloader = dict(
    dataset=dict(type='ExpW', data_root=data_root, test_ratio=0.1, seed=0)
)
test_dataloader = val_dataloader
