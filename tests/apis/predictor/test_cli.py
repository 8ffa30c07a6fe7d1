"""The command writes what was asked for, whole or not at all."""

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis.predictor import Face, Frame, cli
from csgresnet_mm.apis.predictor.predictor import ExpressionPredictor
from csgresnet_mm.weights import find_weights, identify, list_weights

from .conftest import (
    COLOURS,
    CONFIG,
    ColourNetwork,
    find_squares,
    squares,
)

PAGE = Path(cli.__file__).with_name('input_output.md')
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
    output = capsys.readouterr()
    assert output.out == (
        f'{photo}: blue 100%, box 50 10 90 50\n'
        f'{photo}: red 100%, box 10 10 30 30\n'
    )
    assert output.err == f'weights: {tmp_path}/any.onnx\n'
    assert command(photos / 'b.png', '--csv', tmp_path / 'b.csv') == 0
    assert capsys.readouterr().out == f'{photos}/b.png: no face\n'


def test_less_probable_answers_are_unsure(command, tmp_path, capsys):
    image = squares((10, 10, 20, 0), (50, 10, 40, 2))
    image[10:30, 10:30, 1] = 150  # red 4/7
    photo, lines, table = (tmp_path / f'a{s}' for s in ('.png', '.l', '.csv'))
    Image.fromarray(image).save(photo)
    given = (
        '--jsonl',
        lines,
        '--csv',
        table,
        '--annotated',
        tmp_path / 'b.png',
    )
    drawn = []
    for least, unsure in (('0.57', False), ('0.58', True)):
        assert command(photo, '--min-probability', least, *given) == 0
        (line,) = lines.read_text().splitlines()
        faces = json.loads(line)['faces']
        assert [face['unsure'] for face in faces] == [False, unsure]
        with open(table) as file:
            rows = list(csv.DictReader(file))
        assert [row['unsure'] for row in rows] == ['0', str(int(unsure))]
        said = capsys.readouterr().out.splitlines()
        assert 'unsure' not in said[0]
        assert ('red 57% (unsure), box' in said[1]) == unsure
        drawn.append(np.asarray(Image.open(tmp_path / 'b.png')))
    assert (drawn[0] != drawn[1]).any()
    with open(table) as file:
        assert 'unsure' in next(csv.reader(file))


def test_quiet_prints_no_line_a_face(command, photos, capsys):
    assert command(photos, '--quiet') == 0
    output = capsys.readouterr()
    assert output.out == ''
    assert '2 pictures, 2 faces, 0 unreadable' in output.err


def test_V2_a_macs_folder_is_answered(command, photos, capsys):
    for name in ('._a.png', '.DS_Store', '__MACOSX/._a.png', '@eaDir/a.png'):
        path = photos / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b'\0\x05\x16\x07\0\x02\0\0Mac OS X')
    assert command(photos) == 0
    output = capsys.readouterr()
    assert len(output.out.splitlines()) == 3
    assert output.err.splitlines()[1:] == [
        '2 pictures, 2 faces, 0 unreadable; left out: 4 hidden (.DS_Store, '
        '._a.png, @eaDir, ...)'
    ]


