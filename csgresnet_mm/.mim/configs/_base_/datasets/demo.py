_base_ = '../../../../../configs/_base_/datasets/demo.py'
