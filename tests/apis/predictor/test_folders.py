"""What of a folder is taken for a photograph, and what is left out."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis.predictor.folders import list_photos

APPLE = b'\0\x05\x16\x07\0\x02\0\0Mac OS X        '


def encode(kind):
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, kind)
    return file.getvalue()


PNG, JPEG, TIFF = encode('png'), encode('jpeg'), encode('tiff')
MP4 = b'\0\0\0\x18ftypmp42\0\0\0\0mp42isom'
HEIC = b'\0\0\0\x18ftypheic\0\0\0\0mif1heic'


@pytest.fixture
def put(tmp_path):
    """Write files below a folder: name -> bytes."""

    def write(files):
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        found, left = list_photos(str(tmp_path))
        return [str(path.relative_to(tmp_path)) for path in found], str(left)

    return write


def test_V2_a_macs_folder(put):
    found, left = put(
        {
            'IMG_1.jpg': JPEG,
            '._IMG_1.jpg': APPLE,
            '.DS_Store': b'Bud1',
            'b/IMG_2.JPG': JPEG,
            'b/._IMG_2.JPG': APPLE,
            '__MACOSX/._IMG_1.jpg': APPLE,
            '__MACOSX/b/IMG_9.jpg': JPEG,
            '.Trashes/501/IMG_3.jpg': JPEG,
            'Icon\r': b'',
        }
    )
    assert found == ['IMG_1.jpg', 'b/IMG_2.JPG']
    assert left.startswith('left out: 6 hidden (.DS_Store, .Trashes, ._IMG')


@pytest.mark.parametrize(
    'hidden',
    [
        '.thumbnails',
        '.@__thumb',
        '.picasaoriginals',
        '@eaDir',
        '#recycle',
        '$RECYCLE.BIN',
        'System Volume Information',
        'lost+found',
    ],
)
def test_V2_thumbnails_of_systems_are_no_photos(put, hidden):
    found, left = put(
        {
            'a.jpg': JPEG,
            f'{hidden}/a.jpg': JPEG,
            f'b/{hidden}/c/SYNOPHOTO_THUMB_M.jpg': JPEG,
            'Thumbs.db': JPEG,
            'desktop.ini': b'[.ShellClassInfo]',
        }
    )
    assert found == ['a.jpg']
    assert left.startswith('left out: 4 hidden (')


def test_V2_the_folder_that_is_named_may_be_hidden(tmp_path):
    (tmp_path / '.cache').mkdir()
    (tmp_path / '.cache' / 'a.png').write_bytes(PNG)
    assert len(list_photos(str(tmp_path / '.cache'))[0]) == 1


def test_V3_what_is_left_out_is_counted_by_suffix(put):
    found, left = put(
        {
            'a.jpg': JPEG,
            'b.HEIC': HEIC,
            **{f'{number}.MOV': MP4 for number in range(3)},
            'clip.3gp': MP4,
            'notes.txt': b'x',
            'README': b'x',
            'main.ts': b'import x from "y"',
            'a.xmp': b'<x/>',
        }
    )
    assert found == ['a.jpg', 'b.HEIC']  # whoever reads it, or says why not
    assert left == (
        'left out: 1 without suffix, 1 .ts, 1 .txt, 1 .xmp, '
        '4 videos (3 .mov, 1 .3gp: give each by itself)'
    )


def test_V3_content_decides_where_the_suffix_lies_or_is_missing(put):
    found, left = put(
        {
            'IMG_0001': JPEG,
            'a.jpg_large': JPEG,
            'photo.jpg.1': PNG,
            'b.jpg': PNG,
            'c.dat': TIFF,
            'really a video.jpg': MP4,
            'damaged.jpg': b'',
            'saved page.jpg': b'<!DOCTYPE html>',
            'BMW.txt': b'BM is no picture for all that, only a car',
            'P1.txt': b'P1 is the first point of the list',
        }
    )
    assert found == sorted(
        (
            'IMG_0001',
            'a.jpg_large',
            'photo.jpg.1',
            'b.jpg',
            'c.dat',
            'damaged.jpg',
            'saved page.jpg',
        ),
        key=Path,
    )
    assert left == 'left out: 2 .txt, 1 video (1 .jpg: give each by itself)'


def test_raw_files_sound_and_previews_are_no_photos(put):
    found, left = put(
        {
            'a.jpg': JPEG,
            'a.CR2': TIFF,
            'a.nef': TIFF,
            'GOPR1.THM': JPEG,
            'GOPR1.LRV': MP4,
            'voice.m4a': b'\0\0\0\x18ftypM4A ' + bytes(8),
        }
    )
    assert found == ['a.jpg']
    assert all(
        f'1 {suffix}' in left
        for suffix in ('.cr2', '.nef', '.thm', '.lrv', '.m4a')
    )


def test_many_suffixes_take_one_line(put):
    files = {f'{number}.x{number}': b'x' for number in range(99)}
    _, left = put({'a.jpg': JPEG, **files})
    assert '93 of 93 other suffixes' in left and len(left) < 200


def test_a_folder_without_photos_says_what_it_has(put):
    with pytest.raises(FileNotFoundError) as error:
        put({'a.mp4': MP4, 'b.mp4': MP4, 'c.txt': b'x'})
    message = str(error.value)
    assert 'no image files; left out: 1 .txt, 2 videos (2 .mp4' in message
    assert '.avif' in message and '.heic' in message


@pytest.mark.skipif(not hasattr(os, 'symlink'), reason='POSIX has them')
def test_links_that_lead_nowhere_are_counted(put, tmp_path):
    os.symlink(tmp_path / 'nobody.jpg', tmp_path / 'a.jpg')
    os.symlink(tmp_path, tmp_path / 'loop')
    os.symlink(tmp_path / 'b.jpg', tmp_path / 'c.jpg')
    found, left = put({'b.jpg': JPEG})
    assert found == ['b.jpg', 'c.jpg']
    assert left == 'left out: 1 no files, or links to none'


def test_a_folder_that_cannot_be_opened_is_reported(
    put, tmp_path, monkeypatch
):
    scan = os.scandir

    def closed(path):
        if os.fspath(path).endswith('private'):
            raise PermissionError(13, 'Permission denied', path)
        return scan(path)

    (tmp_path / 'private').mkdir()
    monkeypatch.setattr(os, 'scandir', closed)
    found, left = put({'b.jpg': JPEG})
    assert found == ['b.jpg']
    assert left == f'left out: 1 not to be opened ({tmp_path}/private)'
