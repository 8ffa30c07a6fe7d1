"""Expressions of the faces in photographs."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from csgresnet_mm.apis.predictor.alignment import (
    align,
    check_alignment,
    fit,
)
from csgresnet_mm.apis.predictor.detector import (
    AUTO,
    CenterFaceDetector,
    Detection,
    Detector,
    check_detect_size,
)
from csgresnet_mm.apis.predictor.faces import Face, Frame
from csgresnet_mm.apis.predictor.inputs import TAKEN, is_single, read_all
from csgresnet_mm.apis.predictor.networks import FaceNetwork, find_network
from csgresnet_mm.apis.predictor.sources import (
    Pictures,
    Source,
    find_source,
    open_source,
)
from csgresnet_mm.apis.predictor.tracking import Smoother, follow
from csgresnet_mm.image_limits import MAX_PIXELS
from csgresnet_mm.weights import identify

CHOICES = ('all', 'largest', 'whole_image')
GROUP = 8
"""Pictures whose faces go through the network together."""
SYNTHETIC_NOTE = 'synthetic weights: not for real photos'


class SyntheticWeightsWarning(UserWarning):
    """The network has seen drawn faces only."""


class ExpressionPredictor:
    """Finds faces, aligns them as in training and classifies them.

    Args:
        model: The run's config file, for a ``.pth``; None for
            ``.safetensors`` and ``.onnx``, which hold it. Or a network: see
            :class:`~.networks.FaceNetwork`.
        weights: The file, or a name of
            :func:`~csgresnet_mm.apis.list_weights`. None: the network given
            as ``model``, else the default of those that ship.
        device: 'cpu', 'cuda', ...
        detector: RGB (height, width, 3) uint8 -> sequence of
            :class:`~.detector.Detection`; None: CenterFace (extra
            ``predict``).
        detect_size: Of CenterFace: longest side to which larger pictures are
            shrunk to find faces, or 'auto', see
            :class:`~.detector.CenterFaceDetector`.
        faces: 'all'; 'largest'; or 'whole_image': each picture is a face,
            cut as the training data are, and nothing is looked for.
        flip: Take the mean over a face and its mirror image.
        alignment: None: that of the training data, as the file says. Else
            'arcface', 'rafdb' (a looser crop), 'fer2013' (the box with a
            small margin) or 'none' (with a larger one).
        batch_size: Faces that go through the network at once.
        max_pixels: Larger pictures are refused before they are decoded.
        classes: For a ``.pth`` that names none.
        every: Of a video or camera, faces are looked for in every Nth frame.
        smooth: Of a video or camera, seconds over which a person's
            probabilities are averaged; 0: each frame's own.
        min_probability: An answer that is less probable is marked
            ``unsure``, 0 to 1; None: none is. The cards of the weights that
            ship name a value.
        allow_network: Whether the address of a stream may be opened; else
            nothing is asked of another machine.

    Raises:
        FileNotFoundError: A file is not there.
        ImportError: A package is missing.
        ValueError: A bad argument, or files that do not fit together.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | FaceNetwork | None = None,
        weights: str | os.PathLike[str] | None = None,
        device: str = 'cpu',
        *,
        detector: Detector | None = None,
        detect_size: int | str = AUTO,
        faces: str = 'all',
        flip: bool = False,
        alignment: str | None = None,
        batch_size: int = 64,
        max_pixels: int = MAX_PIXELS,
        classes: Sequence[str] | None = None,
        every: int = 1,
        smooth: float = 0.0,
        min_probability: float | None = None,
        allow_network: bool = False,
    ) -> None:
        counts = dict(
            batch_size=batch_size, max_pixels=max_pixels, every=every
        )
        _check_settings(faces, counts, smooth, min_probability)
        if check_detect_size(detect_size) != AUTO and detector is not None:
            raise ValueError(
                f'detect_size={detect_size!r} is of CenterFace; detector= '
                'is another'
            )
        self.network = find_network(model, weights, device, classes)
        self._given = weights
        self._is_own = self.network is model
        self.allow_network = allow_network
        self.faces = faces
        self.flip = flip
        self.batch_size = batch_size
        self.max_pixels = max_pixels
        self.every = every
        self.smooth = smooth
        self.min_probability = min_probability
        self.alignment = alignment or self.info.alignment
        if faces != 'whole_image':
            check_alignment(self.alignment)
            detector = detector or CenterFaceDetector(detect_size=detect_size)
        self.detector = detector
        if self.info.synthetic:
            warnings.warn(
                'the weights come from the synthetic demo faces: not for '
                'real photos, whose results mean nothing',
                SyntheticWeightsWarning,
                stacklevel=2,
            )

    @property
    def info(self) -> Any:
        """What the network's file says: classes, sizes, alignment."""
        return self.network.info

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the probabilities."""
        return self.info.classes

    @cached_property
    def weights(self) -> tuple[str, str]:
        """Name and SHA-256 of the file; a network's class, and ''."""
        if self._is_own:
            return type(self.network).__qualname__, ''
        return identify(self._given)

    @property
    def note(self) -> str:
        """What is written on annotated pictures; '' where nothing is."""
        return SYNTHETIC_NOTE if self.info.synthetic else ''

    def __call__(self, source: Any, *, channel_order: str = 'rgb') -> Any:
        """Classify whatever is given.

        Args:
            source: A picture: a path, the bytes of an image file, a file
                that is open in binary mode, a PIL image, an array (height,
                width[, channels]) or torch's tensor ([channels,] height,
                width) of uint8 with 1, 3 or 4 channels: its faces. A list,
                tuple or generator of these: a list of faces for each. A
                folder, a video, a camera's number or the address of a
                stream: an iterator over :class:`~.faces.Frame`, see
                :meth:`stream`.
            channel_order: Of arrays and tensors: 'rgb', or 'bgr' as OpenCV
                reads.

        Raises:
            TypeError: It is none of these.
            FileNotFoundError: There is no such file.
            ImageError: A ValueError: it cannot be read, or is too large.
        """
        if isinstance(source, bool):
            raise TypeError(f'found bool; expected {TAKEN}')
        if isinstance(source, (str, os.PathLike, int)):
            found = find_source(source, self.allow_network)
            if found.kind != 'image':
                return self._stream(found)
            source = found.path
        faces = self.predict(source, channel_order=channel_order)
        return faces[0] if is_single(source) else faces

    def predict(
        self, images: Any, *, channel_order: str = 'rgb'
    ) -> list[list[Face]]:
        """The faces of each image, largest first.

        Args:
            images: Pictures as :meth:`__call__` takes them; one alone is a
                list of one.
            channel_order: As there.

        Returns:
            A list an image; empty where there is no face.

        Raises:
            TypeError: One is nothing that is taken: naming which.
            FileNotFoundError: There is no such file.
            ImageError: A ValueError: it cannot be read, or is too large.
        """
        pixels = read_all(images, self.max_pixels, channel_order)
        frames = (Frame('', image) for image in pixels)
        return [frame.faces for frame in self.run(frames)]

    def stream(self, source: str | os.PathLike[str] | int) -> Iterator[Frame]:
        """Classify a folder, a video, a camera or a stream, one by one.

        Args:
            source: Path; the camera's number, 0 the first; or an address.

        Returns:
            Each picture with its faces, or with the error of a file in a
            folder that cannot be read.

        Raises:
            FileNotFoundError: There is no such file, or no image in it.
            ImageError: The video or camera cannot be opened.
            ValueError: A stream that is not allowed.
        """
        return self._stream(find_source(source, self.allow_network))

    def _stream(self, source: Source) -> Iterator[Frame]:
        with open_source(source, self.max_pixels) as pictures:
            yield from self.run_pictures(pictures)

    def run_pictures(self, pictures: Pictures) -> Iterator[Frame]:
        """Classify the pictures of an opened source.

        Those of a video or a camera are followed from frame to frame. A
        camera's are not made to wait for each other.
        """
        if pictures.fps is None:
            return self.run(pictures.frames)
        return self.follow(pictures.frames, 1 if pictures.live else GROUP)

    def run(
        self, frames: Iterable[Frame], group: int = GROUP
    ) -> Iterator[Frame]:
        """Fill in the faces.

        Args:
            frames: With pictures.
            group: How many are taken together.
        """
        found = ((frame, self.detect(frame.image)) for frame in frames)
        while batch := list(islice(found, group)):
            rows = self._classify_group(batch)
            for (frame, faces), own in zip(batch, rows, strict=True):
                answers = map(self.answer, faces, own)
                yield replace(frame, faces=list(answers))

    def follow(
        self, frames: Iterable[Frame], group: int = GROUP
    ) -> Iterator[Frame]:
        """Fill in the faces of frames that follow each other in time.

        They have their ``track``; see :func:`~.tracking.follow`.

        Args:
            frames: With pictures, numbers and times.
            group: How many are taken together.
        """
        smooth = Smoother(self.smooth) if self.smooth else None
        found = follow(frames, self.detect, self.every)
        while batch := list(islice(found, group)):
            rows = self._classify_group(
                [(frame, list(tracks.values())) for frame, tracks in batch]
            )
            for (frame, tracks), own in zip(batch, rows, strict=True):
                faces = []
                for (number, face), row in zip(
                    tracks.items(), own, strict=True
                ):
                    if smooth is not None:
                        row = smooth(number, frame.time or 0.0, row)
                    faces.append(replace(self.answer(face, row), track=number))
                yield replace(frame, faces=faces)

    def _classify_group(
        self, found: list[tuple[Frame, list[Detection]]]
    ) -> Iterator[np.ndarray]:
        """Probabilities of each frame's faces, all in one go."""
        crops = [
            self.cut(frame.image, face)
            for frame, faces in found
            for face in faces
        ]
        ends = np.cumsum([len(faces) for _, faces in found])
        return iter(np.split(self.classify(crops), ends[:-1]))

    def detect(self, image: np.ndarray | None) -> list[Detection]:
        """The faces that are asked for, largest first.

        Args:
            image: RGB, shape (height, width, 3), uint8; None has none.
        """
        if image is None:
            return []
        if self.detector is None or self.faces == 'whole_image':
            height, width = image.shape[:2]
            return [Detection((0.0, 0.0, float(width), float(height)))]
        found = sorted(self.detector(image), key=lambda face: -face.area)
        return found[:1] if self.faces == 'largest' else found

    def cut(self, image: np.ndarray, face: Detection) -> np.ndarray:
        """One face as the network's test pipeline has it before its crop.

        Returns:
            RGB, shape (*info.resize, 3), uint8.
        """
        size = self.info.resize
        if self.faces != 'whole_image':
            return align(image, face, self.alignment, size)
        return fit(image, size, self.info.interpolation)

    def classify(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities of faces that are cut out already.

        Args:
            crops: RGB, each of shape (*info.resize, 3), uint8.

        Returns:
            Shape (n, K), float32.
        """
        rows = [np.zeros((0, len(self.classes)), np.float32)]
        for start in range(0, len(crops), self.batch_size):
            batch = np.stack(crops[start : start + self.batch_size])
            found = self.network(batch)
            if self.flip:
                mirrored = np.ascontiguousarray(batch[:, :, ::-1])
                found = (found + self.network(mirrored)) / 2
            rows.append(found)
        return np.concatenate(rows)

    def answer(self, face: Detection, row: np.ndarray) -> Face:
        """A detection with its probabilities."""
        points = face.landmarks
        least = self.min_probability
        return Face(
            box=face.box,
            landmarks=None
            if points is None
            else tuple((float(x), float(y)) for x, y in points),
            detection_score=face.score,
            label=self.classes[int(row.argmax())],
            probabilities=dict(
                zip(self.classes, map(float, row), strict=True)
            ),
            unsure=None if least is None else bool(row.max() < least),
        )


def _check_settings(
    faces: str,
    counts: Mapping[str, int],
    smooth: float,
    min_probability: float | None,
) -> None:
    if faces not in CHOICES:
        raise ValueError(
            f'faces={faces!r} is unknown; expected one of {", ".join(CHOICES)}'
        )
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f'{name}={value}: 1 is the least')
    if not 0 <= smooth < math.inf:
        raise ValueError(f'smooth={smooth}: expected seconds, 0 or more')
    if min_probability is not None and not 0 <= min_probability <= 1:
        raise ValueError(
            f'min_probability={min_probability}: expected 0 to 1, or None'
        )
