"""Predictions that are made up."""

from __future__ import annotations

import numpy as np

from csgresnet_mm.evaluation import Predictions

CLASSES = ('Anger', 'Disgust', 'Fear', 'Happiness', 'Sadness')


def make(
    count: int = 200, seed: int = 0, *, sharpness: float = 2, classes=CLASSES
) -> Predictions:
    """Predictions that are right more often the higher the sharpness."""
    rng = np.random.default_rng(seed)
    size = len(classes)
    labels = rng.integers(0, size, count)
    logits = rng.normal(size=(count, size))
    logits[np.arange(count), labels] += sharpness
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)
    names = tuple(f'data/faces/test_{i:04d}.jpg' for i in range(count))
    return Predictions(scores.astype(np.float32), labels, names, classes)


def from_pairs(pairs, size: int, confidence: float = 0.9) -> Predictions:
    """Predictions of (true, given) classes."""
    labels, given = np.array(list(pairs), np.int64).T
    rest = (1 - confidence) / (size - 1)
    scores = np.full((len(labels), size), rest, np.float32)
    scores[np.arange(len(labels)), given] = confidence
    return Predictions(
        scores,
        labels.copy(),
        tuple(f'{i}.png' for i in range(len(labels))),
        tuple(f'class {i}' for i in range(size)),
    )
