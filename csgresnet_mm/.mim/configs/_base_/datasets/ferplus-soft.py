_base_ = '../../../../../configs/_base_/datasets/ferplus-soft.py'
