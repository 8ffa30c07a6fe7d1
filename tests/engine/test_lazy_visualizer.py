"""A visualizer that imports matplotlib when there is something to draw."""

import sys

import numpy as np
import pytest
from mmpretrain.structures import DataSample
from mmpretrain.visualization import UniversalVisualizer

from csgresnet_mm.engine import LazyVisualizer

FIGURES = 'matplotlib.figure'


def test_figures_of_a_run_are_written_without_matplotlib(
    monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, FIGURES, None)  # an import of it raises
    with pytest.raises(ImportError):
        UniversalVisualizer('all at once')
    drawn = LazyVisualizer(
        'nothing drawn',
        vis_backends=[dict(type='LocalVisBackend')],
        save_dir=str(tmp_path),
    )
    drawn.add_scalars({'loss': 0.5}, step=1)
    written = (tmp_path / 'vis_data' / 'scalars.json').read_text()
    assert '"loss": 0.5' in written


def test_it_draws_as_the_universal_one_does():
    image = np.arange(64 * 64 * 3).reshape(64, 64, 3) % 251
    sample = DataSample().set_gt_label(1).set_pred_label(2)
    pictures = [
        kind(kind.__name__).visualize_cls(
            image, sample, classes=['a', 'b', 'c']
        )
        for kind in (LazyVisualizer, UniversalVisualizer)
    ]
    assert pictures[0].std() > 0
    np.testing.assert_array_equal(*pictures)


def test_it_takes_an_image_at_once_and_another_after_it():
    first, second = (np.full((8, 12, 3), grey, np.uint8) for grey in (9, 70))
    drawn = LazyVisualizer('with an image', image=first)
    np.testing.assert_array_equal(drawn.get_image(), first)
    figure = drawn.fig_save
    drawn.set_image(second)
    np.testing.assert_array_equal(drawn.get_image(), second)
    assert drawn.fig_save is figure
