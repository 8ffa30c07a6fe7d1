_base_ = '../../../../../configs/_base_/datasets/kdef.py'
