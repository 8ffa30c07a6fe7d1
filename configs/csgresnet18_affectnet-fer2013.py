# MMPretrain's long form: csgresnet18_affectnet-pre_1xb64-150e_fer2013-112px.
# The paper, section 3.1: pre-trained on AffectNet, then fine-tuned. The
# backbone starts from a checkpoint of csgresnet18_affectnet, the head anew.
_base_ = './csgresnet18_fer2013.py'

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
