"""One image: hashes, size, greyness, and why it is unreadable."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from csgresnet_mm.datasets import LoadFace, UnreadableImageError
from csgresnet_mm.programs.audit.pictures import (
    CELLS,
    FileTask,
    look_at,
    look_at_array,
    look_at_file,
    read_face,
)

from .planting import jpeg, smooth_images

FACE = smooth_images(1, 100, 0)[0]


def write(path, data):
    path.write_bytes(data)
    return FileTask(str(path))


def encoded(image, suffix):
    done, code = cv2.imencode(suffix, image)
    assert done
    return code.tobytes()


def test_size_digest_and_stamp(tmp_path):
    task = write(tmp_path / 'a.png', encoded(FACE[:80], '.png'))
    look = look_at_file(task)
    assert (look.width, look.height) == (100, 80)
    status = os.stat(task.path)
    assert look.file[:2] == (status.st_size, status.st_mtime_ns)
    assert look.file.digest == look.digest
    assert not (look.grey or look.blank or look.cause)
    assert look.cells.shape == (CELLS, CELLS)
    again = write(tmp_path / 'b.png', encoded(FACE[:80], '.png'))
    assert look_at_file(again).digest == look.digest


def test_the_second_hash_is_that_of_the_mirror_image(tmp_path):
    look = look_at_array(FACE)
    mirrored = look_at_array(np.ascontiguousarray(FACE[:, ::-1]))
    assert mirrored.hashes == look.hashes[::-1]
    assert look.hashes[0] != look.hashes[1]
    assert look.digest != mirrored.digest


def test_grey_is_seen_in_a_colour_file(tmp_path):
    grey = cv2.cvtColor(FACE, cv2.COLOR_BGR2GRAY)
    three = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    looks = [
        look_at_file(write(tmp_path / 'grey.jpg', jpeg(grey))),
        look_at_file(write(tmp_path / 'three.jpg', jpeg(three))),
        look_at_file(write(tmp_path / 'colour.jpg', jpeg(FACE))),
        look_at_array(grey),
    ]
    assert [look.grey for look in looks] == [True, True, False, True]


@pytest.mark.parametrize(
    ('level', 'noise', 'blank'),
    [(0, 0, True), (255, 5, True), (90, 60, False)],
)
def test_blank(level, noise, blank):
    rng = np.random.default_rng(0)
    image = level - rng.integers(0, noise + 1, (48, 48))
    look = look_at_array(image.astype(np.uint8))
    assert look.blank == blank
    assert look.uniform == (noise == 0)


def test_one_colour_is_uniform():
    image = np.full((20, 20, 3), (10, 20, 30), np.uint8)
    assert look_at_array(image).uniform
    image[7, 3, 1] += 1
    assert not look_at_array(image).uniform


def test_arrays_of_another_shape_are_another_content():
    grey = np.arange(64, dtype=np.uint8)
    first, second = grey.reshape(4, 16), grey.reshape(8, 8)
    assert look_at_array(first).digest != look_at_array(second).digest


def bad_files(folder):
    data = jpeg(FACE)
    png = encoded(FACE, '.png')
    return {
        'empty': write(folder / 'empty.jpg', b''),
        'truncated': write(folder / 'cut.jpg', data[: len(data) // 2]),
        'cut png': write(folder / 'cut.png', png[:-20]),
        'text': write(folder / 'text.jpg', b'<html>no image</html>'),
        'missing': FileTask(str(folder / 'missing.jpg')),
    }


@pytest.mark.parametrize(
    ('which', 'cause'),
    [
        ('empty', 'empty'),
        ('truncated', 'truncated'),
        ('cut png', 'truncated'),
        ('text', 'cannot be decoded'),
        ('missing', 'cannot be read'),
    ],
)
def test_unreadable_files_have_the_cause_that_training_finds(
    which, cause, tmp_path
):
    task = bad_files(tmp_path)[which]
    look = look_at_file(task)
    assert look.cause == cause
    assert task.path in look.message
    with pytest.raises(UnreadableImageError) as error:
        LoadFace()({'img_path': task.path})
    assert error.value.cause == cause
    with pytest.raises((OSError, UnreadableImageError)):
        read_face(task)


def test_a_frame_header_that_lies_is_no_crash(tmp_path):
    data = bytearray(jpeg(FACE))
    start = data.index(b'\xff\xc0')
    data[start + 5 : start + 9] = b'\0\0\0\0'
    look = look_at_file(write(tmp_path / 'a.jpg', bytes(data)))
    assert look.cause == 'cannot be decoded'


def photograph():
    """A photograph (600, 900) with a face at (400, 100) to (600, 300)."""
    image = smooth_images(1, 900, 4)[0][:600]
    image[100:300, 400:600] = cv2.resize(FACE, (200, 200))
    return np.ascontiguousarray(image)


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_a_box_is_cropped_as_training_crops_it(suffix, tmp_path):
    path = tmp_path / f'photo{suffix}'
    path.write_bytes(encoded(photograph(), suffix))
    box = (400.0, 100.0, 600.0, 300.0)
    look = look_at_file(FileTask(str(path), box))
    assert (look.width, look.height) == (240, 240)  # a margin of a tenth
    loaded = LoadFace()({'img_path': str(path), 'box': box})['img']
    expected = look_at_array(loaded)
    # decoded reduced: not the same pixels, but the same picture
    assert bin(look.hashes[0] ^ expected.hashes[0]).count('1') <= 2
    assert np.abs(look.cells.astype(int) - expected.cells).max() <= 6


def test_large_photographs_are_decoded_reduced(tmp_path):
    task = write(tmp_path / 'a.jpg', jpeg(photograph()))
    assert read_face(task).shape == (150, 225, 3)
    look = look_at_file(task)
    assert (look.width, look.height) == (900, 600)


def test_a_turned_photograph_keeps_its_turned_size(tmp_path):
    exif = (
        b'\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01'
        b'\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    )
    data = jpeg(photograph())
    task = write(tmp_path / 'a.jpg', data[:2] + exif + data[2:])
    loaded = LoadFace()({'img_path': task.path})['img']
    look = look_at_file(task)
    assert (look.height, look.width) == loaded.shape[:2] == (900, 600)


def test_a_box_outside_is_unreadable(tmp_path):
    path = write(tmp_path / 'a.jpg', jpeg(FACE)).path
    look = look_at_file(FileTask(path, (200.0, 0.0, 220.0, 20.0)))
    assert look.cause == 'box outside the image'
    assert '100x100' in look.message


def test_a_box_of_one_pixel_is_an_image(tmp_path):
    path = write(tmp_path / 'a.jpg', jpeg(photograph())).path
    look = look_at_file(FileTask(path, (10.2, 10.2, 10.4, 10.4)))
    assert (look.width, look.height, look.cause) == (1, 1, '')


def test_files_and_arrays_may_be_mixed(tmp_path):
    task = write(tmp_path / 'a.png', encoded(FACE, '.png'))
    file, array = look_at([task, FACE])
    assert file.hashes == array.hashes
    assert array.file is None
