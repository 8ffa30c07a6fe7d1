# GResNet without the channel shift: a pure-Python config changes what it took
# from its base as dictionaries are changed.
from mmengine.config import read_base

with read_base():
    from .csgresnet18_python_demo import *

del model['backbone']['channel_shift']
