_base_ = '../../../../../configs/_base_/schedules/demo.py'
