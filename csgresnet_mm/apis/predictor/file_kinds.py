"""What a file holds, by its first bytes: names lie, or say nothing."""

from __future__ import annotations

import os
import re
import struct

from csgresnet_mm.file_names import IMAGE_SUFFIXES

HEAD = 4096
"""Bytes of a file that are looked at."""
OWN = 'csgresnet_mm: annotated'
"""Stands in the head of the pictures that this package draws, so that none of
them is taken for a photograph."""

HEIC_SUFFIXES = ('.heic', '.heif', '.hif')
PICTURE_SUFFIXES = frozenset((*IMAGE_SUFFIXES, *HEIC_SUFFIXES))
"""Of files that are taken for pictures whatever they hold."""

VIDEO_SUFFIXES = frozenset(
    (
        '.3g2 .3gp .asf .avi .divx .f4v .flv .m2t .m2ts .m2v .m4v .mkv '
        '.mov .mp4 .mpe .mpeg .mpg .mts .mxf .ogm .ogv .qt .rm .rmvb .ts .vob '
        '.webm .wmv'
    ).split()
)
NO_PHOTOS = frozenset(
    (
        # sound, in the containers of videos
        '.aac .m4a .m4b .m4p .mka .oga .ogg .opus .wma '
        # raw files, which are TIFF and hold a small preview
        '.3fr .arw .cr2 .cr3 .dcr .dng .erf .iiq .kdc .mef .mos .nef .nrw '
        '.orf .pef .raf .raw .rw2 .srw .x3f '
        # what cameras keep beside their videos
        '.lrv .thm'
    ).split()
)
"""Of files that begin as pictures or videos do, and are neither's original."""

PICTURES = frozenset(
    'AVIF BMP GIF HEIC JPEG JPEG2000 PNG PNM SUN TIFF WEBP'.split()
)
VIDEOS = {
    'MP4': 'mov',
    'AVI': 'avi',
    'Matroska': 'matroska',
    'FLV': 'flv',
    'ASF': 'asf',
    'MPEG-TS': 'mpegts',
    'MPEG-PS': 'mpeg',
    'MPEG video': 'mpegvideo',
    'MPEG-4 video': 'm4v',
    'H.264': 'h264',
    'Ogg': 'ogg',
    'RealMedia': 'rm',
    'MXF': 'mxf',
    'NUT': 'nut',
}
"""Container -> FFmpeg's name of who reads it. None of these refers to
other files or hosts."""

_MARKS = (
    (b'\xff\xd8\xff', 'JPEG'),
    (b'\x89PNG\r\n\x1a\n', 'PNG'),
    (b'GIF87a', 'GIF'),
    (b'GIF89a', 'GIF'),
    (b'II*\x00', 'TIFF'),
    (b'MM\x00*', 'TIFF'),
    (b'II+\x00', 'TIFF'),
    (b'MM\x00+', 'TIFF'),
    (b'\x00\x00\x00\x0cjP  ', 'JPEG2000'),
    (b'\xff\x4f\xff\x51', 'JPEG2000'),
    (b'\x59\xa6\x6a\x95', 'SUN'),
    (b'\x1a\x45\xdf\xa3', 'Matroska'),
    (b'FLV\x01', 'FLV'),
    (b'\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'ASF'),
    (b'\x00\x00\x01\xba', 'MPEG-PS'),
    (b'\x00\x00\x01\xb3', 'MPEG video'),
    (b'\x00\x00\x01\xb0', 'MPEG-4 video'),
    (b'\x00\x00\x00\x01\x67', 'H.264'),
    (b'\x00\x00\x00\x01\x27', 'H.264'),
    (b'\x00\x00\x00\x01\x09', 'H.264'),
    (b'OggS', 'Ogg'),
    (b'.RMF', 'RealMedia'),
    (b'\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02', 'MXF'),
    (b'nut/multimedia container', 'NUT'),
    # what is named, and not read
    (b'\x00\x05\x16\x07', "what macOS keeps beside a file, '._'"),
    (b'%PDF', 'PDF'),
    (b'%!PS', 'PostScript'),
    (b'8BPS', 'Photoshop'),
    (b'\xff\x0a', 'JPEG XL'),
    (b'\x00\x00\x00\x0cJXL ', 'JPEG XL'),
    (b'PK\x03\x04', 'ZIP'),
    (b'version https://git-lfs', 'a pointer of Git LFS'),
    (b'#EXTM3U', 'a playlist'),
    (b'ffconcat', 'a playlist'),
    (b'[playlist]', 'a playlist'),
    (b'v=0', 'a description of a stream, SDP'),
)
_HEIC_BRANDS = frozenset(
    (b'heic', b'heix', b'heim', b'heis', b'hevc', b'hevx', b'mif1', b'msf1')
)
_SOUND_BRANDS = frozenset((b'M4A ', b'M4B ', b'M4P ', b'F4A ', b'F4B '))
_QUICKTIME_BOXES = frozenset(
    (b'moov', b'mdat', b'wide', b'free', b'skip', b'pnot')
)
_BMP_HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_PNM = re.compile(rb'P[1-6]\s\s*[#0-9]')
_WEB = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|\?xml|svg)', re.I
)
_PACKETS = (188, 192, 204)
"""Lengths of a packet of MPEG-TS, each of which begins with a G."""


