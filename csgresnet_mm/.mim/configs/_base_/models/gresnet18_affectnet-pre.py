_base_ = '../../../../../configs/_base_/models/gresnet18_affectnet-pre.py'
