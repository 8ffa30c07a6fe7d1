_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/fer2013-48px.py',
    './_base_/schedules/fer_48.py',
    './_base_/ema_runtime.py',
]

model = dict(
    head=dict(
        loss=dict(_delete_=True, type='LabelSmoothLoss', label_smooth_val=0.1)
    )
)
