"""Real photographs, which packages ship and nobody commits."""

import json
import shutil
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor import CenterFaceDetector, centerface, cli
from csgresnet_mm.apis.predictor.detector import input_size
from csgresnet_mm.apis.predictor.images import read_image
from csgresnet_mm.weights import find_detector

from .conftest import CONFIG, ColourNetwork

pytestmark = pytest.mark.predict
PACKAGE = '@vladmandic/face-api@1.7.15'
FACES = {1: 3, 2: 3, 3: 3, 4: 4, 5: 5, 6: 4}
"""Counted by eye in its six samples."""


@pytest.fixture(scope='session')
def samples(tmp_path_factory):
    """Six photographs of several faces each, out of npm's package."""
    folder = tmp_path_factory.mktemp('npm')
    npm = shutil.which('npm')
    assert npm, 'the photographs come with npm: install Debian package npm'
    subprocess.run([npm, 'pack', '--silent', PACKAGE], cwd=folder, check=True)
    (archive,) = folder.glob('*.tgz')
    with tarfile.open(archive) as file:
        file.extractall(folder, filter='data')
    return folder / 'package' / 'demo'


@pytest.fixture(scope='session')
def hopper():
    import matplotlib

    data = Path(matplotlib.get_data_path()) / 'sample_data'
    return read_image(data / 'grace_hopper.jpg')


@pytest.fixture(scope='session')
def astronaut():
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope='session')
def detector():
    return CenterFaceDetector()


@pytest.fixture
def predictor(detector):
    return ExpressionPredictor(ColourNetwork(), detector=detector)


def is_face(face, box, points):
    """Whether a face lies within a box, its eyes and mouth in place."""
    left, top, right, bottom = box
    inside = (points >= (left, top)).all() and (
        points <= (right, bottom)
    ).all()
    eyes, mouth = points[:2].mean(0), points[3:].mean(0)
    return inside and points[0, 0] < points[1, 0] and eyes[1] < mouth[1]


def test_one_face_of_one_person(detector, hopper, astronaut):
    for image, box in (
        (hopper, (150, 90, 380, 360)),
        (astronaut, (160, 50, 290, 220)),
    ):
        (face,) = detector(image)
        assert is_face(face, box, face.landmarks)
        assert face.score > 0.8


@pytest.mark.parametrize('number', FACES)
def test_all_faces_of_a_group_largest_first(samples, predictor, number):
    faces = predictor(samples / f'sample{number}.jpg')
    assert len(faces) == FACES[number]
    areas = [
        (right - left) * (bottom - top)
        for left, top, right, bottom in (face.box for face in faces)
    ]
    assert areas == sorted(areas, reverse=True)


def test_a_collage_of_twelve(samples, predictor, hopper, astronaut):
    """Sides of 2,400 pixels: it is shrunk for the detector."""
    singles = [hopper[60:560, :500], astronaut[:500, :500]]
    for number in (3, 4, 6):
        image = read_image(samples / f'sample{number}.jpg')
        for face in predictor(image)[:4]:
            left, top, right, bottom = face.box
            side = round(1.2 * max(right - left, bottom - top))
            x = max(0, round((left + right) / 2) - side)
            y = max(0, round((top + bottom) / 2) - side)
            part = image[y : y + 2 * side, x : x + 2 * side]
            singles.append(cv2.resize(part, (500, 500)))
    cells = [cv2.resize(image, (600, 600)) for image in singles[:12]]
    assert len(cells) == 12
    rows = [np.hstack(cells[row : row + 4]) for row in (0, 4, 8)]
    faces = predictor(np.vstack(rows))
    middles = {
        (
            int((f.box[0] + f.box[2]) // 1200),
            int((f.box[1] + f.box[3]) // 1200),
        )
        for f in faces
    }
    assert len(middles) >= 11


def test_no_face_in_pictures_of_other_things(predictor):
    from skimage import data

    names = ('coffee', 'chelsea', 'rocket', 'coins', 'page', 'brick', 'moon')
    assert predictor([getattr(data, name)() for name in names]) == [[]] * 7


@pytest.mark.parametrize('turns', [1, 2, 3])
def test_exif_turns_a_photo_upright(
    tmp_path, predictor, hopper, detector, turns
):
    exif = Image.Exif()
    exif[0x0112] = {1: 6, 2: 3, 3: 8}[turns]
    lying = np.ascontiguousarray(np.rot90(hopper, turns))
    Image.fromarray(lying).save(tmp_path / 'a.png', exif=exif)
    assert predictor(tmp_path / 'a.png') == predictor(hopper)
    if turns != 2:  # without EXIF it is found as it lies
        assert len(detector(lying)) == 1


@pytest.mark.parametrize('angle', [-45, -20, 20, 45])
def test_a_turned_face_is_aligned_upright(hopper, angle):
    """Found, and cut as the upright one: landmarks and warp together."""
    detector = CenterFaceDetector(detect_size=1600)
    predictor = ExpressionPredictor(
        ColourNetwork(), detector=detector, alignment='arcface'
    )
    matrix = cv2.getRotationMatrix2D((266, 230), angle, 1)
    turned = cv2.warpAffine(hopper, matrix, (512, 600))
    crops = [
        predictor.cut(image, detector(image)[0]).astype(float).ravel()
        for image in (hopper, turned)
    ]
    assert np.corrcoef(*crops)[0, 1] > 0.8


def test_grey_is_as_good(predictor, astronaut):
    grey = cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY)
    (face,), (colour,) = predictor(grey), predictor(astronaut)
    assert np.abs(np.subtract(face.box, colour.box)).max() < 12


def test_any_size_in_any_order_and_thread_gives_the_same(hopper, astronaut):
    """One network for all."""
    detector = CenterFaceDetector(detect_size=1600)
    images = [hopper, astronaut, hopper[:, :400], astronaut[:480]]
    fresh = [detector(image)[0] for image in images]
    with ThreadPoolExecutor(4) as pool:
        for again in (images, images[::-1]):
            found = list(pool.map(detector, again * 2))
            for image, (face,) in zip(again * 2, found, strict=True):
                index = next(i for i, own in enumerate(images) if own is image)
                assert face.box == fresh[index].box
                assert (face.landmarks == fresh[index].landmarks).all()


def find_with_opencv(image, size):
    """Its networks are right for one size each."""
    net = cv2.dnn.readNetFromONNX(str(find_detector()))

    class Session:
        def run(self, names, given):
            net.setInput(given['input.1'])
            return net.forward(names)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centerface, 'open_centerface', Session)
        return centerface.find_centers(image, size, 0.4)


