_base_ = 'ferplus.py'

# Shares of the votes as soft labels; val and test have majority labels.
train_dataloader = dict(dataset=dict(rule='crossentropy'))
