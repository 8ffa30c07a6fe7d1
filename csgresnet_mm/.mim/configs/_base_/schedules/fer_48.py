_base_ = '../../../../../configs/_base_/schedules/fer_48.py'
