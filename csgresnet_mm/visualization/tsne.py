"""Features in two dimensions, by t-SNE."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from csgresnet_mm.visualization._canvas import (
    COLOURS,
    MARKERS,
    entry,
    legend_outside,
    new_figure,
    save,
    style,
)

PERPLEXITY = 30.0


@torch.no_grad()
def collect_features(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]
) -> tuple[np.ndarray, np.ndarray]:
    """Take what a classifier of MMPretrain gives to its last layer.

    Args:
        model: An ``ImageClassifier``; in evaluation mode while it is used.
        batches: Preprocessed images (B, 3, H, W) and labels (B,).

    Returns:
        Features (n, D), float32, and labels (n,), int64.
    """
    training = model.training
    model.eval()
    features, labels = [], []
    try:
        for images, truth in batches:
            found = model.extract_feat(images, stage='pre_logits')
            features.append(found.float().numpy(force=True))
            labels.append(truth.numpy(force=True))
    finally:
        model.train(training)
    return np.concatenate(features), np.concatenate(labels)


def embed(features: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Embed features in two dimensions: scikit-learn's t-SNE from PCA.

    Args:
        features: (n, D), finite.
        seed: Of t-SNE's random numbers.

    Returns:
        (n, 2), float32; neither axis has a unit.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If there are fewer than 3 samples.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ImportError(
            "t-SNE needs scikit-learn: pip install 'csgresnet_mm[reproduce]'"
        ) from error
    if len(features) < 3:
        raise ValueError(f'{len(features)} samples, expected at least 3')
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    model = TSNE(
        perplexity=perplexity,
        init='pca',
        learning_rate='auto',
        random_state=seed,
    )
    return model.fit_transform(np.asarray(features, np.float32))


def draw_tsne(
    panels: Mapping[str, np.ndarray],
    labels: np.ndarray,
    classes: Sequence[str],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw embedded features of the same images, a panel a network.

    Args:
        panels: Network -> points (n, 2).
        labels: True classes (n,).
        classes: Names of the classes.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If a panel does not hold one point a label.
    """
    for name, points in panels.items():
        if points.shape != (len(labels), 2):
            raise ValueError(
                f'{name}: points of shape {points.shape} do not fit '
                f'{len(labels)} labels'
            )
    with style():
        figure = new_figure(3.3 * len(panels) + 1.5, 3.5, title)
        row = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (name, points) in zip(row, panels.items(), strict=True):
            for index in range(len(classes)):
                own = points[labels == index]
                axes.plot(*own.T, **_look(index), markersize=3.5, alpha=0.75)
            axes.set_title(name)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_aspect('equal', 'datalim')
            axes.grid(False)
        figure.supylabel('t-SNE: distances have no unit', fontsize=8)
        legend_outside(
            figure,
            [entry(name, **_look(i)) for i, name in enumerate(classes)],
            title='true class',
        )
        return save(figure, out, stamp)


def _look(index: int) -> dict[str, object]:
    return {
        'color': COLOURS[index % len(COLOURS)],
        'marker': MARKERS[index // len(COLOURS) % len(MARKERS)],
        'linestyle': 'none',
        'markeredgewidth': 0,
    }
