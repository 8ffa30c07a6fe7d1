"""Figures: functions of plain values that write a PNG and an SVG.

Every ``draw_...`` takes ``out``, the files without suffix, and ``stamp``, a
line below the figure such as what it is no evidence of. The same values give
the same bytes. Nothing is drawn through pyplot's global state.
"""

from csgresnet_mm.visualization.ablation import draw_ablation
from csgresnet_mm.visualization.by_class import draw_by_class
from csgresnet_mm.visualization.cam import (
    CamCell,
    CamGrid,
    ExplainedFace,
    compute_cams,
    draw_cam_grid,
)
from csgresnet_mm.visualization.confusion import draw_confusion
from csgresnet_mm.visualization.costs import (
    CostPoint,
    draw_accuracy_over_cost,
)
from csgresnet_mm.visualization.curves import draw_curves
from csgresnet_mm.visualization.filters import (
    ModulatedFilters,
    draw_bank,
    draw_modulated_filters,
    modulated_filters,
)
from csgresnet_mm.visualization.overview import draw_gabor_convolution
from csgresnet_mm.visualization.parameters import (
    Gain,
    draw_accuracy_over_parameters,
)
from csgresnet_mm.visualization.reliability import draw_reliability
from csgresnet_mm.visualization.responses import (
    OrientationResponses,
    draw_orientation_responses,
    orientation_responses,
)
from csgresnet_mm.visualization.tsne import (
    collect_features,
    draw_tsne,
    embed,
)

__all__ = [
    'CamCell',
    'CamGrid',
    'CostPoint',
    'ExplainedFace',
    'Gain',
    'ModulatedFilters',
    'OrientationResponses',
    'collect_features',
    'compute_cams',
    'draw_ablation',
    'draw_accuracy_over_cost',
    'draw_accuracy_over_parameters',
    'draw_bank',
    'draw_by_class',
    'draw_cam_grid',
    'draw_confusion',
    'draw_curves',
    'draw_gabor_convolution',
    'draw_modulated_filters',
    'draw_orientation_responses',
    'draw_reliability',
    'draw_tsne',
    'embed',
    'modulated_filters',
    'orientation_responses',
]
