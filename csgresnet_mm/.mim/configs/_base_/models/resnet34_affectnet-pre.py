_base_ = '../../../../../configs/_base_/models/resnet34_affectnet-pre.py'
