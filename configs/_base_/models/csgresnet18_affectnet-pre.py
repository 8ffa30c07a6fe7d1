# The paper, section 3.1: pre-trained on AffectNet, then fine-tuned. The
# backbone starts from a checkpoint of csgresnet18_affectnet, the head anew.
_base_ = 'csgresnet18.py'

from csgresnet_mm import variables

checkpoint = variables.path(
    'AFFECTNET_PTH', 'work_dirs/csgresnet18_affectnet/epoch_150.pth'
)
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='backbone'
        )
    )
)
