"""How large an image may be, of what kind, and what damaged ones raise."""

import functools
import struct

from PIL import Image

MAX_PIXELS = 2**26
"""Default limit, width times height: above today's largest photographs."""

BAD_HEADER = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
)
"""What Pillow raises on damaged headers."""

FORMATS = (
    'JPEG',
    'PNG',
    'WEBP',
    'BMP',
    'DIB',
    'TIFF',
    'GIF',
    'PPM',
    'JPEG2000',
    'SUN',
    'AVIF',
)
"""What Pillow may read; others, such as EPS, would start another program. The
last is not in every build."""


@functools.cache
def available_formats() -> tuple[str, ...]:
    """Those of :data:`FORMATS` that this Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
