_base_ = '../../../../../configs/_base_/datasets/custom-48px.py'
