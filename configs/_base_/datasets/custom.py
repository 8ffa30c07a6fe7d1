_base_ = 'fer_112.py'

from csgresnet_mm import variables

# Anybody's class folders: CUSTOM_ROOT/train/<class>/*.jpg, and test/ and val/
# alike; or CUSTOM_ROOT/<class>/*.jpg, of which a fifth is held out. Classes
# are numbered in the order of their names (upper case sorts first).
data_root = variables.path('CUSTOM_ROOT', 'data/custom')

train_dataloader = dict(dataset=dict(type='OwnFolders', data_root=data_root))
val_dataloader = dict(
    dataset=dict(type='OwnFolders', data_root=data_root, split='val')
)
test_dataloader = dict(dataset=dict(type='OwnFolders', data_root=data_root))
