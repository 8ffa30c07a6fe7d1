_base_ = './csgresnet18_ferplus-48px.py'

# Half as many channels everywhere, for small devices: about a quarter of the
# parameters and of the multiplications. 256 / 4 features reach the classifier.
model = dict(
    backbone=dict(base_channels=32, stem_channels=32),
    head=dict(in_channels=64),
)
