# The paper, section 3.1: pre-trained on AffectNet, then fine-tuned. The
# backbone starts from a checkpoint of resnet34_affectnet, the head anew.
_base_ = 'resnet34.py'

from csgresnet_mm import variables

checkpoint = variables.path(
    'AFFECTNET_PTH', 'work_dirs/resnet34_affectnet/epoch_150.pth'
)
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='backbone'
        )
    )
)
