"""What every figure promises: files, bytes, stamp, labels, no global state."""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.text import Text

from csgresnet_mm import visualization as vis
from csgresnet_mm.layers import GConv

STAMP = 'synthetic data, machinery only'
REPORTED = 'reported by the paper'
CLASSES = ('cat', 'dog', 'owl')


def point(name='ResNet-18', accuracy=80.0, **kwargs):
    return vis.CostPoint(name, 1.7e9, 2.8e6, accuracy, **kwargs)


def two_points():
    return [
        point(interval=(79.0, 81.5)),
        point('CS-GResNet', 88.85, reported=True, lower_bound=True),
    ]


def filters():
    return vis.ModulatedFilters(
        'conv', np.ones((2, 3, 3, 3)), np.ones((2, 4, 3, 3, 3)), (0, 1, 2, 3)
    )


def responses():
    return vis.OrientationResponses(
        'edge', np.arange(0, 180, 45), (45.0, 90.0), {'a': np.ones((4, 2))}
    )


def cam_grid():
    face = vis.ExplainedFace(np.full((8, 8, 3), 90, np.uint8), '1.png', 'cat')
    cells = (
        vis.CamCell(np.eye(8, dtype=np.float32), 'cat', 0.75),
        vis.CamCell(np.eye(8, dtype=np.float32), 'dog', 0.5),
    )
    return vis.CamGrid((face,), ('ResNet-18', 'GResNet-18'), (cells,))


def gabor_convolution(out, **kwargs):
    torch.manual_seed(0)
    picture = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    network = torch.nn.Sequential(GConv(3, 16, 5))
    return vis.draw_gabor_convolution(
        network, picture, out, layer='0', plane=1, **kwargs
    )


