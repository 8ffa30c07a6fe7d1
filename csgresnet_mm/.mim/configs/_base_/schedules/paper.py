_base_ = '../../../../../configs/_base_/schedules/paper.py'
