"""Writers of the data sets' layouts, with generated images.

They show what a layout looks like, and the tests read what they write::

    python -m csgresnet_mm.datasets.layouts fer2013 csv OUT

Each takes ``root``, which is made if it is missing; ``images_per_class``, the
number of training images of each class; and ``seed``: another one gives other
images.
"""
