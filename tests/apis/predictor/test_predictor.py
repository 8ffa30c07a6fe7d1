"""What the predictor does with faces, whoever finds and classifies them."""

import dataclasses

import cv2
import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor import ImageError, SyntheticWeightsWarning

from .conftest import INFO, ColourNetwork, find_squares, squares

TWO = squares((10, 10, 20, 0), (50, 10, 40, 2))


def make(**options):
    options.setdefault('detector', find_squares)
    return ExpressionPredictor(ColourNetwork(), **options)


def labels(faces):
    return [face.label for face in faces]


def test_faces_come_largest_first_with_all_that_is_known():
    large, small = make()(TWO)
    assert (large.label, small.label) == ('blue', 'red')
    assert large.box == (50, 10, 90, 50) and small.box == (10, 10, 30, 30)
    assert large.detection_score == 0.9 and large.landmarks is None
    assert list(large.probabilities) == ['red', 'green', 'blue']
    assert large.probabilities['blue'] > 0.99
    assert sum(large.probabilities.values()) == pytest.approx(1)


def test_no_face_is_an_empty_list():
    assert make()(squares()) == []
    assert make(faces='largest')(squares()) == []


def test_the_largest_or_the_whole_image():
    assert labels(make(faces='largest')(TWO)) == ['blue']
    (whole,) = make(faces='whole_image', detector=None)(TWO)
    assert whole.box == (0, 0, 100, 60) and whole.detection_score is None
    assert whole.label == 'red'  # the left half's


def test_paths_arrays_and_lists(tmp_path):
    path = tmp_path / 'a.png'
    Image.fromarray(TWO).save(path)
    predictor = make()
    assert predictor(path) == predictor(str(path)) == predictor(TWO)
    found = predictor([path, squares(), TWO[..., 0], TWO])
    assert [len(faces) for faces in found] == [2, 0, 1, 2]
    assert predictor([]) == []


def test_faces_of_several_images_share_a_batch():
    predictor = make()
    predictor([TWO, squares(), TWO])
    assert predictor.network.batches == [4]
    predictor = make(batch_size=3)
    assert labels(predictor.predict([TWO, TWO])[1]) == ['blue', 'red']
    assert predictor.network.batches == [3, 1]


def test_flip_takes_the_mean_over_both_sides():
    image = squares((20, 10, 20, 0), (40, 10, 20, 1))
    (plain,), (both,) = make()(image), make(flip=True)(image)
    assert plain.probabilities['red'] > 0.9
    assert both.probabilities['red'] == pytest.approx(0.5, abs=0.01)
    assert both.probabilities['green'] == pytest.approx(0.5, abs=0.01)


def test_a_folder_goes_on_after_a_broken_file(tmp_path):
    Image.fromarray(TWO).save(tmp_path / 'a.png')
    (tmp_path / 'b.jpg').write_bytes(b'no image')
    (tmp_path / 'c').mkdir()
    Image.fromarray(TWO).save(tmp_path / 'c' / 'd.png')
    (tmp_path / 'notes.txt').write_text('x')
    frames = list(make()(tmp_path))
    assert [frame.name for frame in frames] == [
        str(tmp_path / name) for name in ('a.png', 'b.jpg', 'c/d.png')
    ]
    assert [len(frame.faces) for frame in frames] == [2, 0, 2]
    assert 'b.jpg cannot be read' in frames[1].error
    assert frames[1].to_dict() == {
        'image': frames[1].name,
        'frame': None,
        'time': None,
        'error': frames[1].error,
    }


def write_video(path, pictures, fps=5):
    codec = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), codec, fps, (100, 60))
    for image in pictures:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def test_a_video_is_frame_after_frame(tmp_path):
    colours = (0, 1, 2, 2, 1, 0, 0, 1, 2, 2)
    pictures = [squares((20, 10, 40, colour)) for colour in colours]
    path = write_video(tmp_path / 'v.avi', pictures)
    frames = list(make()(path))
    found = ''.join(frame.faces[0].label[0] for frame in frames)
    assert found == 'rgbbgrrgbb'
    assert frames[9].name == f'{path}#9'
    assert [frame.number for frame in frames] == list(range(10))
    assert frames[9].time == pytest.approx(1.8)


def test_people_of_a_video_keep_their_numbers(tmp_path):
    """The one who comes closer is the same."""
    pictures = [squares((10, 5, 16 + i, 0), (60, 10, 20, 2)) for i in range(8)]
    path = write_video(tmp_path / 'v.avi', pictures)
    for every in (1, 2, 5):
        frames = list(make(every=every)(path))
        tracks = [[face.track for face in frame.faces] for frame in frames]
        assert tracks[0] == [1, 2] and tracks[-1] == [2, 1]
        assert all(sorted(found) == [1, 2] for found in tracks)
        labels = {
            face.track: face.label for frame in frames for face in frame.faces
        }
        assert labels == {1: 'blue', 2: 'red'}


