"""The synthetic faces: how they come to disk, all or nothing, and are read.

They are synthetic; nothing here says anything about real faces.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mmpretrain.registry import DATASETS
from PIL import Image

from csgresnet_mm.datasets import DatasetError, DemoFaces
from csgresnet_mm.demo_faces import (
    DISCLAIMER,
    draw_face,
    draw_labels,
    ensure_demo_faces,
    render_face,
    write,
)
from csgresnet_mm.demo_faces.__main__ import main
from tests.datasets.conftest import Log

SMALL = dict(num_train=21, num_test=14)
LIST = Path('basic/EmoLabel/list_patition_label.txt')
ALIGNED = Path('basic/Image/aligned')


@pytest.fixture(scope='module')
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_demo_faces(
        tmp_path_factory.mktemp('demo') / 'deep' / 'faces', **SMALL
    )


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob('*'))
        if path.is_file()
    }


def test_layout_is_that_of_raf_db(root: Path) -> None:
    raw = (root / LIST).read_bytes()
    assert b'\r' not in raw
    assert not raw.endswith(b'\n')
    lines = raw.decode('ascii').split('\n')
    assert len(lines) == 35
    assert all(re.fullmatch(r'train_\d{5}\.jpg [1-7]', x) for x in lines[:21])
    assert all(re.fullmatch(r'test_\d{4}\.jpg [1-7]', x) for x in lines[21:])
    assert lines[0].startswith('train_00001.jpg')
    assert lines[21].startswith('test_0001.jpg')
    assert Counter(x[-1] for x in lines[:21]) == dict.fromkeys('1234567', 3)
    assert Counter(x[-1] for x in lines[21:]) == dict.fromkeys('1234567', 2)
    stems = {line.split('.')[0] for line in lines}
    assert {path.name for path in (root / ALIGNED).iterdir()} == {
        f'{stem}_aligned.jpg' for stem in stems
    }
    for path in (root / ALIGNED).iterdir():
        with Image.open(path) as image:
            assert (image.format, image.mode) == ('JPEG', 'RGB')
            assert image.size == (100, 100)


def test_it_says_everywhere_that_it_is_synthetic(
    root: Path, tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    ensure_demo_faces(tmp_path / 'faces', **SMALL)
    assert len(log.notes) == 1
    assert DISCLAIMER in log.notes[0]
    assert '35/35' in capsys.readouterr().out  # the progress display
    assert 'synthetic' in DISCLAIMER
    assert 'real faces' in DISCLAIMER
    assert DISCLAIMER in (root / 'README.txt').read_text()
    record = json.loads((root / 'generator.json').read_text())
    assert record == {
        'synthetic': DISCLAIMER,
        'generator': 'csgresnet_mm.datasets.demo_faces',
        'version': 1,
        'seed': 0,
        'num_train': 21,
        'num_test': 14,
    }
    for documented in (DemoFaces, render_face, sys.modules[write.__package__]):
        assert 'synthetic' in documented.__doc__.lower()


def test_same_seed_same_bytes(root: Path, tmp_path: Path) -> None:
    again = ensure_demo_faces(tmp_path / 'again', **SMALL)
    assert contents(again) == contents(root)
    other = ensure_demo_faces(tmp_path / 'other', seed=1, **SMALL)
    assert contents(other).keys() == contents(root).keys()
    same = contents(other).items() & contents(root).items()
    assert not same


def test_each_image_has_its_own_random_numbers() -> None:
    faces = [
        draw_face(seed, split, number, 0)[0].tobytes()
        for seed in (0, 1)
        for split in ('train', 'test')
        for number in (1, 2)
    ]
    assert len(set(faces)) == 8


@pytest.mark.parametrize('split', ['train', 'test'])
def test_dataset_reads_what_was_drawn(
    root: Path, split: str, log: Log
) -> None:
    dataset = DATASETS.build(
        dict(
            type='DemoFaces',
            data_root=str(root),
            split=split,
            pipeline=[dict(type='LoadImageFromFile')],
            **SMALL,
        )
    )
    assert isinstance(dataset, DemoFaces)
    count = SMALL[f'num_{split}']
    assert len(dataset) == count
    assert not log.warnings
    labels = draw_labels(0, split, count)
    for index in range(count):
        item = dataset[index]
        assert item['gt_label'] == labels[index]
        drawn, _ = draw_face(0, split, index + 1, int(labels[index]))
        rgb = item['img'][..., ::-1].astype(int)  # BGR, as in MMPretrain
        assert np.abs(rgb - drawn).mean() < 6


def test_first_use_makes_the_data_and_later_ones_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lazy = DemoFaces(lazy_init=True, **SMALL)
    assert not list(tmp_path.iterdir())
    lazy.full_init()
    made = tmp_path / 'data' / 'demo-faces'
    before = (made.stat().st_ino, contents(made))
    assert len(DemoFaces(split='test', **SMALL)) == 14
    assert len(DemoFaces(split='val', val_ratio=0.34, **SMALL)) == 7
    assert (made.stat().st_ino, contents(made)) == before
    assert sorted(path.name for path in made.parent.iterdir()) == [
        '.demo-faces.lock',
        'demo-faces',
    ]


def test_stale_or_foreign_folders_are_refused(
    root: Path, tmp_path: Path
) -> None:
    before = contents(root)
    with pytest.raises(
        DatasetError,
        match=r'generator\.json: made in another way: seed is 0, expected 3; '
        r'num_test is 14, expected 7\. Delete .* or give another data_root',
    ):
        DemoFaces(root, num_train=21, num_test=7, generator_seed=3)
    with pytest.raises(DatasetError, match='num_train is 21, expected 1050'):
        DemoFaces(root)
    assert contents(root) == before
    foreign = tmp_path / 'photos'
    foreign.mkdir()
    (foreign / 'mine.jpg').write_bytes(b'x')
    with pytest.raises(DatasetError, match=r'photos: holds no demo faces'):
        ensure_demo_faces(foreign, **SMALL)
    assert contents(foreign) == {'mine.jpg': b'x'}
    (foreign / 'generator.json').write_text('{"vers')
    with pytest.raises(DatasetError, match=r'generator\.json: not JSON'):
        ensure_demo_faces(foreign, **SMALL)
    (foreign / 'generator.json').write_text('[]')
    with pytest.raises(DatasetError, match=r'expected an object, found \[\]'):
        ensure_demo_faces(foreign, **SMALL)


def test_another_version_is_stale(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, 'GENERATOR_VERSION', 99)
    with pytest.raises(DatasetError, match='version is 1, expected 99'):
        ensure_demo_faces(root, **SMALL)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / 'faces').mkdir()
    made = ensure_demo_faces(tmp_path / 'faces', num_train=7, num_test=7)
    assert len(contents(made)) == 14 + 3


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(num_train=6), r'num_train=6 is not in 7\.\.12271'),
        (dict(num_test=3069), r'num_test=3069 is not in 7\.\.3068'),
        (dict(seed=-1), r'seed=-1 is negative'),
    ],
)
def test_bad_numbers(tmp_path: Path, wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ensure_demo_faces(tmp_path / 'faces', **wrong)
    assert not list(tmp_path.iterdir())


def test_an_error_in_between_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(seed: int, split: str, number: int, label: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write, 'draw_face', draw)
    with pytest.raises(KeyboardInterrupt):
        ensure_demo_faces(tmp_path / 'faces', **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ['.faces.lock']


# ---- several processes -----------------------------------------------


def start(root: Path, num_train: int) -> subprocess.Popen[str]:
    command = [sys.executable, '-m', 'csgresnet_mm.demo_faces']
    command += [str(root), '--num-train', str(num_train), '--num-test', '7']
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_images(folder: Path, process: subprocess.Popen[str]) -> Path:
    """The partial folder, once a few of its images are written."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = list(folder.glob('.faces.partial-*'))
        if found and len(list((found[0] / ALIGNED).glob('*.jpg'))) > 5:
            return found[0]
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    raise AssertionError('nothing was written within 120 s')


