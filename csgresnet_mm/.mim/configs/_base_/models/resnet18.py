_base_ = '../../../../../configs/_base_/models/resnet18.py'