def test_every_nth_frame_is_looked_at(tmp_path):
    looked = []

    def find(image):
        looked.append(1)
        return find_squares(image)

    pictures = [squares((10 + 2 * i, 5, 30, 1)) for i in range(11)]
    path = write_video(tmp_path / 'v.avi', pictures)
    frames = list(make(detector=find, every=4)(path))
    assert len(looked) == 4  # 0, 4, 8 and the last
    lefts = [frame.faces[0].box[0] for frame in frames]
    assert lefts == pytest.approx([10 + 2 * i for i in range(11)], abs=3)
    assert {frame.faces[0].label for frame in frames} == {'green'}


def test_smoothing_averages_over_a_person(tmp_path):
    pictures = [squares((20, 10, 40, 0))] * 4 + [squares((20, 10, 40, 1))] * 4
    path = write_video(tmp_path / 'v.avi', pictures)
    frames = list(make(smooth=0.4)(path))
    green = [frame.faces[0].probabilities['green'] for frame in frames]
    part = 1 - np.exp(-0.2 / 0.4)
    assert green[3] < 0.05
    assert green[4] == pytest.approx(part, abs=0.05)
    assert green[7] == pytest.approx(1 - (1 - part) ** 4, abs=0.05)
    assert [frame.faces[0].label for frame in frames][4:6] == ['red', 'green']
    assert sum(frames[5].faces[0].probabilities.values()) == pytest.approx(1)


def test_pictures_of_a_folder_are_not_followed(tmp_path):
    for name in 'ab':
        Image.fromarray(TWO).save(tmp_path / f'{name}.png')
    for frame in make(every=2, smooth=1.0)(tmp_path):
        assert [face.track for face in frame.faces] == [None, None]
        assert frame.number is None and frame.time is None


def test_what_cannot_be_read_is_reported(tmp_path):
    predictor = make(max_pixels=5999)
    with pytest.raises(ImageError, match='100 x 60 pixels'):
        predictor(TWO)
    with pytest.raises(FileNotFoundError, match='nobody.jpg'):
        predictor(tmp_path / 'nobody.jpg')
    with pytest.raises(FileNotFoundError, match='no image files'):
        list(predictor(tmp_path))
    (tmp_path / 'a.mp4').write_bytes(b'no video')
    with pytest.raises(ImageError, match='cannot be opened as a video'):
        list(predictor(tmp_path / 'a.mp4'))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'faces': 'some'}, "faces='some' is unknown"),
        ({'batch_size': 0}, 'batch_size=0'),
        ({'max_pixels': 0}, 'max_pixels=0'),
        ({'every': 0}, 'every=0'),
        ({'smooth': -1.0}, 'smooth=-1.0: expected seconds'),
        ({'min_probability': 1.5}, 'min_probability=1.5: expected 0 to 1'),
        ({'min_probability': float('nan')}, 'expected 0 to 1, or None'),
        ({'detect_size': 640}, 'detect_size=640 is of CenterFace'),
        ({'detect_size': 'big'}, "detect_size='big': expected 'auto'"),
        ({'alignment': 'dlib'}, "alignment='dlib' is unknown"),
    ],
)
def test_bad_arguments_are_reported(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


@pytest.mark.parametrize(
    ('given', 'error', 'message'),
    [
        (dict(model='a.safetensors'), ValueError, "give it as weights='a.saf"),
        (dict(model='a.py'), ValueError, 'expected the checkpoint of this'),
        (dict(weights='nobody'), FileNotFoundError, 'csgresnet18_ferplus-48'),
        (dict(weights='tests'), IsADirectoryError, 'tests is a folder; exp'),
        (
            dict(model='a.py', weights='csgresnet18_ferplus-48px'),
            ValueError,
            'holds its config: leave a.py out',
        ),
    ],
)
def test_V7_weights_that_are_none_are_reported(given, error, message):
    with pytest.raises(error, match=message):
        ExpressionPredictor(**given, faces='whole_image')


def test_an_unknown_alignment_is_asked_for(monkeypatch):
    info = dataclasses.replace(INFO, alignment='unknown')
    monkeypatch.setattr(ColourNetwork, 'info', info)
    with pytest.raises(ValueError, match='give alignment='):
        make()
    assert labels(make(alignment='none')(TWO)) == ['blue', 'red']


def test_synthetic_weights_are_announced(monkeypatch):
    info = dataclasses.replace(INFO, synthetic=True)
    monkeypatch.setattr(ColourNetwork, 'info', info)
    with pytest.warns(SyntheticWeightsWarning, match='not for real photos'):
        make()


def test_the_crop_is_what_the_network_was_trained_on(monkeypatch):
    """Aligned to the size before the centre crop, by the file's word."""
    info = dataclasses.replace(INFO, resize=(10, 10))
    monkeypatch.setattr(ColourNetwork, 'info', info)
    predictor = make()
    (face, *_) = predictor.detect(TWO)
    crop = predictor.cut(TWO, face)
    assert crop.shape == (10, 10, 3)
    assert np.array_equal(crop[1:-1, 1:-1, 2] > 100, np.ones((8, 8), bool))
