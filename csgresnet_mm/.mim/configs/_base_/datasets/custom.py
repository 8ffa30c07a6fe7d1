_base_ = '../../../../../configs/_base_/datasets/custom.py'
