"""What the app shows, without a browser."""

import base64
import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor import ImageError
from csgresnet_mm.apis.predictor.faces import Face, Frame
from csgresnet_mm.programs.app import clips, curves, grad_cam, looking
from csgresnet_mm.programs.app.about import weights_details
from csgresnet_mm.programs.app.clips import Clip
from csgresnet_mm.programs.app.looking import Looker
from csgresnet_mm.weights import DEFAULT, find_weights
from tests.apis.predictor.conftest import (
    INFO,
    ColourNetwork,
    find_squares,
    squares,
)


def saved(html):
    """Suffix to content of what can be downloaded."""
    links = re.findall(r'href="data:[^,]*,([^"]*)"\s+download="([^"]*)"', html)
    return {name: base64.b64decode(content) for content, name in links}


def last(looker, path, name='clip.avi'):
    return list(looker.look(path, name))[-1]


def test_one_face_is_reported_at_once(predictor):
    looker = Looker(predictor)
    html = looker.show(looker.photo(squares((8, 8, 32, 0)), 'a.png'))
    assert re.search(r'<h2[^>]*>red <small>100\s%</small></h2>', html)
    assert 'Choose a face' not in html
    assert html.count('class="fer-panel') == 1


def test_of_many_faces_all_are_marked_and_the_largest_reported(predictor):
    places = [(4 * k, 4, 2 + (k == 29), k % 3) for k in range(30)]
    looker = Looker(predictor)
    known = looker.photo(squares(*places, size=(60, 140)), 'many.png')
    html = looker.show(known)
    assert '30 faces' in html and 'The 24 largest are shown.' in html
    assert html.count('type="radio"') == html.count('class="fer-panel') == 24
    assert len(re.findall(r'class="fer-box[ "]', html)) == 30
    (message,) = json.loads(saved(html)['many.png.json'])['frames']
    assert len(message['faces']) == 30


def test_no_face_is_said_and_nothing_is_empty(predictor):
    looker = Looker(predictor)
    html = looker.show(looker.photo(squares(), 'dark.png'))
    assert 'No face was found' in html
    assert 'fer-side' not in html and 'download' not in html


@pytest.mark.parametrize(
    'name', ['<b>x</b>', '"><img src=x>', "a' b=", '&lt;']
)
def test_names_from_files_are_text(name):
    network = ColourNetwork()
    network.info = replace(INFO, classes=(name, 'green', 'blue'))
    predictor = ExpressionPredictor(network, detector=find_squares)
    looker = Looker(predictor)
    image = squares((8, 8, 20, 0), (50, 8, 20, 1))
    html = looker.show(looker.photo(image, f'{name}.png'))
    html += weights_details(predictor, None)
    for part in ('<b>x', '<img src=x', '="a\' b', '>&lt;<'):
        assert part not in html


def test_a_large_photo_is_shown_smaller_and_reported_as_it_is(predictor):
    looker = Looker(predictor)
    image = squares((100, 400, 1000, 1), size=(2000, 3200))
    known = looker.photo(image, 'large.jpg')
    assert known.picture.shape == known.marked.shape == (1000, 1600, 3)
    assert known.faces[0].box == (100, 400, 1100, 1400)
    assert 'left:3.12%;top:20.00%' in looker.show(known)


def test_answers_are_saved_with_the_weights_that_gave_them(predictor):
    looker = Looker(predictor, find_weights(DEFAULT))
    html = looker.show(looker.photo(squares((8, 8, 32, 2)), 'a.png'))
    files = saved(html)
    message = json.loads(files['a.png.json'])
    assert message['weights'] == DEFAULT
    assert message['frames'][0]['faces'][0]['label'] == 'blue'
    (row,) = csv.DictReader(io.StringIO(files['a.png.csv'].decode()))
    assert row['label'] == 'blue' and float(row['blue']) > 0.9
    assert Image.open(io.BytesIO(files['a.png.faces.jpg'])).size == (100, 60)


