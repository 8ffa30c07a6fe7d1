_base_ = '../../../../../configs/_base_/models/resnet34.py'
