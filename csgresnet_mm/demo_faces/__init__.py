"""Synthetic faces with seven expressions, in RAF-DB's layout.

All of them are drawn from formulas and random numbers; no result on them
says anything about real faces. ``python -m
csgresnet_mm.demo_faces OUT`` writes them.
"""

from csgresnet_mm.demo_faces.action_units import (
    EXPRESSIONS,
    sample_units,
)
from csgresnet_mm.demo_faces.render import render_face
from csgresnet_mm.demo_faces.write import (
    DISCLAIMER,
    GENERATOR_VERSION,
    draw_face,
    draw_labels,
    ensure_demo_faces,
)

__all__ = [
    'DISCLAIMER',
    'EXPRESSIONS',
    'GENERATOR_VERSION',
    'draw_face',
    'draw_labels',
    'ensure_demo_faces',
    'render_face',
    'sample_units',
]
