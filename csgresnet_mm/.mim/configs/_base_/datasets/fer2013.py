_base_ = '../../../../../configs/_base_/datasets/fer2013.py'