@pytest.mark.parametrize(
    ('content', 'name', 'said'),
    [
        (b'no picture', 'a.jpg', 'a.jpg cannot be read as an image'),
        (b'', 'a.png', 'a.png cannot be read as an image'),
        (b'no video', 'a.mp4', 'a.mp4'),
        (b'', 'a.webm', 'a.webm'),
        (b'words', 'notes.txt', 'notes.txt cannot be read as an image'),
    ],
)
def test_what_cannot_be_read_is_reported_in_words(
    predictor, tmp_path, content, name, said
):
    path = tmp_path / f'copy.{name.rpartition(".")[2]}'
    path.write_bytes(content)
    with pytest.raises(ImageError) as error:
        list(Looker(predictor).look(str(path), name))
    text = str(error.value)
    assert text.startswith(said) and text.endswith('.')
    assert str(tmp_path) not in text and 'Error' not in text


def test_too_many_pixels_and_bytes_are_reported(tmp_path, monkeypatch):
    predictor = ExpressionPredictor(
        ColourNetwork(), detector=find_squares, max_pixels=100
    )
    path = tmp_path / 'copy.png'
    Image.new('RGB', (30, 20)).save(path)
    with pytest.raises(ImageError, match=r'^a\.png is 30 x 20 pixels'):
        list(Looker(predictor).look(str(path), 'a.png'))
    monkeypatch.setattr(looking, 'MAX_PHOTO', 10)
    with pytest.raises(ImageError, match=r'^a\.png has'):
        list(Looker(predictor).look(str(path), 'a.png'))


def test_a_video_gives_a_curve_a_class(predictor, write_video, red_then_blue):
    looker = Looker(predictor)
    known = last(looker, write_video(red_then_blue))
    assert known.done and len(known.frames) == 25
    html = looker.show(known)
    assert html.count('<svg') == 3
    assert '25 frames, a face in 20 of them.' in html
    assert re.search(r'blue: \d+\s% on average, at most \d+\s% at 0:01', html)
    lines = re.findall(r'class="fer-line" d="([^"]*)"', html)
    assert [line.count('M') for line in lines] == [2, 2, 2]  # a gap
    message = json.loads(saved(html)['clip.avi.json'])['frames']
    assert [frame['frame'] for frame in message] == list(range(25))
    assert message[20]['time'] == pytest.approx(2.0)
    assert message[20]['faces'][0]['label'] == 'blue'


def test_a_video_ends_at_the_limit(
    predictor, write_video, red_then_blue, monkeypatch
):
    monkeypatch.setattr(clips, 'MAX_SECONDS', 1)
    monkeypatch.setattr(curves, 'MAX_SECONDS', 1)
    looker = Looker(predictor)
    known = last(looker, write_video(red_then_blue))
    assert known.more and len(known.frames) == 10
    assert 'The first 1 seconds of the video.' in looker.show(known)


def test_a_video_is_reported_on_the_way(
    predictor, write_video, red_then_blue, monkeypatch
):
    monkeypatch.setattr(clips, 'SHOW_EVERY', 0)
    looker = Looker(predictor)
    counts, links = [], []
    for known in looker.look(write_video(red_then_blue), 'clip.avi'):
        counts.append(len(known.frames))
        links.append('download' in looker.show(known))
    assert counts == [*range(1, 26), 25]
    assert links == [False] * 25 + [True]


def test_what_was_seen_of_a_damaged_video_is_kept(
    predictor, write_video, red_then_blue, monkeypatch
):
    run = ExpressionPredictor.run_pictures

    def cut(self, pictures):
        for number, frame in enumerate(run(self, pictures)):
            if number == 8:
                raise ImageError(f'{path} ends early')
            yield frame

    monkeypatch.setattr(ExpressionPredictor, 'run_pictures', cut)
    path = write_video(red_then_blue)
    looker = Looker(predictor)
    known = last(looker, path, 'mine.avi')
    html = looker.show(known)
    assert len(known.frames) == 8
    assert '>mine.avi ends early<' in html and '<svg' in html


