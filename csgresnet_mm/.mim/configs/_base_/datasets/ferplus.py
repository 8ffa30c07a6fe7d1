_base_ = '../../../../../configs/_base_/datasets/ferplus.py'
