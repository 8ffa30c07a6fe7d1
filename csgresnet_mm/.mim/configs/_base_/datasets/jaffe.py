_base_ = '../../../../../configs/_base_/datasets/jaffe.py'
