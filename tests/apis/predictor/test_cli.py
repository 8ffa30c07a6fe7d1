"""The command writes what was asked for, whole or not at all."""

import csv
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis.predictor import cli
from csgresnet_mm.apis.predictor.predictor import ExpressionPredictor
from csgresnet_mm.weights import list_weights

from .conftest import CONFIG, ColourNetwork, find_squares, squares

TWO = squares((10, 10, 20, 0), (50, 10, 40, 2))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / 'photos'
    folder.mkdir()
    Image.fromarray(TWO).save(folder / 'a.png')
    Image.fromarray(squares()).save(folder / 'b.png')
    return folder


@pytest.fixture
def command(monkeypatch, tmp_path):
    """The command with squares for faces."""

    def make(config, weights, device, **options):
        return ExpressionPredictor(
            ColourNetwork(), detector=find_squares, **options
        )

    monkeypatch.setattr(cli, 'ExpressionPredictor', make)
    weights = str(tmp_path / 'any.onnx')

    def call(*args):
        try:
            return cli.main([*map(str, args), '--weights', weights])
        except SystemExit as end:
            return end.code

    return call


def test_lines_table_and_pictures(command, photos, tmp_path, capsys):
    lines, table, drawn = (tmp_path / name for name in 'xyz')
    options = ('--jsonl', lines, '--csv', table, '--annotated', drawn)
    assert command(photos, *options) == 0
    first, second = map(json.loads, lines.read_text().splitlines())
    assert first['image'].endswith('a.png') and second['faces'] == []
    assert first['faces'][0]['label'] == 'blue'
    assert first['faces'][1]['box'] == [10, 10, 30, 30]
    with open(table) as file:
        rows = list(csv.DictReader(file))
    assert [row['label'] for row in rows] == ['blue', 'red']
    assert float(rows[0]['blue']) > 0.99 and rows[0]['nose_x'] == ''
    assert sorted(path.name for path in drawn.iterdir()) == ['a.png', 'b.png']
    picture = np.asarray(Image.open(drawn / 'a.png'))
    assert picture[30, 50].tolist() == [0, 255, 128]
    assert (np.asarray(Image.open(drawn / 'b.png')) == 0).all()
    assert '2 pictures, 2 faces, 0 unreadable' in capsys.readouterr().err


def test_V1_a_photo_gives_a_line_a_face(command, photos, capsys, tmp_path):
    photo = photos / 'a.png'
    assert command(photo) == 0
    told = capsys.readouterr()
    assert told.out == (
        f'{photo}: blue 100%, box 50 10 90 50\n'
        f'{photo}: red 100%, box 10 10 30 30\n'
    )
    assert told.err == f'weights: {tmp_path}/any.onnx\n'
    assert command(photos / 'b.png', '--csv', tmp_path / 'b.csv') == 0
    assert capsys.readouterr().out == f'{photos}/b.png: no face\n'


def test_quiet_prints_no_line_a_face(command, photos, capsys):
    assert command(photos, '--quiet') == 0
    told = capsys.readouterr()
    assert told.out == ''
    assert '2 pictures, 2 faces, 0 unreadable' in told.err


def test_list_names_the_weights_that_ship(capsys):
    assert cli.main(['--list']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(':')[0] for line in lines] == list_weights()


def test_a_source_is_needed(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 2
    assert 'no source; expected a photo' in capsys.readouterr().err


def test_a_broken_file_is_told_and_the_rest_written(command, photos, tmp_path):
    (photos / 'aa.jpg').write_bytes(b'x')
    out = tmp_path / 'x.jsonl'
    table = tmp_path / 'x.csv'
    assert command(photos, '--jsonl', out, '--csv', table) == 1
    told = [json.loads(line) for line in out.read_text().splitlines()]
    assert ['error' in line for line in told] == [False, True, False]
    with open(table) as file:
        errors = [row['error'] for row in csv.DictReader(file)]
    assert [bool(error) for error in errors] == [False, False, True]


def test_an_annotated_video(command, tmp_path):
    path = tmp_path / 'v.avi'
    codec = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), codec, 5, (160, 120))
    image = squares((20, 30, 60, 0), size=(120, 160))
    for _ in range(12):
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
    out = tmp_path / 'out' / 'v.mp4'
    assert command(path, '--annotated', out, '--frames', '10') == 0
    reader = cv2.VideoCapture(str(out))
    frames = []
    while True:
        read, frame = reader.read()
        if not read:
            break
        frames.append(frame)
    assert len(frames) == 10 and reader.get(cv2.CAP_PROP_FPS) == 5
    assert frames[9][70, 20, 1] > 150  # the left side of the box is green
    assert [path.name for path in out.parent.iterdir()] == ['v.mp4']


