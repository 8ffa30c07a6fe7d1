_base_ = '../../../../../configs/_base_/models/csgresnet34.py'
