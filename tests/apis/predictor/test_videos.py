"""Frames, their times, and videos that are not whole."""

import subprocess
import threading

import cv2
import numpy as np
import pytest

from csgresnet_mm.apis.predictor import Frame, ImageError, cli, videos
from csgresnet_mm.apis.predictor.outputs import video_file
from csgresnet_mm.apis.predictor.videos import open_video

COUNT = 100
LIMIT = 10**6


def write_avi(path, count=COUNT):
    codec = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), codec, 25, (64, 48))
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for index in range(count):
        writer.write(np.roll(noise, index, 1))
    writer.release()
    return path


def read(path):
    """Times of the frames, and the errors after them."""
    with open_video(str(path), LIMIT) as pictures:
        frames = list(pictures.frames)
    seen = [frame for frame in frames if frame.image is not None]
    assert [frame.number for frame in seen] == list(range(len(seen)))
    errors = [frame.error for frame in frames if frame.image is None]
    return [frame.time for frame in seen], errors


def damage(path, begin, end):
    """Part of a file, given by parts of its length, is set to nought."""
    data = bytearray(path.read_bytes())
    begin, end = (round(part * len(data)) for part in (begin, end))
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)


def cut(path, part=0.6):
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * part)])
    return path


def test_frames_have_number_and_time(tmp_path):
    times, errors = read(write_avi(tmp_path / 'v.avi'))
    assert times == pytest.approx(np.arange(COUNT) / 25) and not errors


def test_V4_a_cut_video_is_reported(tmp_path):
    times, errors = read(cut(write_avi(tmp_path / 'v.avi')))
    assert 55 <= len(times) <= 62
    (error,) = errors
    assert error.startswith(
        f'{tmp_path}/v.avi: ends after {len(times)} of 100'
    )
    assert 'it is cut' in error


def test_V4_a_cut_video_ends_the_command_with_1(tmp_path, capsys):
    path = cut(write_avi(tmp_path / 'v.avi'))
    table = tmp_path / 'v.csv'
    # found and classified is nothing: --faces whole_image needs no detector
    options = ['--faces', 'whole_image', '--quiet', '--csv', str(table)]
    assert cli.main([str(path), *options]) == 1
    message = capsys.readouterr().err
    assert 'it is cut' in message and '1 unreadable' in message
    assert 'it is cut' in table.read_text().splitlines()[-1]
    assert cli.main([str(path), *options, '--frames', '20']) == 0


def test_a_damaged_middle_is_reported(tmp_path):
    path = write_avi(tmp_path / 'v.avi')
    damage(path, 0.5, 0.7)
    times, (error,) = read(path)
    assert 60 < len(times) < 95
    assert f'only {len(times)} of 100 frames can be read' in error


def test_a_few_lost_frames_are_within_tolerance(tmp_path):
    path = write_avi(tmp_path / 'v.avi')
    damage(path, 0.5, 0.515)
    times, errors = read(path)
    assert 96 <= len(times) <= 99 and not errors


def test_what_is_cut_before_it_begins_is_reported(tmp_path):
    path = cut(write_avi(tmp_path / 'v.avi'), 0.002)
    with pytest.raises(ImageError, match='it is cut, |gives no picture'):
        read(path)


def test_stopping_early_closes_the_file(tmp_path):
    path = write_avi(tmp_path / 'v.avi')
    with open_video(str(path), LIMIT) as pictures:
        assert next(pictures.frames).number == 0
        names = [thread.name for thread in threading.enumerate()]
        assert 'read_ahead' in names
    names = [thread.name for thread in threading.enumerate()]
    assert 'read_ahead' not in names
    with open_video(str(path), LIMIT):
        pass


class Camera:
    """Five frames, 30 ms apart; then none."""

    def __init__(self, number):
        assert number == 3
        self.left = 5
        self.is_released = False

    def isOpened(self):  # noqa: N802
        return True

    def get(self, key):
        return {cv2.CAP_PROP_FPS: 30.0}.get(key, 48.0)

    def read(self):
        assert not self.is_released
        self.left -= 1
        return self.left >= 0, np.zeros((48, 64, 3), np.uint8)

    def release(self):
        self.is_released = True


def test_a_camera_is_live_and_has_times_of_the_clock(monkeypatch):
    clock = iter(np.arange(9) * 0.03 + 7)
    monkeypatch.setattr(videos.cv2, 'VideoCapture', Camera)
    monkeypatch.setattr(videos.time, 'monotonic', lambda: next(clock))
    with open_video('3', LIMIT, kind='camera') as pictures:
        assert pictures.live and pictures.total is None
        frames = list(pictures.frames)
    assert [frame.name for frame in frames][-1] == 'camera 3#4'
    assert [frame.time for frame in frames] == pytest.approx(
        [0, 0.03, 0.06, 0.09, 0.12]
    )


def grey_of(path):
    """What each frame of a written video shows."""
    reader = cv2.VideoCapture(str(path))
    shown = []
    while True:
        found, image = reader.read()
        if not found:
            return shown
        shown.append(round(float(image.mean()) / 50))


