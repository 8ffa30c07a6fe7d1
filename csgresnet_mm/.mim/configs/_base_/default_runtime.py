_base_ = '../../../../configs/_base_/default_runtime.py'
