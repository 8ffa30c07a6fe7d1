"""Videos and streams are opened here, and reach nothing that is not meant.

FFmpeg takes a name for much more than a file: ``concat:a|b`` and ``a%02d.jpg``
for several, a playlist for what it names, on this or any machine. So a file's
content must be a container that refers to nothing else, FFmpeg is given which,
and may open files alone; a stream may open the network alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

from csgresnet_mm.apis.predictor.file_kinds import (
    VIDEOS,
    find_format,
    read_head,
)
from csgresnet_mm.apis.predictor.images import ImageError

SCHEMES = ('http', 'https', 'rtmp', 'rtmps', 'rtsp', 'rtsps', 'udp')
"""Of streams, before the ``://``."""
SECONDS = 10
"""A stream is given up that sends no picture for so long."""

_NETWORK = 'httpproxy,rtp,srtp,tcp,tls'
"""Protocols under those; neither ``file`` nor one that joins others."""
_VARIABLE = 'OPENCV_FFMPEG_CAPTURE_OPTIONS'
_turn = threading.Lock()


def find_scheme(text: str) -> str:
    """Of an address, in lower case; '' where the text is none.

    >>> find_scheme('RTSP://camera/1'), find_scheme('C:/a.mp4')
    ('rtsp', '')
    """
    scheme, mark, _ = text.partition('://')
    return scheme.lower() if mark and scheme.isalnum() else ''


def show_address(text: str) -> str:
    """An address without what may be secret; other text as it is.

    >>> show_address('rtsp://me:secret@camera/1?token=5')
    'rtsp://camera/1'
    """
    if not find_scheme(text):
        return text
    scheme, mark, rest = text.partition('://')
    host, slash, path = rest.partition('?')[0].partition('/')
    return scheme + mark + host.rpartition('@')[2] + slash + path


def check_address(text: str, allow_network: bool) -> None:
    """Refuse an address that is not to be opened.

    Raises:
        ValueError: It is no stream's; or the network is not allowed.
    """
    scheme, shown = find_scheme(text), show_address(text)[:200]
    if scheme not in SCHEMES:
        raise ValueError(
            f'{shown}: {scheme}:// is no stream; expected a path, or one of '
            f'{", ".join(f"{name}://" for name in SCHEMES)}'
        )
    if not allow_network:
        raise ValueError(
            f'{shown} is on the network, which is not used unless it is '
            'allowed: --allow-network, or allow_network=True'
        )


def open_capture(kind: str, path: str) -> cv2.VideoCapture:
    """Open a video, a camera or a stream.

    Args:
        kind: 'video', 'camera' or 'network'.
        path: Of the file; the camera's number; the stream's address.

    Returns:
        What gives its frames; the caller releases it.

    Raises:
        ImageError: It cannot be opened.
    """
    if kind == 'camera':
        return _opened(cv2.VideoCapture(int(path)), f'camera {path}', kind)
    if kind == 'network':
        with _options(f'protocol_whitelist;{",".join(SCHEMES)},{_NETWORK}'):
            limit = round(1000 * SECONDS)
            limits = [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit),
            ]
            capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, limits)
        return _opened(capture, show_address(path), 'stream')
    found = _find_container(path)
    reader = VIDEOS[found]
    only = f'input_format;{reader}|format_whitelist;{reader}'
    with _options(f'protocol_whitelist;file|{only}'):
        # no name that begins with a slash is a protocol's
        capture = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG)
    return _opened(capture, path, f'video ({found})')


def _find_container(path: str) -> str:
    try:
        head = read_head(path)
    except OSError as error:
        raise ImageError(
            f'{path} cannot be opened as a video ({error})'
        ) from error
    found = find_format(head)
    if found not in VIDEOS:
        holds = f'it is {found}' if found else f'it starts with {head[:12]!r}'
        raise ImageError(
            f'{path} cannot be opened as a video: {holds}; expected one of '
            f'{", ".join(VIDEOS)}'
        )
    return found


def _opened(
    capture: cv2.VideoCapture, name: str, kind: str
) -> cv2.VideoCapture:
    if not capture.isOpened():
        capture.release()
        end = ''
        if kind.startswith('video'):
            end = ': it may be damaged, or cut before its end'
        raise ImageError(f'{name} cannot be opened as a {kind}{end}')
    return capture


@contextmanager
def _options(text: str) -> Iterator[None]:
    """Options of FFmpeg, after those that the user has set.

    OpenCV takes them from a variable alone, when it opens.
    """
    with _turn:
        before = os.environ.get(_VARIABLE)
        # else OpenCV's own is lost
        first = 'rtsp_flags;prefer_tcp' if before is None else before
        os.environ[_VARIABLE] = f'{first}|{text}'
        try:
            yield
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before
