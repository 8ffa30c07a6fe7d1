"""The size that a header names, beside what was written."""

import io
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from csgresnet_mm.datasets import LoadFace, UnreadableImageError
from csgresnet_mm.datasets.loading.image_size import (
    check_file_size,
    check_image_size,
    jpeg_size,
    png_size,
)

FORMATS = ('PNG', 'JPEG', 'BMP', 'TIFF', 'WEBP', 'GIF', 'PPM')


def encoded(form, width=13, height=7, **options):
    data = io.BytesIO()
    Image.new('RGB', (width, height), 'red').save(data, form, **options)
    return data.getvalue()


@pytest.mark.parametrize('form', FORMATS)
def test_the_limit_is_the_number_of_pixels(form):
    data = encoded(form)
    check_image_size(data, 'face', 13 * 7)
    message = r'face: 13 x 7 pixels; at most 90 are'
    with pytest.raises(UnreadableImageError, match=message) as caught:
        check_image_size(data, 'face', 13 * 7 - 1)
    assert caught.value.cause == 'too large'


@pytest.mark.parametrize('form', ('PNG', 'JPEG', 'BMP', 'TIFF', 'WEBP'))
def test_what_is_told_is_what_the_decoder_makes(form):
    data = encoded(form, 40, 30)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape[:2] == (30, 40)
    check_image_size(data, 'face', 1200)
    with pytest.raises(UnreadableImageError):
        check_image_size(data, 'face', 1199)


@pytest.mark.parametrize('progressive', [False, True])
def test_junk_before_a_marker_hides_no_size(progressive):
    data = encoded('JPEG', progressive=progressive)
    end = 2 + 2 + int.from_bytes(data[4:6], 'big')
    junk = data[:end] + b'junk\xff\x00\xff\xff' + data[end + 1 :]
    assert jpeg_size(junk) == (13, 7)
    image = cv2.imdecode(np.frombuffer(junk, np.uint8), cv2.IMREAD_COLOR)
    assert image is None or image.shape[:2] == (7, 13)


def test_an_embedded_picture_is_not_the_size():
    exif = b'Exif\0\0' + encoded('JPEG', 3, 5)
    assert jpeg_size(encoded('JPEG', exif=exif)) == (13, 7)


@pytest.mark.parametrize(
    'data',
    [b'\xff\xd8', b'\x89PNG\r\n\x1a\n', b'BM', b'GIF89a', b'text', b'%!PS'],
)
def test_no_size_no_image(data):
    with pytest.raises(UnreadableImageError, match='face: cannot be decoded'):
        check_image_size(data, 'face')


@pytest.mark.parametrize('form', FORMATS)
@settings(derandomize=True, deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_headers_raise_nothing_else(form, data):
    whole = bytearray(encoded(form))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(len(whole), 80) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # Pillow's, about damaged metadata
        try:
            check_image_size(cut, 'face', 1000)
        except UnreadableImageError as error:
            assert str(error).startswith('face: ')


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_have_a_size_or_none(data):
    for size in (jpeg_size(data), png_size(data)):
        assert size is None or min(size) >= 0


def test_the_loader_takes_the_limit(tmp_path):
    path = tmp_path / 'face.png'
    path.write_bytes(encoded('PNG'))
    results = dict(img_path=str(path))
    assert LoadFace(max_pixels=91).transform(results)['img'].shape[0] == 7
    with pytest.raises(UnreadableImageError, match='13 x 7 pixels; at most'):
        LoadFace(max_pixels=90)(dict(img_path=str(path)))
    with pytest.raises(ValueError, match='max_pixels=0'):
        LoadFace(max_pixels=0)


def test_a_file_longer_than_any_image_is_not_read(tmp_path):
    path = tmp_path / 'face.jpg'
    with open(path, 'wb') as file:
        file.truncate(2**24 + 801)
    check_file_size(str(path), 101)
    with pytest.raises(UnreadableImageError, match='16778017 bytes; an image'):
        check_file_size(str(path), 100)
    check_file_size(str(tmp_path / 'gone.jpg'))
