_base_ = [
    './_base_/models/csgresnet18.py',
    './_base_/datasets/ferplus-48px.py',
    './_base_/schedules/fer_48.py',
    './_base_/ema_runtime.py',
]

# Shares of the votes as soft labels; val and test have majority labels.
train_dataloader = dict(dataset=dict(rule='crossentropy'))
model = dict(head=dict(num_classes=8, loss=dict(use_soft=True)))
