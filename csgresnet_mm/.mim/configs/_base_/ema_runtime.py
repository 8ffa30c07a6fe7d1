_base_ = '../../../../configs/_base_/ema_runtime.py'
