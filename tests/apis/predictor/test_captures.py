"""Videos open nothing but themselves, streams only where it is allowed."""

import http.server
import os
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor import captures, cli
from csgresnet_mm.apis.predictor.captures import (
    find_scheme,
    open_capture,
    show_address,
)
from csgresnet_mm.apis.predictor.file_kinds import find_format, read_head
from csgresnet_mm.apis.predictor.images import ImageError
from csgresnet_mm.apis.predictor.sources import find_source

from .conftest import ColourNetwork, find_squares, squares

CONTAINERS = {
    'mp4': ('mp4v', 'MP4'),
    'mov': ('mp4v', 'MP4'),
    'm4v': ('mp4v', 'MP4'),
    '3gp': ('mp4v', 'MP4'),
    'avi': ('MJPG', 'AVI'),
    'mkv': ('mp4v', 'Matroska'),
    'webm': ('VP80', 'Matroska'),
    'flv': ('FLV1', 'FLV'),
    'wmv': ('WMV2', 'ASF'),
    'ts': ('MPG2', 'MPEG-TS'),
    'mts': ('MPG2', 'MPEG-TS'),
    'm2ts': ('MPG2', 'MPEG-TS'),
    'vob': ('MPG2', 'MPEG-PS'),
}
FRAMES = 6


@pytest.fixture(scope='module')
def videos(tmp_path_factory):
    """One of each container, each with the name v."""
    folder = tmp_path_factory.mktemp('videos')
    image = cv2.cvtColor(squares((20, 10, 40, 2)), cv2.COLOR_RGB2BGR)
    image = np.pad(image, ((0, 4), (0, 28), (0, 0)))  # sides as codecs have
    for suffix, (codec, _) in CONTAINERS.items():
        writer = cv2.VideoWriter(
            str(folder / f'v.{suffix}'),
            cv2.CAP_FFMPEG,
            cv2.VideoWriter.fourcc(*codec),
            25,
            (128, 64),
        )
        assert writer.isOpened(), suffix
        for _ in range(FRAMES):
            writer.write(image)
        writer.release()
    return folder


@pytest.fixture
def predictor():
    return ExpressionPredictor(ColourNetwork(), detector=find_squares)


def count(kind, path):
    capture = open_capture(kind, str(path))
    number = 0
    while capture.read()[0]:
        number += 1
    capture.release()
    return number


@pytest.mark.parametrize('suffix', CONTAINERS)
def test_V3_a_video_is_one_whatever_it_is_called(suffix, videos, tmp_path):
    path = videos / f'v.{suffix}'
    assert find_format(read_head(path)) == CONTAINERS[suffix][1]
    for name in (f'v.{suffix}', 'v', 'v.jpg', 'v 1.dat'):
        (tmp_path / name).write_bytes(path.read_bytes())
        source = find_source(tmp_path / name)
        assert source.kind == 'video'
        assert count('video', source.path) == FRAMES


@pytest.mark.parametrize('name', ['v.3gp', 'v.flv', 'v.ts', 'v.wmv'])
def test_V3_faces_in_videos_of_phones_and_recorders(name, videos, predictor):
    frames = list(predictor(videos / name))
    assert len(frames) == FRAMES
    assert {face.label for frame in frames for face in frame.faces} == {'blue'}


def test_a_transport_stream_that_begins_anywhere(videos, tmp_path):
    whole = (videos / 'v.ts').read_bytes()
    (tmp_path / 'v').write_bytes(whole[100:])
    assert find_source(tmp_path / 'v').kind == 'video'


@pytest.mark.parametrize('suffix', ['mp4', 'ts', 'wmv', 'flv', '3gp'])
def test_V3_a_damaged_video_is_no_damaged_image(suffix, tmp_path):
    path = tmp_path / f'v.{suffix}'
    for data in (b'', b'no video', b'import os\n' * 99):
        path.write_bytes(data)
        source = find_source(path)
        assert source.kind == 'video'
        with pytest.raises(ImageError, match='cannot be opened as a video: '):
            open_capture('video', source.path)


def test_a_video_without_its_index_is_damaged(videos, tmp_path):
    whole = (videos / 'v.mp4').read_bytes()
    (tmp_path / 'v.mp4').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match='it may be damaged, or cut'):
        open_capture('video', str(tmp_path / 'v.mp4'))


PLAYLISTS = {
    'hls': '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{}\n'
    '#EXT-X-ENDLIST\n',
    'concat': "ffconcat version 1.0\nfile '{}'\n",
    'sdp': 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n'
    'm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    'dash': '<?xml version="1.0"?><MPD><BaseURL>{}</BaseURL></MPD>',
    'pls': '[playlist]\nFile1={}\n',
}


