_base_ = '../../../../../configs/_base_/models/csgresnet18_affectnet-pre.py'
