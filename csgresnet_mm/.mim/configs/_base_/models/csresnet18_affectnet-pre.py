_base_ = '../../../../../configs/_base_/models/csresnet18_affectnet-pre.py'
