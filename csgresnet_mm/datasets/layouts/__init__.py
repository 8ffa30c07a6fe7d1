"""Writers of the data sets' layouts, with generated images.

They show what a layout looks like, and the tests read what they write::

    python -m csgresnet_mm.datasets.layouts fer2013 csv OUT
"""
