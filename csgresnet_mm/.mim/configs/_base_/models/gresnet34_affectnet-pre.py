_base_ = '../../../../../configs/_base_/models/gresnet34_affectnet-pre.py'
