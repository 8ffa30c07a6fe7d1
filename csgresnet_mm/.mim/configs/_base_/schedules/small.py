_base_ = '../../../../../configs/_base_/schedules/small.py'
