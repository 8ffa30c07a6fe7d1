"""Photographs are upright RGB, or a clear error."""

import io
import struct
import sys
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis.predictor import images
from csgresnet_mm.apis.predictor.images import (
    FirstFrameWarning,
    ImageError,
    decode,
    read_image,
)

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.mark.parametrize('kind', ['png', 'bmp', 'tiff', 'ppm', 'webp'])
def test_pixels_are_those_of_the_file(tmp_path, kind):
    path = tmp_path / f'a.{kind}'
    Image.fromarray(PIXELS).save(path, lossless=True)
    assert (read_image(path) == PIXELS).all()
    assert (read_image(path.read_bytes()) == PIXELS).all()


@pytest.mark.parametrize(
    ('orientation', 'turn'),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (6, lambda a: np.rot90(a, 1)),
        (8, lambda a: np.rot90(a, -1)),
    ],
)
def test_exif_orientation_is_undone(tmp_path, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / 'a.png'
    Image.fromarray(np.ascontiguousarray(turn(PIXELS))).save(path, exif=exif)
    assert (read_image(path) == PIXELS).all()


def test_grey_sixteen_bits_and_palette(tmp_path):
    grey = PIXELS[..., 0]
    for image in (
        Image.fromarray(grey),
        Image.fromarray(grey.astype(np.uint16) * 256 + 255),
    ):
        image.save(tmp_path / 'a.png')
        assert (read_image(tmp_path / 'a.png') == grey[..., None]).all()
    Image.fromarray(PIXELS).quantize(64).save(tmp_path / 'a.png')
    assert read_image(tmp_path / 'a.png').shape == (4, 6, 3)


def test_transparent_pixels_are_white(tmp_path):
    alpha = np.dstack([PIXELS, np.full((4, 6), 255, np.uint8)])
    alpha[0, 0, 3] = 0
    Image.fromarray(alpha).save(tmp_path / 'a.png')
    found = read_image(tmp_path / 'a.png')
    assert found[0, 0].tolist() == [255] * 3
    assert (found[1:] == PIXELS[1:]).all()


def bomb(path, side):
    """A whole PNG of black pixels, of some kilobytes."""

    def chunk(name, data):
        body = name + data
        return struct.pack('>I', len(data)) + body + crc(body)

    def crc(body):
        return struct.pack('>I', zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = bytes(side // 8 + 1)
    rows = b''.join(packer.compress(row) for _ in range(side))
    header = struct.pack('>IIBBBBB', side, side, 1, 0, 0, 0, 0)
    path.write_bytes(
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', rows + packer.flush())
        + chunk(b'IEND', b'')
    )


@pytest.mark.parametrize('side', [8200, 10000, 20000])
def test_a_bomb_is_refused_undecoded(tmp_path, side, monkeypatch):
    bomb(tmp_path / 'bomb.png', side)
    assert (tmp_path / 'bomb.png').stat().st_size < 100_000

    def decode(self, *args):
        raise AssertionError('decoded')

    monkeypatch.setattr(Image.Image, 'convert', decode)
    with pytest.raises(ImageError, match=r'bomb.png.*pixels.*67108864'):
        read_image(tmp_path / 'bomb.png')


def test_the_limit_counts_pixels(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / 'a.png')
    assert read_image(tmp_path / 'a.png', 24).shape == (4, 6, 3)
    with pytest.raises(ImageError, match='6 x 4 pixels, 24; 23 are allowed'):
        read_image(tmp_path / 'a.png', 23)


@pytest.mark.parametrize('kind', ['jpg', 'png', 'webp', 'tiff', 'gif'])
@pytest.mark.parametrize('part', [0, 0.05, 0.5, 0.9])
def test_a_truncated_file_is_reported(tmp_path, kind, part):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f'a.{kind}'
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ImageError, match=f'a.{kind} cannot be read'):
        read_image(path)


def test_other_files_are_reported(tmp_path):
    (tmp_path / 'a.jpg').write_text('%!PS-Adobe-3.0 EPSF-3.0')
    with pytest.raises(ImageError, match='as an image: it is PostScript'):
        read_image(tmp_path / 'a.jpg')
    with pytest.raises(ImageError, match='is a folder; expected an image'):
        read_image(tmp_path)
    with pytest.raises(FileNotFoundError, match='b.jpg: no such file'):
        read_image(tmp_path / 'b.jpg')


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def frames(count=3):
    """Plain pictures, each brighter than the one before."""
    return [
        Image.fromarray(np.full((16, 24, 3), 60 * number, np.uint8))
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ('kind', 'message'),
    [
        ('gif', 'the first of 3 frames'),
        ('webp', 'the first of 3 frames'),
        ('png', 'the first of 3 frames'),
        ('tiff', 'the first of 3 pages'),
        ('avif', 'the first of 3 frames'),
    ],
)
def test_V3_the_first_of_several_is_reported(tmp_path, kind, message):
    first, *others = frames()
    path = tmp_path / f'a.{kind}'
    first.save(path, save_all=True, append_images=others)
    with pytest.warns(FirstFrameWarning, match=f'a.{kind}: {message} is read'):
        found = read_image(path)
    assert found.max() < 10
    first.save(path)  # and one alone is not
    assert read_image(path).max() < 10


def test_a_phones_second_picture_is_not_reported(tmp_path):
    """The map of brightness that lies in its JPEG beside the photo."""
    first, *others = frames()
    first.save(tmp_path / 'a.mpo', save_all=True, append_images=others)
    assert read_image(tmp_path / 'a.mpo').max() < 10


def test_later_frames_that_are_damaged_cost_the_first_nothing(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (3, 40, 60), np.uint8)
    first, *others = map(Image.fromarray, noise)
    whole = encode(first, 'gif', save_all=True, append_images=others)
    wanted = decode(whole)
    assert 'first of 3 frames' in wanted.note
    ends = []
    for part in np.linspace(0.4, 0.99, 40):
        found = decode(whole[: int(part * len(whole))])
        assert (found.pixels == wanted.pixels).all()
        ends.append(found.note)
    assert any('later frames are damaged' in end for end in ends)


def test_V3_suffixes_that_pillow_reads(tmp_path):
    image = Image.fromarray(np.full((16, 24, 3), (200, 90, 30), np.uint8))
    for suffix, kind in (
        ('jfif', 'JPEG'),
        ('jpe', 'JPEG'),
        ('jp2', 'JPEG2000'),
        ('avif', 'AVIF'),
        ('dib', 'DIB'),
        ('tif', 'TIFF'),
        ('pnm', 'PPM'),
    ):
        path = tmp_path / f'a.{suffix}'
        if kind == 'DIB':  # in a file it has BMP's header
            kind = 'BMP'
        path.write_bytes(encode(image, kind))
        assert np.abs(read_image(path) - [200.0, 90, 30]).max() < 8, suffix


def test_V3_heic_names_what_reads_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    path = tmp_path / 'IMG_1.HEIC'
    path.write_bytes(b'\0\0\0\x18ftypheic\0\0\0\0mif1heic' + bytes(200))
    with pytest.raises(ImageError, match='IMG_1.HEIC is HEIC') as error:
        read_image(path)
    assert "pip install 'csgresnet_mm[heic]'" in str(error.value)
    assert 'damaged' not in str(error.value)


def test_V3_avif_names_what_reads_it(monkeypatch):
    data = encode(Image.new('RGB', (8, 8)), 'AVIF')
    monkeypatch.setattr(images, 'available_formats', lambda: ('JPEG', 'PNG'))
    with pytest.raises(ImageError, match=r"is AVIF.*pip install 'pillow>=11"):
        read_image(data)


@pytest.mark.heic
def test_V3_heic_is_read(tmp_path):
    import pillow_heif

    before = dict(Image.OPEN)  # other packages may have added HEIF to it
    smooth = np.linspace(0, 255, 64 * 48 * 3).reshape(64, 48, 3)
    image = Image.fromarray(smooth.astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / 'IMG_1.HEIC'
    pillow_heif.from_pillow(image).save(path, quality=95, exif=exif.tobytes())
    upright = np.rot90(np.asarray(image), -1).astype(float)
    for source in (path, path.read_bytes()):
        found = read_image(source)
        assert found.shape == (48, 64, 3)
        assert np.abs(found - upright).mean() < 4
    with pytest.raises(ImageError, match='pixels, 3072; 3071 are allowed'):
        read_image(path, 3071)
    whole = path.read_bytes()
    for part in (0.1, 0.5, 0.9):
        with pytest.raises(ImageError, match='cannot be read'):
            read_image(whole[: int(part * len(whole))])
    assert before == Image.OPEN  # others' Image.open stays as it was


def test_cmyk_palette_and_alpha_are_what_a_viewer_shows():
    colour = Image.new('RGB', (24, 16), (200, 90, 30))
    cmyk = read_image(encode(colour.convert('CMYK'), 'JPEG', quality=95))
    assert np.abs(cmyk - [200.0, 90, 30]).max() < 12
    palette = colour.quantize(4)
    assert (read_image(encode(palette, 'PNG')) == [200, 90, 30]).all()
    clear = encode(palette, 'PNG', transparency=palette.getpixel((0, 0)))
    assert (read_image(clear) == 255).all()
    for mode, pixel, seen in (
        ('LA', (40, 0), 255),
        ('LA', (40, 255), 40),
        ('LA', (0, 128), 127),
        ('RGBA', (0, 0, 0, 0), 255),
    ):
        image = encode(Image.new(mode, (24, 16), pixel), 'PNG')
        assert (read_image(image) == seen).all()
    bilevel = encode(Image.new('1', (24, 16), 1), 'TIFF')
    assert (read_image(bilevel) == 255).all()


def test_what_a_file_is_instead_is_reported(tmp_path):
    for data, message in (
        (b'\n<!DOCTYPE html><html>', 'it is a page of the web'),
        (b'%PDF-1.7', 'it is PDF'),
        (b'\xff\x0a\xfa', 'it is JPEG XL'),
        (b'version https://git-lfs.github.com/spec/v1', 'of Git LFS'),
        (
            b'\0\x05\x16\x07\0\x02\0\0Mac OS X',
            'what macOS keeps beside a file',
        ),
        (b'\0\0\0\x18ftypmp42', 'is a video .MP4., no image'),
    ):
        (tmp_path / 'a.jpg').write_bytes(data)
        with pytest.raises(ImageError, match=message):
            read_image(tmp_path / 'a.jpg')


def test_exif_that_is_damaged_leaves_the_photo_as_it_lies():
    whole = encode(Image.fromarray(PIXELS), 'JPEG')
    for rubbish in (b'garbage' * 3, b'MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03'):
        body = b'Exif\0\0' + rubbish
        marker = b'\xff\xe1' + struct.pack('>H', 2 + len(body)) + body
        with warnings.catch_warnings():  # Pillow may say so
            warnings.simplefilter('ignore')
            found = read_image(whole[:2] + marker + whole[2:])
        assert (found == read_image(whole)).all()
