_base_ = '../../../../../configs/_base_/models/resnet18_affectnet-pre.py'
