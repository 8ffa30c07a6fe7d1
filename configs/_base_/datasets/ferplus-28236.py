_base_ = 'ferplus.py'

# What most published results use: 28,236 images to train on (the official
# training and validation parts together) and 3,137 of PrivateTest to test, by
# the majority of the votes in the authors' own label.csv. No best epoch is
# chosen on test: the last one is the figure to report.
train_dataloader = dict(
    dataset=dict(split='trainval', label_source='label_csv')
)
val_dataloader = dict(dataset=dict(split='test', label_source='label_csv'))
test_dataloader = val_dataloader