def read_head(path: str | os.PathLike[str]) -> bytes:
    """The first bytes of a file.

    Raises:
        OSError: It cannot be read.
    """
    with open(path, 'rb') as file:
        return file.read(HEAD)


def find_format(head: bytes) -> str:
    """What a file holds.

    Args:
        head: Its first :data:`HEAD` bytes.

    Returns:
        One of :data:`PICTURES` or :data:`VIDEOS`, or another name to be
        named; '' where the bytes are those of nothing that is known.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[4:8] == b'ftyp':
        return _find_brand(head)
    if head[4:8] in _QUICKTIME_BOXES:
        return 'MP4'
    if head.startswith(b'RIFF'):
        return {b'WEBP': 'WEBP', b'AVI ': 'AVI'}.get(head[8:12], '')
    if head.startswith(b'BM') and len(head) >= 18:
        known = struct.unpack_from('<I', head, 14)[0] in _BMP_HEADERS
        return 'BMP' if known else ''
    if _PNM.match(head):
        return 'PNM'
    if _WEB.match(head):
        return 'a page of the web, or SVG'
    return 'MPEG-TS' if _has_packets(head) else ''


def _find_brand(head: bytes) -> str:
    """Of the ISO base media file format: MP4 and its relatives."""
    size = min(int.from_bytes(head[:4], 'big'), len(head))
    major = head[8:12]
    brands = {major, *(head[at : at + 4] for at in range(16, size, 4))}
    if brands & {b'avif', b'avis'}:
        return 'AVIF'
    if major in _HEIC_BRANDS:
        return 'HEIC'
    if major == b'crx ':
        return 'a raw file, CR3'
    return 'sound alone' if major in _SOUND_BRANDS else 'MP4'


def _has_packets(head: bytes) -> bool:
    """Whether five packets follow each other, wherever the first begins."""
    return any(
        head[start : start + 5 * length : length] == b'GGGGG'
        for length in _PACKETS
        for start in range(length)
    )


def find_kind(path: str | os.PathLike[str], head: bytes | None = None) -> str:
    """Whether a file is a picture or a video.

    Its content decides; its suffix where that is unknown, as of a damaged
    file, or one that cannot be opened.

    Args:
        path: Of the file.
        head: From :func:`read_head`, where it was read already.

    Returns:
        'image', 'video', or '' for neither.
    """
    name = find_format(try_head(path) if head is None else head)
    if name in PICTURES:
        return 'image'
    if name in VIDEOS:
        return 'video'
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix in PICTURE_SUFFIXES:
        return 'image'
    return 'video' if suffix in VIDEO_SUFFIXES else ''


def try_head(path: str | os.PathLike[str]) -> bytes:
    """As :func:`read_head`; empty where the file cannot be read."""
    try:
        return read_head(path)
    except OSError:
        return b''
