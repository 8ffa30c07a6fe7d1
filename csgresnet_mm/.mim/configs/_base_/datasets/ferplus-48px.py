_base_ = '../../../../../configs/_base_/datasets/ferplus-48px.py'
