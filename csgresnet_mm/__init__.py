"""CS-GResNet and facial expression recognition for MMPretrain.

``custom_imports = dict(imports=['csgresnet_mm'])`` in a config registers the
models and data sets. Without MMPretrain the import is silent, and
``csgresnet_mm.functional`` and ``csgresnet_mm.layers`` work on torch alone.
"""

from csgresnet_mm.stack import check_stack, find_stack

__version__ = '0.1.0'

if find_stack() is not None:
    check_stack()
    from csgresnet_mm import datasets, evaluation, models  # noqa: F401
