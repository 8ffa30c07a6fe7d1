_base_ = '../../../../../configs/_base_/models/gresnet18.py'
