"""Whether the data of a config are what they should be.

What ``tools/check_dataset.py`` does: read every image of every split once,
then look for what makes a result worthless. It changes nothing of the data.
"""

from importlib.util import find_spec

from csgresnet_mm.stack import require_stack

require_stack()

if find_spec('imagehash') is None:
    raise ImportError(
        'ImageHash not found, which finds near duplicates. Install it: '
        "pip install 'csgresnet_mm[audit]'"
    )