def test_V6_an_annotated_copy_keeps_the_times(tmp_path):
    path = tmp_path / 'v.mp4'
    times = [0.0, 0.1, 0.2, 0.6, 0.61, 0.9]
    with video_file(path, 10) as write:
        for index, at in enumerate(times):
            image = np.full((48, 64, 3), index * 50 % 256, np.uint8)
            write(Frame('a', image, number=index, time=at))
    # a slow part is held, of two in one tenth the first is shown
    assert grey_of(path) == [0, 1, 2, 2, 2, 2, 3, 3, 3, 5]


def ffmpeg(*arguments):
    import imageio_ffmpeg

    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run(
        [program, '-v', 'error', '-y', *map(str, arguments)], check=True
    )


SOURCE = '-f lavfi -i testsrc=size=64x48:rate=25:duration=4'.split()
FAST = '-c:v libx264 -preset ultrafast'.split()
VARIABLE = ['-vf', "select='not(mod(n,7))+lt(n,25)'", '-fps_mode', 'vfr']
WHOLE = {
    'long GOP': ('v.mp4', [*FAST, '-g', '250']),
    'B frames': ('v.mp4', ['-c:v', 'libx264', '-bf', '3']),
    'B frames in AVI': ('v.avi', ['-c:v', 'libx264', '-bf', '3']),
    'fragments': ('v.mp4', [*FAST, '-movflags', 'frag_keyframe+empty_moov']),
    'an offset': ('v.mp4', [*FAST, '-output_ts_offset', '5']),
    'Matroska': ('v.mkv', FAST),
    'WebM': ('v.webm', ['-c:v', 'libvpx', '-cpu-used', '8']),
    'MPEG': ('v.mpg', ['-c:v', 'mpeg2video']),
    'a stream in a file': ('v.ts', ['-c:v', 'mpeg2video']),
}


@pytest.mark.predict
@pytest.mark.parametrize('kind', WHOLE)
def test_times_of_whole_videos(tmp_path, kind):
    name, options = WHOLE[kind]
    ffmpeg(*SOURCE, *options, tmp_path / name)
    times, errors = read(tmp_path / name)
    assert times == pytest.approx(np.arange(COUNT) / 25, abs=2e-3)
    assert not errors


@pytest.mark.predict
@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_V6_variable_rate_has_the_times_of_the_container(tmp_path, suffix):
    path = tmp_path / f'v.{suffix}'
    ffmpeg(*SOURCE, *VARIABLE, *FAST, path)
    times, errors = read(path)
    wanted = [n / 25 for n in range(COUNT) if n % 7 == 0 or n < 25]
    assert times == pytest.approx(wanted, abs=2e-3) and not errors


@pytest.mark.predict
def test_a_rotated_video_is_upright(tmp_path):
    ffmpeg(*SOURCE, *FAST, tmp_path / 'a.mp4')
    turn = ['-display_rotation', '90', '-i', tmp_path / 'a.mp4']
    ffmpeg(*turn, '-c', 'copy', tmp_path / 'b.mp4')
    with open_video(str(tmp_path / 'b.mp4'), LIMIT) as pictures:
        assert next(pictures.frames).image.shape == (64, 48, 3)


@pytest.mark.predict
@pytest.mark.parametrize(
    ('name', 'options'),
    [
        ('v.mp4', ['-movflags', '+faststart']),
        ('v.mp4', ['-movflags', 'frag_keyframe+empty_moov', '-g', '10']),
        ('v.avi', []),
        ('v.mkv', []),
    ],
)
def test_V4_cut_videos_of_other_containers(tmp_path, name, options):
    ffmpeg(*SOURCE, *FAST, *options, tmp_path / name)
    times, (error,) = read(cut(tmp_path / name))
    assert 20 < len(times) < 90 and 'it is cut' in error


@pytest.mark.predict
def test_V4_a_video_cut_before_its_index_says_so(tmp_path):
    ffmpeg(*SOURCE, *FAST, tmp_path / 'v.mp4')
    with pytest.raises(ImageError, match='opened as a video: it is cut'):
        read(cut(tmp_path / 'v.mp4'))


@pytest.mark.predict
def test_a_damaged_middle_is_read_past_and_reported(tmp_path):
    path = tmp_path / 'v.mp4'
    ffmpeg(*SOURCE, *FAST, '-g', '10', path)
    damage(path, 0.4, 0.5)
    times, (error,) = read(path)
    assert times[-1] > 3.9
    assert f'only {len(times)} of 100 frames can be read' in error


@pytest.mark.predict
@pytest.mark.parametrize(
    ('options', 'count'), [(['-ss', '1.5'], 62), (['-t', '1'], 25)]
)
def test_a_trimmed_video_is_whole(tmp_path, options, count):
    """An edit list hides frames that the container still counts."""
    ffmpeg(*SOURCE, *FAST, tmp_path / 'a.mp4')
    inner = [*options, '-i', tmp_path / 'a.mp4', '-c', 'copy']
    ffmpeg(*inner, tmp_path / 'b.mp4')
    times, errors = read(tmp_path / 'b.mp4')
    assert abs(len(times) - count) <= 2 and not errors


@pytest.mark.predict
@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_longer_sound_is_no_lost_picture(tmp_path, suffix):
    sound = ['-f', 'lavfi', '-i', 'sine=duration=7', '-c:a', 'aac']
    ffmpeg(*SOURCE, *sound[:4], *FAST, *sound[4:], tmp_path / f'v.{suffix}')
    times, errors = read(tmp_path / f'v.{suffix}')
    assert len(times) == COUNT and not errors
