"""The paper's tables and figures, from one command.

``plan`` says which trainings an item needs, ``execute`` runs them, each in a
process of its own, and ``report`` writes what came of them beside the paper's
numbers.
"""

from csgresnet_mm.stack import require_stack

require_stack()
