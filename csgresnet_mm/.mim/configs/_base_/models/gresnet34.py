_base_ = '../../../../../configs/_base_/models/gresnet34.py'
