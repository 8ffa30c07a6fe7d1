"""From what was given to what is shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from csgresnet_mm.apis.predictor import (
    ExpressionPredictor,
    Frame,
    ImageError,
    read_image,
)
from csgresnet_mm.apis.predictor.sources import find_source
from csgresnet_mm.programs.app.answers import Answer, answer
from csgresnet_mm.programs.app.clips import Clip, watch
from csgresnet_mm.programs.app.curves import show_clip
from csgresnet_mm.programs.app.grad_cam import GradCam
from csgresnet_mm.programs.app.photo import show_photo
from csgresnet_mm.programs.app.saving import files_of
from csgresnet_mm.weights import identify

MAX_PHOTO = 20 * 2**20
"""Bytes."""


class Looker:
    """Looks at photos and videos.

    Args:
        predictor: Of the network.
        weights: Its file; None where it was made in Python.
        explain: Offer Grad-CAM.
    """

    def __init__(
        self,
        predictor: ExpressionPredictor,
        weights: Path | None = None,
        explain: bool = True,
    ) -> None:
        self.predictor = predictor
        self.weights = weights
        self._identity = identify(weights) if weights else predictor.weights
        self._maps = GradCam(predictor, weights)
        self.without_maps = self._maps.missing if explain else ''
        """Why there is no Grad-CAM though it was asked for; else ''."""
        self._explained = explain and not self.without_maps

    def look(self, path: str, name: str) -> Iterator[Answer | Clip]:
        """Look at a file.

        Args:
            path: Of a photo or a video.
            name: As it was given.

        Yields:
            A photo's answer; or a video's, further each time.

        Raises:
            ImageError: It cannot be read, or is too large: in words.
        """
        try:
            if find_source(path).kind == 'video':
                yield from watch(self.predictor, path, name)
                return
            size = os.path.getsize(path)
            if size > MAX_PHOTO:
                raise ImageError(
                    f'{name} has {size / 2**20:.0f} MiB; a photo may have '
                    f'{MAX_PHOTO // 2**20}.'
                )
            image = read_image(path, self.predictor.max_pixels)
        except (ImageError, OSError) as error:
            raise ImageError(_in_words(error, path, name)) from error
        yield self.photo(image, name)

    def photo(self, image: np.ndarray, name: str) -> Answer:
        """Look at a photo.

        Args:
            image: RGB, shape (height, width, 3), uint8.
            name: Of its file.
        """
        return answer(self.predictor, image, name)

    def explain(self, known: Answer) -> Answer:
        """The same with Grad-CAM's maps."""
        return replace(known, maps=self._maps(known.crops))

    def show(self, known: Answer | Clip) -> str:
        """As HTML."""
        if isinstance(known, Clip):
            ready = known.done and known.frames
            return show_clip(known, self._files(known.frames) if ready else {})
        info = self.predictor.info
        return show_photo(
            known,
            self._files([known.frame]),
            input_size=info.input_size,
            grey=info.grey_data or info.channel_order == 'grey',
            explained=self._explained,
        )

    def _files(self, frames: list[Frame]) -> dict[str, tuple[str, str]]:
        return files_of(frames, self._identity, self.predictor.classes)


def _in_words(error: Exception, path: str, name: str) -> str:
    """An error without the place of the copy, and without its technique."""
    cause = error.__cause__
    text = str(error)
    if cause is not None:
        text = text.removesuffix(f' ({type(cause).__name__}: {cause})')
    text = text.replace(path, name)
    return text if text.endswith('.') else f'{text}.'
