"""A picture gives the same answer in whatever form it is given."""

import io
import os
import pathlib

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor.images import FirstFrameWarning, ImageError
from csgresnet_mm.apis.predictor.inputs import as_rgb, expand, read_all

from .conftest import ColourNetwork, find_squares, squares

TWO = squares((10, 10, 20, 0), (50, 10, 40, 2))
PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.fixture
def predictor():
    return ExpressionPredictor(ColourNetwork(), detector=find_squares)


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """In the user's own folder, as ``~/a.png``."""
    monkeypatch.setenv('HOME', str(tmp_path))
    path = tmp_path / 'a.png'
    Image.fromarray(TWO).save(path)
    return path


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, 'png')
    return file.getvalue()


class BytesPath:
    """As os.scandir(b'.') gives."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return os.fsencode(self.path)


FORMS = {
    'path': lambda path: str(path),
    'home': lambda path: '~/a.png',
    'pathlib': lambda path: path,
    'pathlib with home': lambda path: pathlib.Path('~/a.png'),
    'path of bytes': lambda path: BytesPath(path),
    'bytes': lambda path: path.read_bytes(),
    'bytearray': lambda path: bytearray(path.read_bytes()),
    'memoryview': lambda path: memoryview(path.read_bytes()),
    'file in memory': lambda path: io.BytesIO(path.read_bytes()),
    'file': lambda path: path.open('rb'),
    'PIL': lambda path: Image.open(path),
    'PIL, loaded': lambda path: Image.fromarray(TWO),
    'array': lambda path: TWO,
    'array, read-only': lambda path: np.frombuffer(
        TWO.tobytes(), np.uint8
    ).reshape(TWO.shape),
    'array with alpha': lambda path: cv2.cvtColor(TWO, cv2.COLOR_RGB2RGBA),
    'array, strided': lambda path: np.repeat(TWO, 2, axis=1)[:, ::2],
    'tensor': lambda path: torch.from_numpy(TWO).permute(2, 0, 1),
    'parameter': lambda path: torch.nn.Parameter(
        torch.from_numpy(TWO).permute(2, 0, 1), requires_grad=False
    ),
}


@pytest.mark.parametrize('form', FORMS)
def test_V7_every_form_gives_the_same(form, photo, predictor):
    wanted = predictor(TWO)
    assert [face.label for face in wanted] == ['blue', 'red']
    given = FORMS[form](photo)
    assert predictor(given) == wanted
    if 'file' in form:
        given.seek(0)
    assert predictor([given, squares()]) == [wanted, []]
    if form in ('file', 'PIL'):
        given.close()


def test_V7_one_alone_lists_tuples_and_generators(photo, predictor):
    wanted = predictor(TWO)
    forms = [photo, TWO, photo.read_bytes(), Image.fromarray(TWO)]
    for many in (forms, tuple(forms), iter(forms), (form for form in forms)):
        assert predictor(many) == [wanted] * 4
    assert predictor({1: TWO}.values()) == [wanted]
    assert predictor(()) == predictor(iter([])) == []
    assert predictor.predict(str(photo)) == [wanted]
    assert predictor.predict(photo.read_bytes()) == [wanted]


def test_V7_a_list_is_read_as_it_goes(predictor):
    seen = []

    def many():
        for number in range(20):
            seen.append(number)
            yield TWO

    predictor.run = lambda frames: [next(iter(frames))]
    assert len(predictor(many())) == 1 and seen == [0]


@pytest.mark.parametrize('kind', ['array', 'tensor'])
@pytest.mark.parametrize('channels', [1, 3, 4])
def test_V7_blue_first_where_it_is_said(kind, channels):
    image = PIXELS[..., :1] if channels == 1 else PIXELS
    if channels == 4:
        image = np.dstack([PIXELS, np.full((4, 6), 255, np.uint8)])
    turned = image[..., [2, 1, 0, 3][:channels]] if channels > 1 else image
    given = np.ascontiguousarray(turned)
    if kind == 'tensor':
        given = torch.from_numpy(given).permute(2, 0, 1)
    (found,) = read_all([given], channel_order='bgr')
    wanted = np.repeat(image, 3, 2) if channels == 1 else image[..., :3]
    assert (found == wanted).all()
    # a file says itself what is what
    (found,) = read_all(png(PIXELS), channel_order='bgr')
    assert (found == PIXELS).all()


def test_V7_the_predictor_passes_the_order_on(predictor):
    reverse = np.ascontiguousarray(TWO[..., ::-1])
    wanted = predictor(TWO)
    assert predictor(reverse) != wanted
    assert predictor(reverse, channel_order='bgr') == wanted
    assert predictor.predict([reverse], channel_order='bgr') == [wanted]
    with pytest.raises(ValueError, match="channel_order='gbr' is unknown"):
        predictor(TWO, channel_order='gbr')


@pytest.mark.parametrize(
    ('given', 'found'),
    [
        (None, 'NoneType'),
        (3.5, 'float'),
        (True, 'bool'),
        ({'a.jpg': 1}, 'dict'),
        ({'a.jpg'}, 'set'),
        (object(), 'object'),
        ([None], r'images\[0\] is NoneType'),
        ([TWO, 3], r'images\[1\] is int'),
        ([TWO, [TWO]], r'images\[1\] is list'),
        ((TWO, {}), r'images\[1\] is dict'),
        (io.StringIO('x'), 'the file gives str; expected bytes'),
    ],
)
def test_V7_anything_else_lists_what_is_taken(given, found, predictor):
    with pytest.raises(TypeError, match=found) as error:
        predictor(given)
    if 'gives str' not in found:
        for name in ('a path', 'bytes', 'file', 'PIL', 'array', 'tensor'):
            assert name in str(error.value)
        assert 'list, tuple or generator' in str(error.value)


def test_exif_is_respected_in_every_form_of_a_file(predictor):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    lying = np.ascontiguousarray(np.rot90(TWO, 1))
    Image.fromarray(lying).save(file, 'png', exif=exif)
    wanted = predictor(TWO)
    for given in (file.getvalue(), io.BytesIO(file.getvalue())):
        assert predictor(given) == wanted
    assert predictor(Image.open(file)) == wanted


def test_arrays_are_rgb_or_grey():
    assert as_rgb(PIXELS) is PIXELS
    for grey in (PIXELS[..., 1], PIXELS[..., 1:2]):
        assert (as_rgb(grey) == PIXELS[..., 1:2]).all()


@pytest.mark.parametrize(
    ('array', 'message'),
    [
        (PIXELS.astype(float), 'type float64; expected uint8.*1.0 is white'),
        (PIXELS.astype(np.float16) / 255, 'type float16; expected uint8'),
        (PIXELS.astype(np.uint16), 'type uint16; expected uint8.*x >> 8'),
        (PIXELS.astype(np.int64), 'type int64; expected uint8'),
        (PIXELS > 9, 'type bool; expected uint8.*255'),
        (np.array(['a.jpg']), 'type <U5; expected uint8'),
        (np.array([PIXELS], object), 'type object; expected uint8'),
        (PIXELS[None], r'shape \(1, 4, 6, 3\).*of a batch, give list'),
        (PIXELS.transpose(2, 0, 1), r'shape \(3, 4, 6\).*transpose\(1, 2, 0'),
        (PIXELS[..., :2], r'shape \(4, 6, 2\); expected'),
        (PIXELS[:0], r'shape \(0, 6, 3\); expected'),
        (np.zeros(0, np.uint8), r'shape \(0,\); expected'),
        (np.zeros((), np.uint8), r'shape \(\); expected'),
    ],
)
def test_other_arrays_are_refused_with_words(array, message):
    with pytest.raises(ImageError, match=message):
        as_rgb(array)
    with pytest.raises(ImageError, match=r'the array images\[0\] has shape'):
        next(read_all([array]))


@pytest.mark.parametrize(
    ('tensor', 'message'),
    [
        (torch.zeros(3, 4, 6), 'type float32; expected uint8'),
        (torch.zeros(3, 4, 6, dtype=torch.bfloat16), 'type bfloat16; expect'),
        (torch.zeros(9, 6, 3, dtype=torch.uint8), r'\.permute\(2, 0, 1\)'),
        (torch.zeros(2, 3, 4, 6, dtype=torch.uint8), 'give list'),
        (torch.zeros(3, 0, 6, dtype=torch.uint8), r'shape \(0, 6, 3\)'),
    ],
)
def test_other_tensors_are_refused_with_words(tensor, message):
    with pytest.raises(ImageError, match=message):
        list(read_all([tensor]))


def test_sizes_are_limited_in_every_form(photo):
    for name, form in FORMS.items():
        given = form(photo)
        with pytest.raises(ImageError, match='pixels'):
            list(read_all([given], max_pixels=5999))
        if name in ('file', 'PIL'):
            given.close()


def test_a_file_that_was_read_is_reported():
    file = io.BytesIO(png(TWO))
    file.read()
    with pytest.raises(ImageError, match=r'no bytes; it may.*seek\(0\)'):
        list(read_all(file))


def test_a_file_without_end_is_not_read_to_its_end():
    class Endless:
        def read(self, size):
            assert size < 2**25
            return bytes(size)

    with pytest.raises(ImageError, match='has more than .* bytes'):
        list(read_all(Endless(), max_pixels=100))


@pytest.mark.parametrize(
    'given',
    [
        'https://example.org/a.jpg',
        'file:///tmp/a.jpg',
        'data:image/png;base64,iVBORw0KGgo=',
        's3://bucket/a.jpg',
    ],
)
def test_addresses_in_a_list_are_no_paths(given, predictor):
    with pytest.raises(ImageError, match='is an address, no file'):
        predictor([given])


def test_a_folder_or_a_video_in_a_list_is_reported(tmp_path, predictor):
    with pytest.raises(ImageError, match='is a folder; expected an image'):
        predictor([TWO, tmp_path])
    (tmp_path / 'a.jpg').write_bytes(b'\x1a\x45\xdf\xa3' + bytes(99))
    with pytest.raises(ImageError, match='is a video .Matroska., no image'):
        predictor([tmp_path / 'a.jpg'])


def test_paths_that_are_none(predictor):
    long = 'iVBORw0KGgo' * 9999  # somebody's base64
    for given in ('', '~nobody/a.jpg', 'a\0b.jpg', long):
        with pytest.raises(FileNotFoundError) as error:
            predictor([given])
        assert len(str(error.value)) < 400
        with pytest.raises(FileNotFoundError) as error:
            predictor(given)
        assert len(str(error.value)) < 400


def test_a_name_that_begins_with_a_tilde(tmp_path, monkeypatch, predictor):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(TWO).save('~a.png')
    assert expand('~a.png') == '~a.png'
    assert len(predictor('~a.png')) == len(predictor(['~a.png'])[0]) == 2


def test_an_animation_is_reported(predictor):
    first, second = (Image.fromarray(image) for image in (TWO, squares()))
    file = io.BytesIO()
    first.save(file, 'webp', save_all=True, append_images=[second])
    with pytest.warns(FirstFrameWarning, match='the first of 2 frames'):
        found = predictor(file.getvalue())
    assert [face.label for face in found] == ['blue', 'red']
    animation = Image.open(file)
    animation.seek(1)  # whoever opened it has chosen
    assert predictor(animation) == []
