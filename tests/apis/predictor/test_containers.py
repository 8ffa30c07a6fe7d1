"""A video file that is shorter than it says."""

import pytest

from csgresnet_mm.apis.predictor.containers import (
    find_container,
    missing_bytes,
)


def avi(length=100, size=None):
    size = 4 + length if size is None else size
    return b'RIFF' + size.to_bytes(4, 'little') + b'AVI ' + bytes(length)


def box(kind, length, size=None):
    size = 8 + length if size is None else size
    return size.to_bytes(4, 'big') + kind + bytes(length)


def wide_box(kind, length):
    size = (16 + length).to_bytes(8, 'big')
    return (1).to_bytes(4, 'big') + kind + size + bytes(length)


def mkv(length=100, unknown=False):
    head = b'\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67'
    size = (1 << 56) - 1 if unknown else length
    return head + (1 << 56 | size).to_bytes(8, 'big') + bytes(length)


WHOLE = {
    'avi': avi(),
    'an AVI of two chunks': avi() + avi(50),
    'an AVI of odd length': avi(101),
    'mp4': box(b'ftyp', 20) + box(b'moov', 300) + box(b'mdat', 500),
    'a wide box': box(b'ftyp', 20) + wide_box(b'mdat', 200),
    'mkv': mkv(),
}


@pytest.mark.parametrize('name', WHOLE)
def test_what_was_cut_off_is_counted(tmp_path, name):
    path = tmp_path / 'a'
    for cut in (0, 1, 30):
        path.write_bytes(WHOLE[name][: len(WHOLE[name]) - cut])
        assert missing_bytes(str(path)) == cut


@pytest.mark.parametrize(
    'data',
    [
        b'',
        b'abc',
        bytes(100),
        avi(size=0),  # written to a pipe
        avi(size=0xFFFFFFFF),
        avi() + b'more',
        box(b'ftyp', 20) + box(b'mdat', 100, size=0),  # up to the end
        box(b'ftyp', 20) + b'\0\0\0\1',
        box(b'ftyp', 20) + bytes(64),
        mkv(unknown=True),
        mkv() + b'more',
        b'\x1a\x45\xdf\xa3',
    ],
)
def test_a_length_that_is_not_given_is_not_missed(tmp_path, data):
    (tmp_path / 'a').write_bytes(data)
    assert missing_bytes(str(tmp_path / 'a')) == 0


def test_kinds_go_by_content(tmp_path):
    path = tmp_path / 'a.txt'
    for data, kind in (
        (avi(), 'avi'),
        (WHOLE['mp4'], 'mp4'),
        (mkv(), 'mkv'),
        (b'RIFF1234WAVE', ''),
        (b'\x47' * 200, ''),
    ):
        path.write_bytes(data)
        assert find_container(str(path)) == kind