def test_a_kill_in_between_leaves_nothing_and_is_cleaned_up(
    tmp_path: Path,
) -> None:
    process = start(tmp_path / 'faces', 3000)
    partial = wait_for_images(tmp_path, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert partial.exists()
    assert not (tmp_path / 'faces').exists()
    ensure_demo_faces(tmp_path / 'faces', **SMALL)
    assert not partial.exists()
    assert len(contents(tmp_path / 'faces')) == 35 + 3


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    first = start(tmp_path / 'faces', 300)
    second = start(tmp_path / 'faces', 300)
    partial = wait_for_images(tmp_path, first)
    outputs = [
        process.communicate(timeout=300)[0] for process in (first, second)
    ]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert sum('307/307' in text for text in outputs) == 1
    assert not partial.exists()
    assert len(contents(tmp_path / 'faces')) == 307 + 3
    assert {x.name for x in tmp_path.iterdir()} == {'.faces.lock', 'faces'}


# ---- the command -----------------------------------------------------


def test_command_writes_layout_and_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, sheet = tmp_path / 'faces', tmp_path / 'sheet.png'
    main([str(out), '--num-train', '7', '--num-test', '8', '--seed', '2'])
    assert len(contents(out)) == 15 + 3
    assert not sheet.exists()
    main(['--contact-sheet', str(sheet)])
    with Image.open(sheet) as image:
        assert image.size == (700, 1024)
    assert 'synthetic' in capsys.readouterr().out
    with pytest.raises(SystemExit, match='2'):
        main([])
