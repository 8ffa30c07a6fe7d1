_base_ = '../../../../../configs/_base_/datasets/expw.py'
