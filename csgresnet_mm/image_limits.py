"""How large an image may be, and what damaged ones raise."""

import struct

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