def test_V3_what_is_not_read_is_reported(
    command, photos, capsys, monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    heic = b'\0\0\0\x18ftypheic\0\0\0\0mif1heic'
    for name in ('IMG_1.HEIC', 'IMG_2.HEIC', 'IMG_3.heif'):
        (photos / name).write_bytes(heic)
    (photos / 'IMG_1.MOV').write_bytes(b'\0\0\0\x14ftypqt  ')
    (photos / 'notes.txt').write_text('x')
    first = Image.fromarray(squares())
    first.save(
        photos / 'c.gif',
        save_all=True,
        append_images=[Image.fromarray(TWO)],
    )
    lines = tmp_path / 'x.jsonl'
    assert command(photos, '--jsonl', lines) == 1
    output = capsys.readouterr().err.splitlines()[1:]
    assert len(output) == 3
    assert (
        "1.HEIC is HEIC, which needs: pip install 'csgresnet_mm[heic]'"
        in (output[0])
    )
    assert 'c.gif: the first of 2 frames is read' in output[1]
    assert output[2] == (
        '6 pictures, 2 faces, 3 unreadable; left out: 1 .txt, 1 video '
        '(1 .mov: give each by itself)'
    )
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert ['error' in row for row in rows] == [True] * 3 + [False] * 3
    assert 'first of 2 frames' in rows[-1]['note']


def test_V3_heic_alone_is_a_line(command, photos, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    path = photos / 'IMG_1.HEIC'
    path.write_bytes(b'\0\0\0\x18ftypheic\0\0\0\0mif1heic')
    assert command(path) == 2
    (line,) = capsys.readouterr().err.splitlines()[1:]
    assert line.endswith(
        "is HEIC, which needs: pip install 'csgresnet_mm[heic]'"
    )


def test_V5_own_pictures_are_never_taken_for_photos(
    command, photos, capsys, tmp_path
):
    Image.fromarray(TWO).save(photos / 'c.jpg')
    Image.fromarray(TWO).save(photos / 'd.bmp')
    wanted = '4 pictures, 6 faces, 0 unreadable'

    def last(*args):
        assert command(*args) == 0
        return capsys.readouterr().err.splitlines()[-1]

    out = photos / 'out'
    lines, table = photos / 'out.jsonl', photos / 'out.csv'
    written = ('--annotated', out, '--jsonl', lines, '--csv', table)
    assert last(photos, *written) == wanted
    names = ['a.png', 'b.png', 'c.jpg', 'd.bmp.png']
    assert sorted(path.name for path in out.iterdir()) == names
    rows = lines.read_text()
    for _ in range(2):
        assert last(photos, *written) == (
            f'{wanted}; left out: 1 .csv, 1 .jsonl, 4 that this program drew'
        )
        assert sorted(path.name for path in out.iterdir()) == names
        assert lines.read_text() == rows
    # nor under another name, nor without writing, nor as copies
    assert '4 that this program drew' in last(
        photos, '--annotated', photos / 'out2'
    )
    (photos / 'e.png').write_bytes((out / 'a.png').read_bytes())
    assert '9 that this program drew' in last(photos)
    assert command(out) == 2
    assert '4 that this program drew' in capsys.readouterr().err
    assert command(out / 'a.png') == 0  # who asks for it gets it


def test_V5_a_photo_is_never_written_over(command, photos, tmp_path, capsys):
    (photos / 'sub').mkdir()
    Image.fromarray(TWO).save(photos / 'sub' / 'a.png')
    before = (photos / 'sub' / 'a.png').read_bytes()
    assert command(photos, '--annotated', photos / 'sub') == 2
    assert 'is there, and not drawn by this program' in capsys.readouterr().err
    assert (photos / 'sub' / 'a.png').read_bytes() == before


def test_two_photos_of_one_name_are_two_pictures(command, photos, tmp_path):
    (photos / 'c').write_bytes((photos / 'a.png').read_bytes())
    (photos / 'c.jpg').write_bytes((photos / 'b.png').read_bytes())
    assert command(photos, '--annotated', tmp_path / 'out') == 0
    assert len(list((tmp_path / 'out').iterdir())) == 4


def test_tables_hold_all_that_is_known(command, photos, tmp_path, monkeypatch):
    def run(self, pictures):
        face = Face((1, 2, 3, 4), None, 0.5, 'red', {
            'red': 0.75, 'green': 0.25, 'blue': 0.0
        }, 7)  # fmt: skip
        yield Frame('v.mp4#3', TWO, '', [face], 3, 0.12345)
        yield Frame('v.mp4#4', None, 'damaged', [], 4, 0.2)

    monkeypatch.setattr(ExpressionPredictor, 'run_pictures', run)
    lines, table = tmp_path / 'x.jsonl', tmp_path / 'x.csv'
    assert command(photos, '--jsonl', lines, '--csv', table) == 1
    first, second = map(json.loads, lines.read_text().splitlines())
    output = {'weights': 'ColourNetwork', 'weights_sha256': None}
    assert first == {
        'image': 'v.mp4#3',
        'frame': 3,
        'time': 0.123,
        'faces': [
            {
                'track': 7,
                'label': 'red',
                'probability': 0.75,
                'unsure': None,
                'detection_score': 0.5,
                'box': [1, 2, 3, 4],
                'landmarks': None,
                'probabilities': {'red': 0.75, 'green': 0.25, 'blue': 0.0},
            }
        ],
        **output,
    }
    assert second == {
        'image': 'v.mp4#4',
        'frame': 4,
        'time': 0.2,
        'error': 'damaged',
        **output,
    }
    with open(table) as file:
        first, second = csv.DictReader(file)
    text = PAGE.read_text('utf-8').partition('## Output')[2]
    assert {f'`{name}`' for name in first if name not in COLOURS} <= set(
        re.findall('`[a-z_0-9]+`', text)
    )
    filled = {name: value for name, value in first.items() if value}
    assert filled == {
        'image': 'v.mp4#3',
        'frame': '3',
        'time': '0.123',
        'face': '0',
        'track': '7',
        'label': 'red',
        'probability': '0.75',
        'detection_score': '0.5',
        **dict(left='1', top='2', right='3', bottom='4'),
        **dict(red='0.75', green='0.25', blue='0.0'),
        'weights': 'ColourNetwork',
    }
    filled = {name: value for name, value in second.items() if value}
    assert filled == {
        'image': 'v.mp4#4',
        'frame': '4',
        'time': '0.2',
        'weights': 'ColourNetwork',
        'error': 'damaged',
    }


def test_the_weights_are_named_with_their_hash(tmp_path):
    name, digest = identify(None)
    shipped = find_weights(name)
    assert hashlib.sha256(shipped.read_bytes()).hexdigest() == digest
    (tmp_path / 'mine.safetensors').write_bytes(shipped.read_bytes())
    assert identify(tmp_path / 'mine.safetensors') == (
        'mine.safetensors',
        digest,
    )


def test_outputs_under_a_tilde(command, photos, tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(photos)
    assert command('~/photos/a.png', '--csv=~/x.csv') == 0
    assert (tmp_path / 'x.csv').exists()


def test_a_reader_that_has_enough_ends_nothing(checkpoint, photos, tmp_path):
    """As `csgresnet photos/ | head -1`."""
    tool = CONFIG.parents[1] / 'tools' / 'predict.py'
    out = tmp_path / 'x.jsonl'
    files = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    options = ['--faces', 'whole_image', '--jsonl', str(out)]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, str(tool), str(photos), *files, *options],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert done.returncode == 0
    assert 'Broken pipe' not in done.stderr
    assert len(out.read_text().splitlines()) == 2


def test_list_names_the_weights_that_ship(capsys):
    assert cli.main(['--list']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(':')[0] for line in lines] == list_weights()


def test_a_source_is_needed(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 2
    assert 'no source; expected a photo' in capsys.readouterr().err


def test_a_broken_file_is_reported_and_the_rest_written(
    command, photos, tmp_path
):
    (photos / 'aa.jpg').write_bytes(b'x')
    out = tmp_path / 'x.jsonl'
    table = tmp_path / 'x.csv'
    assert command(photos, '--jsonl', out, '--csv', table) == 1
    output = [json.loads(line) for line in out.read_text().splitlines()]
    assert ['error' in line for line in output] == [False, True, False]
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
        ('', ['--annotated', 'photos/a.png'], 'is a file; expected a folder'),
        ('a.png', ['--annotated', 'photos'], 'a folder; expected the name'),
        ('a.png', ['--csv', 'photos/a.png'], 'is there, and is PNG'),
        ('', ['--jsonl', 'photos/a.png'], 'is there, and is PNG'),
        ('', ['--jsonl', 'photos'], 'a folder; expected the name of a file'),
        ('', ['--jsonl', 'x', '--csv', 'photos/../x'], 'for two outputs'),
        ('a.png', ['--csv', 'x.png', '--annotated', 'x.png'], 'for two outp'),
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


def test_a_profile_has_parts_and_faces_a_second(
    command, photos, monkeypatch, capsys
):
    monkeypatch.setattr('csgresnet_mm.apis.predictor.profile.LEAST_MS', 0.1)
    assert command(photos, '--profile') == 0
    output = capsys.readouterr().out
    assert '2 pictures, 2 faces' in output
    for name in ('detection', 'alignment', 'network', 'ours, batches of 32'):
        assert f'| {name} |' in output


def test_the_demos_network_is_announced(
    checkpoint, photos, monkeypatch, capsys
):
    options = ['--weights', str(checkpoint), '--config', str(CONFIG)]
    whole = ['--faces', 'whole_image']
    assert cli.main([str(photos), *options, *whole]) == 0
    output = capsys.readouterr().err
    assert 'synthetic demo faces: not for real photos' in output
    assert '2 pictures, 2 faces' in output


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
    done = subprocess.run(
        [sys.executable, str(tool), str(photos), *files, *options],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert len(out.read_text().splitlines()) == 2
    said = done.stdout.splitlines()  # and nothing of the stack
    assert [line.partition(':')[0] for line in said] == [
        str(photos / name) for name in ('a.png', 'b.png')
    ]
    broken = [sys.executable, str(tool), str(tmp_path / 'nobody.jpg'), *files]
    assert subprocess.run(broken, capture_output=True).returncode == 2
