_base_ = '../../../../../configs/_base_/datasets/rafdb-compound.py'
