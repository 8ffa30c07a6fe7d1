"""tools/train.py and tools/test.py: MMPretrain's, with checks around them."""
