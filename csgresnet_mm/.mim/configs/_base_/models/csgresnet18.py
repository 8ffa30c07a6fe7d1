_base_ = '../../../../../configs/_base_/models/csgresnet18.py'
