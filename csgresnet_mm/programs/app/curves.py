"""A video's answer as HTML: a curve over time for each class."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from csgresnet_mm.apis.predictor import Face
from csgresnet_mm.programs.app.clips import MAX_SECONDS, TRACKS, Clip
from csgresnet_mm.programs.app.markup import (
    chooser,
    count_of,
    downloads,
    panel,
    percent,
    picture_address,
    ranked,
    title,
)

POINTS = 240
"""Of a curve, at most; each is the mean of some frames."""
STRIP = 8
"""Frames above the curves."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
"""Seconds between two marks of the time axis."""


def show_clip(clip: Clip, files: dict[str, tuple[str, str]]) -> str:
    """Lay out what was seen so far.

    Args:
        clip: The video.
        files: To save, see :func:`~.markup.downloads`; empty until the end.
    """
    tracks = clip.tracks()
    shown = tracks[:TRACKS]
    parts = [_heading(clip, len(tracks), shown)]
    if clip.error:
        parts.append(f'<p class="fer-error">{escape(clip.error)}</p>')
    names = [_label(faces) for _, faces in shown]
    thumbs = [picture_address(clip.portraits[track][0]) for track, _ in shown]
    parts.append(chooser('Choose a face', thumbs, names))
    for number, (_, faces) in enumerate(shown):
        content = _curves(clip, faces)
        parts.append(panel(number, content))
    if files:
        parts.append(downloads(clip.name, files))
    return f'<section class="fer fer-clip">{"".join(parts)}</section>'


def _heading(
    clip: Clip,
    followed: int,
    shown: Sequence[tuple[int | None, list[Face | None]]],
) -> str:
    below = _extent(clip)
    if not shown:
        text = 'No face was found' if clip.done else 'No face yet'
        return title(text, clip.key, below=below)
    if len(shown) > 1:
        if followed > len(shown):
            below += f' The {len(shown)} seen longest are shown.'
        return title(count_of(followed, 'face'), clip.key, below=below)
    ((track, faces),) = shown
    label, share = _most(faces)
    if track is None and any(len(frame.faces) > 1 for frame in clip.frames):
        below += ' The curves are of the largest face of each frame.'
    detail = f'{percent(share)} of the frames with a face'
    return title(f'mostly {label}', clip.key, detail, below)


def _extent(clip: Clip) -> str:
    seen = sum(bool(frame.faces) for frame in clip.frames)
    text = f'{count_of(len(clip.frames), "frame")}, a face in {seen} of them.'
    if clip.stopped:
        return f'Stopped at {_clock(clip.end)}. {text}'
    if clip.more:
        return f'The first {MAX_SECONDS} seconds of the video. {text}'
    return text


def _most(faces: Sequence[Face | None]) -> tuple[str, float]:
    """The most frequent label, and its share."""
    labels = [face.label for face in faces if face is not None]
    label = max(dict.fromkeys(labels), key=labels.count)
    return label, labels.count(label) / len(labels)


def _label(faces: Sequence[Face | None]) -> str:
    return f'mostly {_most(faces)[0]}'


def _curves(clip: Clip, faces: Sequence[Face | None]) -> str:
    """Frames, a curve a class, and the time axis."""
    classes = list(next(face for face in faces if face).probabilities)
    values = np.array(
        [
            [np.nan] * len(classes)
            if face is None
            else list(face.probabilities.values())
            for face in faces
        ]
    )  # (frames, K)
    means = dict(zip(classes, np.nanmean(values, 0).tolist(), strict=True))
    x, y = _binned(np.asarray(clip.times) / clip.end, values)
    # in one order while the means still change
    rows, others = ranked(means) if clip.done else (list(means.items()), '')
    lines = []
    for label, mean in rows:
        curve = values[:, classes.index(label)]
        best = int(np.nanargmax(curve))
        said = (
            f'{label}: {percent(mean)} on average, at most '
            f'{percent(curve[best])} at {_clock(clip.times[best])}'
        )
        line, area = _paths(x, y[:, classes.index(label)])
        lines.append(
            f'<li><span class="fer-name">{escape(label)}</span>'
            f'<svg viewBox="0 0 1000 100" preserveAspectRatio="none" '
            f'role="img" aria-label="{escape(said)}">'
            f'<title>{escape(said)}</title>'
            f'<path class="fer-area" d="{area}"/>'
            f'<path class="fer-line" d="{line}"/></svg>'
            f'<span class="fer-value">{percent(mean)}</span></li>'
        )
    return (
        f'<div class="fer-time">{_strip(clip)}'
        '<p class="fer-head" aria-hidden="true"><span></span>'
        '<span>from 0 to 100 %</span>'
        '<span class="fer-value">mean</span></p>'
        f'<ul class="fer-curves" aria-label="Probabilities over time">'
        f'{"".join(lines)}</ul>{_axis(clip.end)}{others}</div>'
    )


def _binned(
    times: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means of frames that follow each other, :data:`POINTS` at most.

    Args:
        times: (frames,).
        values: (frames, K); NaN where the face was not seen.

    Returns:
        Times (n,) and values (n, K); NaN where no frame shows the face.
    """
    size = -(-len(times) // POINTS)
    starts = np.arange(0, len(times), size)
    there = ~np.isnan(values)
    counts = np.add.reduceat(there.astype(float), starts)
    sums = np.add.reduceat(np.where(there, values, 0), starts)
    lengths = np.diff(np.append(starts, len(times)))
    middles = np.add.reduceat(times, starts) / lengths
    means = np.full_like(sums, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return middles, means


def _paths(x: np.ndarray, y: np.ndarray) -> tuple[str, str]:
    """A curve and the area under it, broken where the face is not seen."""
    line, area = [], []
    there = np.flatnonzero(~np.isnan(y))
    for run in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1):
        points = [
            f'{1000 * x[i]:.1f} {100 - 96 * y[i]:.1f}' for i in run.tolist()
        ]
        if len(points) == 1:  # round ends make it a dot
            points *= 2
        line.append(f'M{"L".join(points)}')
        first, last = 1000 * x[run[0]], 1000 * x[run[-1]]
        area.append(f'M{first:.1f} 100L{"L".join(points)}L{last:.1f} 100Z')
    return ''.join(line), ''.join(area)


def _strip(clip: Clip) -> str:
    """Frames at equal times, as far as they were seen."""
    pictures = []
    for slot in range(STRIP):
        at = (slot + 0.5) * clip.end / STRIP
        if clip.thumbs and at <= clip.times[-1]:
            _, thumb = min(clip.thumbs, key=lambda pair: abs(pair[0] - at))
            address = picture_address(thumb)
            pictures.append(f'<img src="{address}" alt="">')
        else:
            pictures.append('<i></i>')
    return f'<div class="fer-strip">{"".join(pictures)}</div>'


def _axis(end: float) -> str:
    step = next((step for step in TICKS if end / step <= 4), TICKS[-1])
    marks = []
    for number in range(int(end / step) + 1):
        at = number * step
        marks.append(
            f'<span style="left:{at / end:.2%}">{_clock(at, step)}</span>'
        )
    return (
        '<div class="fer-axis" aria-hidden="true"><div>'
        f'{"".join(marks)}</div></div>'
    )


def _clock(seconds: float, step: float = 1) -> str:
    """``0:07``; with tenths where the marks are closer than a second."""
    if step < 1:
        return f'{seconds:.1f} s'
    return f'{int(seconds // 60)}:{int(seconds % 60):02d}'
