_base_ = '../../../../../configs/_base_/datasets/ferplus-28236.py'