@pytest.mark.parametrize(
    ('source', 'options', 'message'),
    [
        ('a.png', ['--annotated', 'a.gif'], 'ends in .jpg or .png'),
        ('a.png', ['--annotated', 'photos/a.png'], 'is the photo itself'),
        ('', ['--annotated', 'photos'], 'holds the photographs themselves'),
        ('nobody.png', [], 'nobody.png: no such file'),
        ('a.png', ['--max-pixels', '9'], '100 x 60 pixels'),
        ('a.png', ['--detect-size', 'big'], "detect_size='big': expected"),
        ('a.png', ['--every', '0'], 'every=0: 1 is the least'),
    ],
)
def test_errors_are_a_line_and_leave_nothing(
    command,
    photos,
    tmp_path,
    monkeypatch,
    capsys,
    source,
    options,
    message,
):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob('*'))
    assert command(photos / source, *options) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.rglob('*')) == before
    assert (np.asarray(Image.open(photos / 'a.png')) == TWO).all()


def test_an_interrupted_camera_keeps_what_it_saw(
    command, photos, tmp_path, monkeypatch
):
    def run(self, pictures):
        yield from self.run(pictures.frames)
        raise KeyboardInterrupt

    monkeypatch.setattr(ExpressionPredictor, 'run_pictures', run)
    out = tmp_path / 'x.jsonl'
    assert command(photos, '--jsonl', out) == 0
    assert len(out.read_text().splitlines()) == 2


def test_a_failure_on_the_way_leaves_no_file(
    command, photos, tmp_path, monkeypatch
):
    def run(self, pictures):
        yield from self.run(pictures.frames)
        raise OSError('disk full')

    monkeypatch.setattr(ExpressionPredictor, 'run_pictures', run)
    drawn = ('--jsonl', tmp_path / 'x.jsonl', '--csv', tmp_path / 'x.csv')
    assert command(photos, *drawn) == 2
    assert [path.name for path in tmp_path.iterdir()] == ['photos']


def test_a_profile_tells_parts_and_faces_a_second(
    command, photos, monkeypatch, capsys
):
    monkeypatch.setattr('csgresnet_mm.apis.predictor.profile.LEAST_MS', 0.1)
    assert command(photos, '--profile') == 0
    told = capsys.readouterr().out
    assert '2 pictures, 2 faces' in told
    for name in ('detection', 'alignment', 'network', 'ours, batches of 32'):
        assert f'| {name} |' in told


def test_the_demos_network_is_announced(
    checkpoint, photos, monkeypatch, capsys
):
    options = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    whole = ['--faces', 'whole_image']
    assert cli.main([str(photos), *options, *whole]) == 0
    told = capsys.readouterr().err
    assert 'synthetic demo faces: not for real photos' in told
    assert '2 pictures, 2 faces' in told


def test_pictures_of_the_demos_network_say_so(
    checkpoint, photos, tmp_path, monkeypatch
):
    Image.fromarray(np.full((300, 400, 3), 255, np.uint8)).save(
        photos / 'a.png'
    )
    options = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    options += ['--faces', 'whole_image', '--annotated']
    drawn = {}
    for name, note in (('with', None), ('without', '')):
        if note is not None:
            monkeypatch.setattr(ExpressionPredictor, 'note', note)
        for source, place in (
            (photos / 'a.png', f'{name}.png'),
            (photos, name),
        ):
            assert (
                cli.main([str(source), *options, str(tmp_path / place)]) == 0
            )
        drawn[name] = np.asarray(Image.open(tmp_path / f'{name}.png'))
        of_folder = np.asarray(Image.open(tmp_path / name / 'a.png'))
        assert (of_folder == drawn[name]).all()
    rows, columns, _ = np.nonzero(drawn['with'] != drawn['without'])
    assert 270 < rows.min() and rows.max() == 299
    assert columns.min() == 0 and 150 < columns.max() < 260


@pytest.mark.parametrize(
    ('device', 'message'), [('cuda:99', 'CUDA devices here'), ('x', 'unknown')]
)
def test_a_device_that_is_not_there_is_a_line(
    checkpoint, photos, capsys, device, message
):
    options = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    with pytest.raises(SystemExit) as end:
        cli.main([str(photos), *options, '--device', device])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_the_tool_is_the_command(checkpoint, photos, tmp_path):
    tool = CONFIG.parents[1] / 'tools' / 'predict.py'
    out = tmp_path / 'x.jsonl'
    files = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    options = ['--faces', 'whole_image', '--jsonl', str(out)]
    subprocess.run(
        [sys.executable, str(tool), str(photos), *files, *options], check=True
    )
    assert len(out.read_text().splitlines()) == 2
    broken = [sys.executable, str(tool), str(tmp_path / 'nobody.jpg'), *files]
    assert subprocess.run(broken, capture_output=True).returncode == 2
