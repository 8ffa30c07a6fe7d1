"""Synthetic faces with seven expressions, in RAF-DB's layout.

All of them are drawn from formulas and random numbers; no result on them
says anything about real faces. ``python -m
csgresnet_mm.demo_faces OUT`` writes them. Drawing needs numpy and OpenCV,
writing MMEngine as well.
"""

from csgresnet_mm.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        'action_units': ('EXPRESSIONS', 'sample_units'),
        'render': ('render_face',),
        'write': (
            'DISCLAIMER',
            'GENERATOR_VERSION',
            'draw_face',
            'draw_labels',
            'ensure_demo_faces',
        ),
    },
)