def test_boxes_are_those_of_opencvs_network(samples, hopper, astronaut):
    images = [read_image(samples / f'sample{i}.jpg') for i in FACES]
    detector = CenterFaceDetector(detect_size=640)
    for image in (hopper, astronaut, *images):
        size = input_size(*image.shape[:2], 640)
        boxes, points, scores = find_with_opencv(image, size)
        faces = detector(image)
        assert len(faces) == len(boxes) > 0
        for face in faces:
            distance = np.abs(boxes - face.box).max(1)
            nearest = distance.argmin()
            assert distance[nearest] < 0.01
            assert np.abs(face.landmarks - points[nearest]).max() < 0.01
            assert face.score == pytest.approx(scores[nearest], abs=1e-4)


def test_a_face_cut_by_the_edge_keeps_its_place(astronaut):
    """Boxes end at the edge; landmarks do not move with them."""
    detector = CenterFaceDetector(detect_size=1600)
    (whole,) = detector(astronaut)
    for left, top in ((195, 0), (0, 90)):
        part = np.ascontiguousarray(astronaut[top:, left:])
        (face,) = detector(part)
        assert min(face.box) >= 0
        moved = face.landmarks + (left, top) - whole.landmarks
        assert np.abs(moved).mean() < 3


def test_a_face_that_fills_its_picture_is_found(samples, detector):
    """As those of FER2013: 48 pixels, and no more than the face."""
    found = 0
    for number in FACES:
        image = read_image(samples / f'sample{number}.jpg')
        for face in detector(image):
            left, top, right, bottom = map(round, face.box)
            crop = cv2.resize(image[top:bottom, left:right], (48, 48))
            grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
            small = detector(np.repeat(grey[..., None], 3, 2))
            found += len(small) == 1
            assert all(min(one.box) >= 0 for one in small)
            assert all(max(one.box) <= 48 for one in small)
    assert found >= 21  # of 22


def test_small_and_long_pictures(detector):
    for shape in ((1, 1, 3), (5, 3000, 3), (3000, 7, 3), (48, 48, 3)):
        assert detector(np.full(shape, 90, np.uint8)) == []


@pytest.mark.parametrize(
    'options',
    [
        {'threshold': 0},
        {'detect_size': 31},
        {'detect_size': 'half'},
        {'detect_size': '12'},
    ],
)
def test_bad_options_are_reported(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        CenterFaceDetector(**options)


def test_the_command_on_a_folder(samples, checkpoint, tmp_path, capsys):
    photos = tmp_path / 'photos'
    photos.mkdir()
    for number in (1, 5):
        shutil.copy(samples / f'sample{number}.jpg', photos)
    whole = (photos / 'sample1.jpg').read_bytes()
    (photos / 'sample2.jpg').write_bytes(whole[: len(whole) // 2])
    out = tmp_path / 'out.jsonl'
    files = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    written = ['--jsonl', str(out), '--annotated', str(tmp_path / 'drawn')]
    assert cli.main([str(photos), *files, *written]) == 1
    message = capsys.readouterr().err
    assert 'sample2.jpg cannot be read' in message
    assert '3 pictures, 8 faces, 1 unreadable' in message
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [len(line.get('faces', ())) for line in lines] == [3, 0, 5]
    drawn = sorted(path.name for path in (tmp_path / 'drawn').iterdir())
    assert drawn == ['sample1.jpg', 'sample5.jpg']
