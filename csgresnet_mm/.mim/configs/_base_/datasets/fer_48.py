_base_ = '../../../../../configs/_base_/datasets/fer_48.py'
