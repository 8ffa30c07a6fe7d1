_base_ = '../../../../../configs/_base_/datasets/rafdb.py'
