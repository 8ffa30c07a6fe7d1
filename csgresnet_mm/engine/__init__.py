"""What MMEngine's training loop needs beside it.

Importing this package changes nothing. Each module that changes MMEngine is
switched on by its own name, in a config's ``custom_imports`` or by a tool:
``csgresnet_mm.engine.safe_loading``.
"""

from csgresnet_mm.stack import require_stack

require_stack()
