_base_ = '../../../../../configs/_base_/models/csresnet18.py'
