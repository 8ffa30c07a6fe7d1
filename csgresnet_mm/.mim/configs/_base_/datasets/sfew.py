_base_ = '../../../../../configs/_base_/datasets/sfew.py'