@pytest.mark.parametrize('kind', PLAYLISTS)
@pytest.mark.parametrize('name', ['v.mp4', 'v.m3u8', 'v.ts', 'v'])
def test_a_playlist_opens_nothing(kind, name, videos, tmp_path, monkeypatch):
    """Named as a video or not, and whatever the user lets FFmpeg open."""
    monkeypatch.setenv(
        'OPENCV_FFMPEG_CAPTURE_OPTIONS',
        'protocol_whitelist;file,http,tcp,concat|allowed_extensions;ALL',
    )
    (tmp_path / 'other.ts').write_bytes((videos / 'v.ts').read_bytes())
    (tmp_path / name).write_text(PLAYLISTS[kind].format('other.ts'))
    with pytest.raises(ImageError, match='cannot be'):
        open_capture('video', str(tmp_path / name))
    source = find_source(tmp_path / name)
    assert source.kind == ('image' if name in ('v', 'v.m3u8') else 'video')


@pytest.mark.parametrize(
    'name',
    [
        'concat:a.mp4|b.mp4',
        'file:a.mp4',
        'a%02d.mp4',
        'subfile,,start,0,end,9,,:a.mp4',
        'pipe:0',
        'http:a.mp4',
        '-',
    ],
)
def test_a_name_is_no_protocol(name, videos, tmp_path, monkeypatch):
    """It is that file's, and of nothing else."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises((FileNotFoundError, ValueError)):
        find_source(name)
    for other in ('a.mp4', 'b.mp4', 'a00.mp4', 'a01.mp4'):
        (tmp_path / other).write_bytes((videos / 'v.mp4').read_bytes())
    with pytest.raises((FileNotFoundError, ValueError)):
        find_source(name)
    (tmp_path / name).write_bytes((videos / 'v.avi').read_bytes())
    source = find_source(name)
    assert source.kind == 'video'
    assert count('video', source.path) == FRAMES


def test_a_pattern_is_no_sequence_of_images(videos, tmp_path):
    for number in range(3):
        path = str(tmp_path / f's{number:02d}.jpg')
        cv2.imwrite(path, np.zeros((64, 128, 3), np.uint8))
    pattern = tmp_path / 's%02d.jpg'
    pattern.write_bytes((videos / 'v.mp4').read_bytes())
    raw = cv2.VideoCapture(str(pattern))
    read = 0
    while raw.read()[0]:
        read += 1
    assert read == 3  # the images: what is to be kept from happening
    assert count('video', pattern) == FRAMES


def test_videos_are_opened_at_one_place():
    package = Path(captures.__file__).parents[2]
    opening = [
        path.name
        for path in package.rglob('*.py')
        if 'cv2.VideoCapture(' in path.read_text('utf-8')
    ]
    assert opening == ['captures.py']


def test_options_of_the_user_stay(videos, monkeypatch):
    name = 'OPENCV_FFMPEG_CAPTURE_OPTIONS'
    for before in (None, 'threads;1'):
        monkeypatch.delenv(name, raising=False)
        if before:
            monkeypatch.setenv(name, before)
        seen = []
        opened = cv2.VideoCapture

        def spy(*args, opened=opened, seen=seen):
            seen.append(os.environ[name])
            return opened(*args)

        with monkeypatch.context() as patch:
            patch.setattr(cv2, 'VideoCapture', spy)
            assert count('video', videos / 'v.mp4') == FRAMES
        assert os.environ.get(name) == before
        assert seen[0].startswith(before or 'rtsp_flags;prefer_tcp')
        assert '|protocol_whitelist;file|' in seen[0]
        assert seen[0].endswith('|format_whitelist;mov')


class Server(http.server.BaseHTTPRequestHandler):
    """A video, and ways to something else."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        name = self.path.partition('?')[0]
        if name == '/slow.mp4':
            self.send_response(200)
            self.end_headers()
            self.server.ended.wait(20)
            return
        if name in self.server.redirects:
            self.send_response(302)
            self.send_header('Location', self.server.redirects[name])
            self.end_headers()
            return
        body = self.server.files[name]
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(videos):
    made = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Server)
    made.daemon_threads = True
    local = f'file://{videos}/v.ts'
    made.asked = []
    made.ended = threading.Event()
    made.redirects = {'/away.mp4': local, '/on.mp4': '/v.mp4'}
    made.files = {
        '/v.mp4': (videos / 'v.mp4').read_bytes(),
        '/list.m3u8': PLAYLISTS['hls'].format(local).encode(),
        '/list.txt': PLAYLISTS['concat'].format(local).encode(),
    }
    thread = threading.Thread(target=made.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.ended.set()
    made.shutdown()
    thread.join()
    made.server_close()


def address(server, name):
    return f'http://127.0.0.1:{server.server_port}/{name}'


def test_a_stream_only_where_it_is_allowed(server, predictor):
    url = address(server, 'v.mp4')
    for call in (predictor, predictor.stream):
        with pytest.raises(ValueError, match='allow_network=True'):
            call(url)
    with pytest.raises(ValueError, match='is an address, no file'):
        predictor([url])
    assert server.asked == []
    allowed = ExpressionPredictor(
        ColourNetwork(), detector=find_squares, allow_network=True
    )
    frames = list(allowed(url))
    assert len(frames) == FRAMES and frames[5].name == f'{url}#5'
    assert [face.label for face in frames[5].faces] == ['blue']
    assert len(list(allowed(address(server, 'on.mp4')))) == FRAMES


def test_the_command_opens_a_stream_where_it_is_allowed(
    server, monkeypatch, capsys
):
    def make(config, weights, device, **options):
        return ExpressionPredictor(
            ColourNetwork(), detector=find_squares, **options
        )

    monkeypatch.setattr(cli, 'ExpressionPredictor', make)
    url = address(server, 'v.mp4?token=secret')
    with pytest.raises(SystemExit) as end:
        cli.main([url])
    assert end.value.code == 2 and server.asked == []
    message = capsys.readouterr().err.splitlines()
    assert len(message) == 1 and '--allow-network' in message[0]
    assert cli.main([url, '--allow-network', '--frames', '2']) == 0
    message = capsys.readouterr()
    assert len(message.out.splitlines()) == 2
    assert 'secret' not in message.out + message.err


@pytest.mark.parametrize('name', ['away.mp4', 'list.m3u8', 'list.txt'])
def test_a_stream_reaches_no_file(name, server, monkeypatch):
    """Nor where the user lets FFmpeg open them."""
    monkeypatch.setenv(
        'OPENCV_FFMPEG_CAPTURE_OPTIONS',
        'protocol_whitelist;file,http,tcp|allowed_extensions;ALL|'
        'extension_picky;0|safe;0',
    )
    if name == 'list.m3u8':  # what is to be kept from happening
        raw = cv2.VideoCapture(address(server, name), cv2.CAP_FFMPEG)
        assert raw.read()[0]
        raw.release()
    with pytest.raises(ImageError, match='cannot be opened as a stream'):
        open_capture('network', address(server, name))
    assert f'/{name}' in server.asked


def test_a_stream_that_sends_nothing_is_given_up(server, monkeypatch):
    monkeypatch.setattr(captures, 'SECONDS', 0.5)
    start = time.monotonic()
    with pytest.raises(ImageError, match='cannot be opened as a stream'):
        open_capture('network', address(server, 'slow.mp4'))
    assert server.asked and time.monotonic() - start < 5


@pytest.mark.parametrize(
    'text',
    ['ftp://a/b.mp4', 'file:///etc/passwd', 'concat://a', 's3://b/c', 'x://'],
)
def test_other_schemes_are_none(text):
    for allowed in (False, True):
        with pytest.raises(ValueError, match=r'is no stream.*rtsp://'):
            find_source(text, allowed)


def test_addresses_are_shown_without_secrets():
    shown = show_address('rtsp://me:pass@camera:554/1?key=2')
    assert shown == 'rtsp://camera:554/1'
    assert show_address('a?b.mp4') == 'a?b.mp4'
    assert find_scheme('C://a.mp4') == 'c' and find_scheme('C:/a.mp4') == ''
    with pytest.raises(ValueError, match='camera/1') as error:
        find_source('rtsp://me:pass@camera/1')
    assert 'pass' not in str(error.value)


def test_numbers_of_cameras(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_source('0') == find_source(0)
    with pytest.raises(ImageError, match='camera 97 cannot be opened'):
        open_capture('camera', '97')
    with pytest.raises(ValueError, match='number is -1; expected'):
        find_source(-1)
    for text in ('99999999999', '-1', '1.5'):
        with pytest.raises(FileNotFoundError, match='no number of a camera'):
            find_source(text)


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='POSIX has them')
def test_a_pipe_is_reported(tmp_path):
    os.mkfifo(tmp_path / 'p.jpg')
    for path in (tmp_path / 'p.jpg', '/dev/null'):
        with pytest.raises(ImageError, match='is no file but a device'):
            find_source(path)
