"""Faces brought to the place where a network saw them in training."""

from __future__ import annotations

import cv2
import numpy as np

from csgresnet_mm.apis.model_info import INTERPOLATIONS, UNKNOWN
from csgresnet_mm.apis.predictor.detector import Detection

ARCFACE = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ]
)
"""Eyes, nose and corners of the mouth, x and y in a picture of 112 x 112:
the template in common use since ArcFace (Deng et al., 2019)."""

SIDE = 112.0
"""Of the template's picture."""

RAFDB_SCALE = 0.85
"""How much smaller than ArcFace's a face is in RAF-DB's aligned pictures,
about the picture's centre. Ours, by eye: RAF-DB publishes no template."""

MARGINS = {'none': 0.1, 'fer2013': 0.03}
"""Added to each side of the box, as a part of its longer side. Of ``none`` it
is that of our data sets' loader. FER2013's pictures are another detector's
boxes. Of CenterFace's, on 844 faces of PublicTest enlarged on canvases of four
kinds, 0.03 loses nothing against the pictures themselves, and 0.1 up to two
points."""

ALIGNMENTS = ('arcface', 'rafdb', 'fer2013', 'none')


def check_alignment(alignment: str) -> None:
    """Whether faces can be cut out so.

    Raises:
        ValueError: They cannot, or nobody knows how the training data's are.
    """
    if alignment == UNKNOWN:
        raise ValueError(
            'how the faces of the training data were aligned is not known: '
            f'give alignment= (--alignment), one of {", ".join(ALIGNMENTS)}'
        )
    if alignment not in ALIGNMENTS:
        raise ValueError(
            f'alignment={alignment!r} is unknown; expected one of '
            f'{", ".join(ALIGNMENTS)}'
        )


def template(alignment: str, size: tuple[int, int]) -> np.ndarray:
    """Where the five landmarks are to lie.

    Args:
        alignment: 'arcface' or 'rafdb'.
        size: (height, width) of the picture, pixels; where it is not
            square, the template lies in the largest square in its middle.

    Returns:
        Shape (5, 2), x and y, pixels.
    """
    points = ARCFACE
    if alignment == 'rafdb':
        points = (ARCFACE - SIDE / 2) * RAFDB_SCALE + SIDE / 2
    height, width = size
    side = min(height, width)
    offset = np.array([width - side, height - side]) / 2
    return points * (side / SIDE) + offset


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rotation, scale and shift that fit best, by least squares.

    With points as complex numbers z -> a z + b, so that it never mirrors.

    Args:
        source: Shape (n, 2), n >= 2, not all alike.
        target: Shape (n, 2).

    Returns:
        Shape (2, 3): target = matrix @ (x, y, 1).

    Raises:
        ValueError: The points of the source are all alike, or not finite.
    """
    z = source[:, 0] + 1j * source[:, 1]
    w = target[:, 0] + 1j * target[:, 1]
    centred = z - z.mean()
    spread = float((np.abs(centred) ** 2).sum())
    if not np.isfinite(spread) or spread < 1e-12:
        raise ValueError(f'landmarks {source.tolist()} span no face')
    a = (centred.conj() * (w - w.mean())).sum() / spread
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def box_matrix(
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    margin: float,
) -> np.ndarray:
    """Scale and shift that show a box with its margin, upright.

    Args:
        box: (left, top, right, bottom), pixels.
        size: (height, width) of the picture to fill; its shape is kept, the
            box grows to it.
        margin: Added to each side, as a part of the longer one.

    Returns:
        Shape (2, 3), as :func:`similarity` gives.

    Raises:
        ValueError: The box is empty.
    """
    left, top, right, bottom = box
    longer = max(right - left, bottom - top)
    if not longer > 0:
        raise ValueError(f'box {box} is empty')
    height, width = size
    scale = min(height, width) / (longer * (1 + 2 * margin))
    x, y = (left + right) / 2, (top + bottom) / 2
    return np.array(
        [
            [scale, 0.0, width / 2 - scale * x],
            [0.0, scale, height / 2 - scale * y],
        ]
    )


def align(
    image: np.ndarray,
    face: Detection,
    alignment: str,
    size: tuple[int, int],
) -> np.ndarray:
    """Cut one face out of a photograph.

    Args:
        image: RGB, shape (height, width, 3), uint8.
        face: Where it lies.
        alignment: 'arcface' or 'rafdb', by landmarks; 'none' or 'fer2013':
            the box with a margin, made square, not turned.
        size: (height, width) of the result.

    Returns:
        RGB, shape (*size, 3), uint8; black where the photograph ends.

    Raises:
        ValueError: An unknown alignment, or no landmarks where they are
            needed.
    """
    check_alignment(alignment)
    if alignment in MARGINS:
        matrix = box_matrix(face.box, size, MARGINS[alignment])
    elif face.landmarks is None:
        raise ValueError(
            f'alignment={alignment!r} needs five landmarks, the detector gave '
            f"none for the face at {face.box}; a network trained on 'none' "
            'takes boxes alone'
        )
    else:
        matrix = similarity(face.landmarks, template(alignment, size))
    return _warp(image, matrix, size)


def fit(
    image: np.ndarray, size: tuple[int, int], interpolation: str
) -> np.ndarray:
    """Resize a picture that is a face, as the test pipeline does.

    Args:
        image: RGB, shape (height, width, 3), uint8.
        size: (height, width) of the result.
        interpolation: In MMCV's names, one of :data:`INTERPOLATIONS`.

    Returns:
        RGB, shape (*size, 3), uint8.

    Raises:
        ValueError: An unknown interpolation.
    """
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f'interpolation={interpolation!r} is unknown; expected one of '
            f'{", ".join(INTERPOLATIONS)}'
        )
    method = INTERPOLATIONS[interpolation]
    return cv2.resize(image, (size[1], size[0]), interpolation=method)


def _warp(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Apply a matrix of pixel edges.

    A large face is shrunk by areas first: else only every few of its pixels
    would count.
    """
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    height, width = size
    if scale < 0.5:
        image, matrix = _shrink(image, matrix, size, scale)
    # OpenCV counts from the middle of the first pixel, landmarks and boxes
    # from its edge: (x + 0.5) before and - 0.5 after
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(image, centred, (width, height))


def _shrink(
    image: np.ndarray,
    matrix: np.ndarray,
    size: tuple[int, int],
    scale: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The part of an image that is seen, at about the result's scale."""
    height, width = size
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1)])
    corners = np.vstack([corners, (width, height, 1)])
    square = np.vstack([matrix, (0, 0, 1)])
    seen = (np.linalg.inv(square) @ corners.T)[:2]
    limits = np.array([[image.shape[1]], [image.shape[0]]])
    margin = 2 / scale
    first = np.clip(np.floor(seen.min(1) - margin), 0, limits[:, 0] - 1)
    last = np.clip(np.ceil(seen.max(1) + margin), first + 1, limits[:, 0])
    (x0, y0), (x1, y1) = first.astype(int), last.astype(int)
    part = image[y0:y1, x0:x1]
    new = np.maximum(np.round((last - first) * scale), 1).astype(int)
    small = cv2.resize(part, new.tolist(), interpolation=cv2.INTER_AREA)
    back = (last - first) / new  # photograph's pixels in a small one
    moved = matrix[:, :2] * back
    shift = matrix[:, :2] @ first + matrix[:, 2]
    return small, np.column_stack([moved, shift])