def test_a_frame_that_says_what_a_video_lacks_is_reported(
    predictor, write_video, red_then_blue, monkeypatch
):
    run = ExpressionPredictor.run_pictures

    def lacking(self, pictures):
        yield from run(self, pictures)
        yield Frame(path, None, f'{path}: ends after 25 of 90 frames')

    monkeypatch.setattr(ExpressionPredictor, 'run_pictures', lacking)
    path = write_video(red_then_blue)
    looker = Looker(predictor)
    known = last(looker, path, 'mine.avi')
    assert len(known.frames) == len(known.times) == 25
    assert 'mine.avi: ends after 25 of 90 frames' in looker.show(known)


def test_followed_faces_have_curves_of_their_own():
    def face(track, label):
        chances = {'red': 0.2, 'blue': 0.2, label: 0.8}
        return Face((0, 0, 9, 9), None, 0.9, label, chances, track)

    clip = Clip('a.mp4', done=True, times=[0.0, 0.1, 0.2])
    clip.frames = [
        Frame('a.mp4#0', None, faces=[face(1, 'red'), face(2, 'blue')]),
        Frame('a.mp4#1', None, faces=[face(2, 'blue')]),
        Frame('a.mp4#2', None, faces=[face(2, 'blue'), face(1, 'red')]),
    ]
    clip.portraits = {k: (np.zeros((8, 8, 3), np.uint8), 1) for k in (1, 2)}
    assert [track for track, _ in clip.tracks()] == [2, 1]
    html = curves.show_clip(clip, {})
    assert '2 faces' in html and html.count('<svg') == 4
    assert 'mostly blue' in html and 'mostly red' in html


def test_many_frames_are_averaged_and_gaps_stay():
    times = np.arange(1000.0)
    values = np.linspace(0, 1, 1000)[:, None].repeat(2, 1)
    values[300:700, 1] = np.nan
    x, y = curves._binned(times, values)
    assert len(x) == 200 and x[0] == 2 and np.isclose(y[0, 0], 2 / 999)
    assert np.isnan(y[60:140, 1]).all() and not np.isnan(y[:, 0]).any()
    line, area = curves._paths(
        np.array([0.0, 0.5, 1]), np.array([0, np.nan, 1])
    )
    assert line == 'M0.0 100.0L0.0 100.0M1000.0 4.0L1000.0 4.0'
    assert area.count('Z') == 2


def test_grad_cam_says_what_it_lacks(predictor, monkeypatch):
    assert 'no gradients' in Looker(predictor).without_maps
    assert Looker(predictor, explain=False).without_maps == ''
    find = grad_cam.find_spec
    monkeypatch.setattr(
        grad_cam,
        'find_spec',
        lambda name: None if name == 'pytorch_grad_cam' else find(name),
    )
    packed = Looker(predictor, find_weights(DEFAULT))
    assert 'grad-cam==1.5.7' in packed.without_maps
    monkeypatch.setattr(grad_cam, 'find_stack', lambda: None)
    packed = Looker(predictor, find_weights(DEFAULT))
    assert 'csgresnet_mm[onedl]' in packed.without_maps


def test_weights_are_named_with_what_is_known(predictor, tmp_path):
    card = weights_details(predictor, find_weights(DEFAULT))
    assert f'Weights: {DEFAULT}: eight expressions' in card
    assert 'Twins' in card
    own = weights_details(predictor, tmp_path / 'mine.onnx')
    assert 'Weights: mine.onnx: 3 expressions' in own
    assert 'red, green, blue' in own and 'resized to 8x8' in own
    copy = tmp_path / f'{DEFAULT}.safetensors'
    assert 'eight expr' not in weights_details(predictor, copy)


def test_examples_are_drawn_without_a_stack():
    code = (
        'import sys; from csgresnet_mm.demo_faces.render import render_face; '
        "print({'torch', 'mmengine'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert done.stdout == 'set()\n', done.stderr
