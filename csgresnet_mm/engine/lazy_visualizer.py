"""A visualizer that costs nothing where nothing is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmpretrain.registry import VISUALIZERS
from mmpretrain.visualization import UniversalVisualizer


@VISUALIZERS.register_module()
class LazyVisualizer(UniversalVisualizer):
    """UniversalVisualizer that makes its figure with the first image.

    MMEngine's makes it at once, for which matplotlib is imported: 0.4 s of
    every training, which only writes its figures through the visualizer's
    backends.
    """

    def set_image(self, image: np.ndarray) -> None:
        """As MMEngine's: all drawing starts here."""
        if self.ax_save is None:
            parts = super()._initialize_fig(self.fig_save_cfg)
            self.fig_save_canvas, self.fig_save, self.ax_save = parts
            self.dpi = self.fig_save.get_dpi()
        super().set_image(image)

    def _initialize_fig(self, fig_cfg: Any) -> tuple[None, _NoFigure, None]:
        return None, _NoFigure(), None


class _NoFigure:
    """What MMEngine asks for its resolution, and for nothing else."""

    def get_dpi(self) -> None:
        return None
