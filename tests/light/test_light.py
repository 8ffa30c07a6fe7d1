"""Photographs are answered without torch and without MMPretrain.

Nothing here imports them: with ``pytest --confcutdir=tests/light`` these tests
run in a virtual environment that has the extra ``predict`` alone.
"""

import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

import csgresnet_mm
from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.onnx_files import EXPORT_KEY
from csgresnet_mm.apis.predictor import onnx_writer, resnet_graph
from csgresnet_mm.safetensors_file import (
    GOLDEN_KEY,
    INFO_KEY,
    read_safetensors,
)
from csgresnet_mm.weights import DEFAULT, find_detector, find_weights

pytestmark = pytest.mark.predict
ROOT = Path(csgresnet_mm.__file__).parents[1]
HEAVY = ('torch', 'mmengine', 'mmcv', 'mmpretrain', 'matplotlib', 'scipy')
HIDE = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition('.')[0] in HIDDEN:
            return None
        return PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [
    Finder if finder is PathFinder else finder for finder in sys.meta_path
]
"""
"""Start of a program in which HIDDEN modules are not installed."""
STACK = f'HIDDEN = {HEAVY!r}\n{HIDE}'
SECONDS, MIB = 1.2, 350
"""Of CPU and memory: the first answer for a photo of 640 x 480."""


def run(program, *words):
    """Run a program in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, '-c', program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        cwd='/',
    )


def command(hidden, *words):
    """The command csgresnet."""
    start = 'from csgresnet_mm.__main__ import main; main()'
    return run(f'{hidden}\n{start}', *words)


@pytest.fixture
def face(tmp_path):
    """Something that is classified as a face of its own."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    path = tmp_path / 'face.png'
    Image.fromarray(pixels).save(path)
    return path


def test_an_answer_loads_neither_torch_nor_a_stack(face):
    program = f"""
