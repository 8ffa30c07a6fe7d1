"""Photographs are upright RGB, or a clear error."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis.predictor.images import ImageError, read_image

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
def test_a_truncated_file_is_told(tmp_path, kind, part):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f'a.{kind}'
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ImageError, match=f'a.{kind} cannot be read'):
        read_image(path)


def test_other_files_are_told(tmp_path):
    (tmp_path / 'a.jpg').write_text('%!PS-Adobe-3.0 EPSF-3.0')
    with pytest.raises(ImageError, match='as an image: it is PostScript'):
        read_image(tmp_path / 'a.jpg')
    with pytest.raises(ImageError, match='is a folder; expected an image'):
        read_image(tmp_path)
    with pytest.raises(FileNotFoundError, match='b.jpg: no such file'):
        read_image(tmp_path / 'b.jpg')
