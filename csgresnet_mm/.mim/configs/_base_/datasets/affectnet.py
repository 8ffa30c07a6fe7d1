_base_ = '../../../../../configs/_base_/datasets/affectnet.py'
