_base_ = '../../../../../configs/_base_/datasets/fer_112.py'