import sys
from csgresnet_mm.apis import ExpressionPredictor
(face,) = ExpressionPredictor(faces='whole_image')(sys.argv[1])
assert abs(sum(face.probabilities.values()) - 1) < 1e-5
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
print(face.label)
"""
    result = run(program, face)
    assert result.returncode == 0, result.stderr
    names = ExpressionPredictor(faces='whole_image').classes
    assert result.stdout.strip() in names


def test_the_command_answers(face):
    result = command(STACK, face, '--faces', 'whole_image')
    assert result.returncode == 0, result.stderr
    assert f'{face}: ' in result.stdout and '%' in result.stdout
    assert DEFAULT in result.stderr


def test_an_own_packed_file_answers(face, tmp_path):
    own = tmp_path / 'mine.safetensors'
    shutil.copy(find_weights(DEFAULT), own)
    whole = ('--faces', 'whole_image')
    found = command(STACK, face, *whole, '--weights', own)
    assert found.returncode == 0, found.stderr
    assert found.stdout == command(STACK, face, *whole).stdout


def write_onnx(path):
    """A file as tools/export_onnx.py writes it, with scores for output."""
    state, metadata = read_safetensors(find_weights(DEFAULT), 'numpy')
    info = ModelInfo.from_json(metadata[INFO_KEY])

    class Whole(onnx_writer.GraphWriter):
        """Which holds its weights."""

        def weight(self, name, values):
            return self.constant(np.ascontiguousarray(values))

    with patch.object(resnet_graph, 'GraphWriter', Whole):
        content, _ = resnet_graph.build_graph(info, state)
    settings = {
        'normalisation': False,
        'input_type': 'float32',
        'output': 'logits',
    }
    for key, text in (
        (INFO_KEY, metadata[INFO_KEY]),
        (EXPORT_KEY, json.dumps(settings)),
    ):
        entry = onnx_writer._text(1, key) + onnx_writer._text(2, text)
        content += onnx_writer._field(14, entry)
    path.write_bytes(content)


def test_an_own_onnx_file_answers(face, tmp_path):
    own = tmp_path / 'mine.onnx'
    write_onnx(own)
    whole = ('--faces', 'whole_image')
    found = command(STACK, face, *whole, '--weights', own)
    assert found.returncode == 0, found.stderr
    assert found.stdout == command(STACK, face, *whole).stdout


@pytest.mark.parametrize('with_config', [False, True])
def test_checkpoints_need_the_stack_and_say_so(face, tmp_path, with_config):
    checkpoint = tmp_path / 'epoch_1.pth'
    checkpoint.write_bytes(b'x')
    words = [face, '--weights', checkpoint]
    words += ['--config', 'any.py'] if with_config else []
    result = command(STACK, *words)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f'error: {checkpoint} needs torch and MMPretrain')
    assert "pip install 'csgresnet_mm[onedl]'" in line


def test_a_gpu_needs_the_stack_and_says_so(face):
    result = command(STACK, face, '--device', 'cuda')
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: device='cuda' needs torch and MMPretrain")


@pytest.mark.parametrize(
    ('room', 'line'),
    [
        ('functional', "pip install 'csgresnet_mm[torch]'"),
        ('layers', "pip install 'csgresnet_mm[torch]'"),
        ('native', "pip install 'csgresnet_mm[torch]'"),
        ('timm', "pip install 'csgresnet_mm[timm]'"),
        ('models', "pip install 'csgresnet_mm[onedl]'"),
        ('programs.audit', "pip install 'csgresnet_mm[onedl]'"),
    ],
)
def test_rooms_that_need_torch_name_the_extra(room, line):
    result = run(f'{STACK}\nimport csgresnet_mm.{room}')
    assert result.returncode == 1
    error = result.stderr.strip().splitlines()[-1]
    assert error.startswith('ImportError: ') and line in error, error


def test_the_base_needs_numpy_alone():
    hidden = ('cv2', 'PIL', 'onnxruntime', 'rich', 'safetensors', 'wrapt')
    base = f'HIDDEN = {(*HEAVY, *hidden, "filelock")!r}\n{HIDE}'
    names = 'csgresnet_mm.apis, csgresnet_mm.evaluation'
    result = run(f'{base}\nimport csgresnet_mm, {names}')
    assert result.returncode == 0, result.stderr
    result = run(f'{base}\nfrom csgresnet_mm.apis import ExpressionPredictor')
    assert 'ImportError: cv2, PIL, safetensors not found' in result.stderr
    assert "pip install 'csgresnet_mm[predict]'" in result.stderr
    result = command(base, 'photo.jpg')
    assert result.returncode == 2
    assert "pip install 'csgresnet_mm[predict]'" in result.stderr


def test_without_onnx_runtime_the_line_is_told(face):
    base = f'HIDDEN = {(*HEAVY, "onnxruntime")!r}\n{HIDE}'
    result = command(base, face, '--faces', 'whole_image')
    assert result.returncode == 2
    assert result.stderr.startswith('error: onnxruntime is missing')
    assert "pip install 'csgresnet_mm[predict]'" in result.stderr


def test_hiding_hides():
    # The tests above miss what they would find else.
    result = run(f'HIDDEN = ("numpy",)\n{HIDE}\nimport numpy')
    assert 'ModuleNotFoundError' in result.stderr


@pytest.mark.speed
def test_the_first_answer_is_quick(tmp_path):
    """Start, detection and network: CPU seconds of the whole process."""
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    photo = tmp_path / 'photo.jpg'
    Image.fromarray(pixels).save(photo)
    program = 'from csgresnet_mm.__main__ import main; main()'
    seconds = []
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = run(program, photo)
        assert result.returncode == 0, result.stderr
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        )
    assert statistics.median(seconds[1:]) <= SECONDS, seconds
    # of the largest child
    assert after.ru_maxrss / 1024 <= MIB


def test_files_that_ship_are_what_their_cards_say():
    for path in (find_detector(), find_weights(DEFAULT)):
        told = path.with_suffix('.md').read_text('utf-8')
        assert hashlib.sha256(path.read_bytes()).hexdigest() in told, path
    _, metadata = read_safetensors(find_weights(DEFAULT), 'numpy')
    assert GOLDEN_KEY in metadata