Draw = Callable[..., list[Path]]
FIGURES: dict[str, Draw] = {
    'overview': gabor_convolution,
    'cost': lambda out, **k: vis.draw_accuracy_over_cost(
        two_points(), out, **k
    ),
    'parameters': lambda out, **k: vis.draw_accuracy_over_parameters(
        {'faces': two_points()},
        out,
        gains=[vis.Gain('faces', 18, 0.26, None, True)],
        **k,
    ),
    'ablation': lambda out, **k: vis.draw_ablation(
        {(8, 1, 'end'): (80, 79, 82), (16, 3, 'start'): None},
        (79, None, None),
        out,
        **k,
    ),
    'confusion': lambda out, **k: vis.draw_confusion(
        np.diag([3, 2, 1]), CLASSES, out, **k
    ),
    'curves': lambda out, **k: vis.draw_curves(
        {'run': [dict(epoch=1, loss=1.0, top1=50.0, split='val')]}, out, **k
    ),
    'cam': lambda out, **k: vis.draw_cam_grid(cam_grid(), out, **k),
    'bank': lambda out, **k: vis.draw_bank(
        {'5x5': torch.eye(5).expand(2, 5, 5)}, (0, math.pi / 2), out, **k
    ),
    'modulated': lambda out, **k: vis.draw_modulated_filters(
        filters(), out, **k
    ),
    'responses': lambda out, **k: vis.draw_orientation_responses(
        responses(), out, **k
    ),
    'tsne': lambda out, **k: vis.draw_tsne(
        {'ResNet-18': np.arange(6.0).reshape(3, 2)},
        np.arange(3),
        CLASSES,
        out,
        **k,
    ),
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures as they are saved."""
    figures: list[Figure] = []
    original = Figure.savefig

    def savefig(self, *args, **kwargs):
        figures.append(self)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Figure, 'savefig', savefig)
    return figures


def words(svg: Path) -> set[str]:
    """Texts of a figure, which the SVG has as comments."""
    lines = svg.read_text().splitlines()
    return {
        line.strip()[5:-4] for line in lines if line.strip().startswith('<!--')
    }


@pytest.mark.parametrize('name', FIGURES)
def test_two_files_with_the_same_bytes_each_time(name, tmp_path):
    data = []
    for folder in ('a', 'b'):
        # a dot in the name is no suffix
        found = FIGURES[name](tmp_path / folder / 'v1.5', stamp=STAMP)
        assert [f.name for f in found] == ['v1.5.png', 'v1.5.svg']
        assert sorted(found) == sorted((tmp_path / folder).iterdir())
        data.append([file.read_bytes() for file in found])
    assert data[0] == data[1]
    picture = cv2.imread(str(tmp_path / 'a' / 'v1.5.png'))
    assert picture.shape[0] > 300 and picture.std() > 1


@pytest.mark.parametrize('name', FIGURES)
def test_the_stamp_stands_below_everything(name, tmp_path, drawn):
    with_stamp = FIGURES[name](tmp_path / 'a', stamp=STAMP, title='A title')
    without = FIGURES[name](tmp_path / 'b')
    assert {STAMP, 'A title'} <= words(with_stamp[1])
    assert not {STAMP, 'A title'} & words(without[1])
    figure = drawn[0]
    renderer = figure.canvas.get_renderer()
    box = figure._supxlabel.get_window_extent(renderer)
    for axes in figure.axes:
        assert axes.get_tightbbox(renderer).y0 >= box.y1 - 1
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1 and box.y0 >= 0


@pytest.mark.parametrize('name', FIGURES)
def test_legends_lie_outside_the_axes(name, tmp_path, drawn):
    FIGURES[name](tmp_path / 'a', stamp=STAMP)
    figure = drawn[0]
    renderer = figure.canvas.get_renderer()
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        assert not any(
            axes.get_window_extent(renderer).overlaps(box)
            for axes in figure.axes
        )
        assert box.x1 <= figure.bbox.x1 + 1


@pytest.mark.parametrize('name', FIGURES)
def test_no_global_state_is_read_or_left(name, tmp_path):
    open_before = plt.get_fignums()
    plain = FIGURES[name](tmp_path / 'a')[0].read_bytes()
    with matplotlib.rc_context({'font.size': 20, 'axes.facecolor': 'red'}):
        before = dict(matplotlib.rcParams)
        theirs = FIGURES[name](tmp_path / 'b')[0].read_bytes()
        assert dict(matplotlib.rcParams) == before
    assert theirs == plain
    # MMEngine's visualizer, in other tests of this process, leaves its own.
    assert plt.get_fignums() == open_before


def test_a_failed_drawing_leaves_nothing(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError('disk full')

    monkeypatch.setattr(Figure, 'savefig', fail)
    with pytest.raises(OSError, match='disk full'):
        FIGURES['confusion'](tmp_path / 'a')
    assert list(tmp_path.iterdir()) == []


def test_published_numbers_are_labelled(tmp_path):
    both = FIGURES['cost'](tmp_path / 'a')[1]
    ours = vis.draw_accuracy_over_cost(two_points()[:1], tmp_path / 'b')[1]
    assert {REPORTED, 'measured here', '95% interval'} <= words(both)
    assert 'measured here' in words(ours)
    assert REPORTED not in words(ours)
    labels = words(FIGURES['parameters'](tmp_path / 'c')[1])
    assert {f'CS-GResNet, {REPORTED}', f'gain, {REPORTED}'} <= labels


def test_an_interval_is_drawn_from_its_low_to_its_high_end(tmp_path, drawn):
    vis.draw_accuracy_over_cost(two_points(), tmp_path / 'a')
    bars = [
        segment[:, 1].tolist()
        for lines in drawn[0].axes[0].collections
        for segment in lines.get_segments()
    ]
    assert bars == [[79.0, 81.5]]


def test_names_of_close_points_do_not_overlap(tmp_path, drawn):
    points = [point(f'network {i}', 80 + i / 5) for i in range(6)]
    vis.draw_accuracy_over_cost([*points, point('far', 60.0)], tmp_path / 'a')
    figure = drawn[0]
    renderer = figure.canvas.get_renderer()
    texts = [
        Text.get_window_extent(t, renderer)  # without the line to it
        for t in figure.axes[0].texts
        if t.get_text()
    ]
    assert len(texts) == 7
    for i, box in enumerate(texts):
        assert not any(box.overlaps(other) for other in texts[:i])


def test_cells_that_were_not_run_are_marked(tmp_path, drawn):
    files = FIGURES['ablation'](tmp_path / 'a')
    assert {'not run', 'σ = 8', 'σ = 16', 'without a shift'} <= words(files[1])
    full = vis.draw_ablation(
        {(8, 1, 'end'): (80, 79, 82)}, None, tmp_path / 'b'
    )
    assert not {'not run', 'without a shift'} & words(full[1])
    first, second = drawn[0].axes
    assert first.get_title() == 'shift in layer 1'
    assert second.get_title() == 'shift in layer 3'
    at = [line.get_xydata().tolist() for line in first.lines]
    assert any(abs(y - 80) < 1e-9 and round(x) == 2 for [(x, y), *_] in at)


def test_a_confusion_matrix_has_shares_of_the_true_class(tmp_path):
    matrix = np.array([[9, 1, 0], [0, 0, 0], [1, 1, 2]])
    found = words(vis.draw_confusion(matrix, CLASSES, tmp_path / 'a')[1])
    parts = {part for word in found for part in word.split()}
    assert {'90%', '10%', '25%', '50%', '0%', '9'} <= parts
    assert {'cat (10)', 'dog (0)', 'owl (4)'} <= found


def test_a_wrong_prediction_is_marked(tmp_path):
    found = words(FIGURES['cam'](tmp_path / 'a')[1])
    assert {'cat', 'cat 75%', '✗ dog 50%'} <= found


@pytest.mark.parametrize(
    ('draw', 'message'),
    [
        (lambda o: vis.draw_accuracy_over_cost([], o), 'points is empty'),
        (lambda o: vis.draw_accuracy_over_parameters({}, o), 'panels'),
        (
            lambda o: vis.draw_accuracy_over_parameters(
                {'a': two_points()}, o, gains=[vis.Gain('b', 18, 1.0)]
            ),
            "'b', expected one of \\('a',\\)",
        ),
        (lambda o: vis.draw_ablation({}, None, o), 'cells is empty'),
        (
            lambda o: vis.draw_ablation({(8, 1, 'top'): None}, None, o),
            "position 'top'",
        ),
        (
            lambda o: vis.draw_confusion(np.eye(2), CLASSES, o),
            r'\(2, 2\) does not fit 3',
        ),
        (lambda o: vis.draw_curves({'a': []}, o), "'a': 0"),
        (
            lambda o: vis.draw_bank({'a': torch.ones(3, 5, 5)}, (0, 1), o),
            r'a: bank of shape \(3, 5, 5\)',
        ),
        (
            lambda o: vis.draw_tsne(
                {'a': np.ones((2, 2))}, np.ones(3), CLASSES, o
            ),
            r'a: points of shape \(2, 2\) do not fit 3',
        ),
        (
            lambda o: vis.draw_cam_grid(vis.CamGrid((), (), ()), o),
            'no face',
        ),
        (lambda o: vis.CostPoint('x', 0, 1, 50), 'x: multiply_adds=0'),
    ],
)
def test_what_cannot_be_drawn_is_reported(draw, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        draw(tmp_path / 'a')
    assert list(tmp_path.iterdir()) == []
