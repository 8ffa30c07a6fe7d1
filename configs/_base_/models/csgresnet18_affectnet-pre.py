# The paper, section 3.1: pre-trained on AffectNet, then fine-tuned. The
# backbone starts from a checkpoint of csgresnet18_affectnet, the head anew.
# A shift has no weights, so one of gresnet18_affectnet fits, too: that is what
# tools/reproduce.py takes, one pre-training for all settings of the shift.
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
