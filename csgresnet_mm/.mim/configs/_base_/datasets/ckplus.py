_base_ = '../../../../../configs/_base_/datasets/ckplus.py'
