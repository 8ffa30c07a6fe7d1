_base_ = 'fer_112.py'

from csgresnet_mm import variables

data_root = variables.path('FER2013_ROOT', 'data/FER2013')

# The paper's numbers, 32,295 and 3,592: a random tenth of each class of all
# images. Its own choice is not known, so this is another one of that kind:
# results are not comparable with those on PrivateTest.
train_dataloader = dict(
    dataset=dict(
        type='FER2013', data_root=data_root, split='paper_train', seed=0
    )
)
val_dataloader = dict(
    dataset=dict(
        type='FER2013', data_root=data_root, split='paper_test', seed=0
    )
)
test_dataloader = val_dataloader
