"""Write synthetic faces to disk in RAF-DB's layout, all or nothing."""

import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock
from mmengine.utils import ProgressBar
from numpy.typing import NDArray

from csgresnet_mm.datasets.errors import DatasetError, note
from csgresnet_mm.demo_faces.action_units import EXPRESSIONS
from csgresnet_mm.demo_faces.render import render_face
from csgresnet_mm.safe_json import parse_json

GENERATOR_VERSION = 1
"""Raised whenever the same seed gives other pictures or another layout."""

SPLITS = {'train': (5, 12271), 'test': (4, 3068)}
"""Split -> digits in a file's name, and RAF-DB's highest number."""

DISCLAIMER = (
    'These faces are synthetic: drawn by a program from random numbers. They '
    'show no real person, and no result on them says anything about real '
    'faces.'
)
_RECORD = 'generator.json'
_RECORD_LIMIT = 65_536
_README = """{disclaimer}

They exist to try training and evaluation without a licensed data set.

Layout (RAF-DB's, so that the same reader reads both):
  basic/EmoLabel/list_patition_label.txt   name and label 1..7, a line each
  basic/Image/aligned/*_aligned.jpg        100 x 100 RGB
  {record}                           how they were made

Labels: {labels}.
Generator version {version}, seed {seed}, {train} training and {test} test
images. To make them anew, delete this folder.
"""


def ensure_demo_faces(
    root: str | os.PathLike[str],
    *,
    seed: int = 0,
    num_train: int = 1050,
    num_test: int = 350,
) -> Path:
    """Make the demo data at ``root`` unless they are there already.

    The folder is written under a temporary name beside ``root`` and renamed
    once it is whole. Of several processes that ask at once, one writes and
    the others wait; what a killed one left is removed by the next. A lock
    file, ``.NAME.lock``, stays beside the folder.

    Args:
        root: The folder; its parents are created.
        seed: Chooses the faces, with the split and the image's number.
        num_train: Images in train, 7 to 12271.
        num_test: Images in test, 7 to 3068.

    Returns:
        ``root`` as a path.

    Raises:
        ValueError: If a number or the seed is out of range.
        DatasetError: If ``root`` holds something else, or demo data made
            with another version, seed or number; or it cannot be written.
    """
    wanted = _record(seed, num_train, num_test)
    # Python's own lexical absolute path: the folder need not exist.
    root = Path(os.path.abspath(os.path.expanduser(root)))
    if _check(root, wanted):
        return root
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(root.with_name(f'.{root.name}.lock')):
            # Only the holder of the lock writes: what lies here is dead.
            for entry in list(root.parent.iterdir()):
                if entry.name.startswith(f'.{root.name}.partial-'):
                    shutil.rmtree(entry)
            if not _check(root, wanted):
                _make(root, wanted)
    except OSError as error:
        raise DatasetError(
            f'{root}: the faces cannot be written: {error}; give a folder '
            'that can be as data_root (DEMO_ROOT)'
        ) from error
    return root


def draw_labels(seed: int, split: str, count: int) -> NDArray[np.int64]:
    """Labels 0..6 of a split, shuffled; class sizes differ by 1 at most.

    Args:
        seed: Of the data.
        split: 'train' or 'test'.
        count: Number of images.
    """
    rng = np.random.default_rng([seed, list(SPLITS).index(split), 0])
    labels = rng.permutation(np.arange(count) % len(EXPRESSIONS))
    return labels.astype(np.int64)


def draw_face(
    seed: int, split: str, number: int, label: int, size: int = 100
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Picture and face region of one image of the data.

    Args:
        seed: Of the data.
        split: 'train' or 'test'.
        number: Counts from 1, as in the file's name.
        label: 0..6, position in :data:`EXPRESSIONS`.
        size: Side length in pixels.
    """
    sequence = np.random.SeedSequence(
        [seed, list(SPLITS).index(split), number]
    )
    rng = np.random.default_rng(sequence)
    return render_face(EXPRESSIONS[label], rng, size)


def _record(seed: int, num_train: int, num_test: int) -> dict:
    for name, value, split in (
        ('num_train', num_train, 'train'),
        ('num_test', num_test, 'test'),
    ):
        highest = SPLITS[split][1]
        if not len(EXPRESSIONS) <= value <= highest:
            raise ValueError(
                f'{name}={value} is not in {len(EXPRESSIONS)}..{highest}: a '
                "face of each expression, and RAF-DB's numbers"
            )
    if seed < 0:
        raise ValueError(f'seed={seed} is negative; expected 0 or more')
    return {
        'synthetic': DISCLAIMER,
        'generator': 'csgresnet_mm.datasets.demo_faces',
        'version': GENERATOR_VERSION,
        'seed': seed,
        'num_train': num_train,
        'num_test': num_test,
    }


def _check(root: Path, wanted: dict) -> bool:
    """Whether the data are there; an empty or no folder counts as none."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    path = root / _RECORD
    if not path.is_file():
        raise DatasetError(
            f'{root}: holds no demo faces ({_RECORD} is missing) and is not '
            'empty; expected no folder, to be made, or one made before'
        )
    try:
        with open(path, 'rb') as file:
            found = parse_json(file.read(_RECORD_LIMIT).decode())
    except ValueError as error:
        raise DatasetError(f'{path}: not JSON: {error}') from error
    if not isinstance(found, dict):
        raise DatasetError(f'{path}: expected an object, found {found!r:.80}')
    stale = [
        f'{key} is {found.get(key)!r}, expected {wanted[key]!r}'
        for key in ('generator', 'version', 'seed', 'num_train', 'num_test')
        if found.get(key) != wanted[key]
    ]
    if stale:
        raise DatasetError(
            f'{path}: made in another way: {"; ".join(stale)}. Delete '
            f'{root} to have it made anew, or give another data_root'
        )
    return True


def _make(root: Path, record: dict) -> None:
    """Write a folder under a temporary name, then rename it."""
    count = record['num_train'] + record['num_test']
    note(f'Making {count} faces in {root}. {DISCLAIMER}')
    partial = root.with_name(f'.{root.name}.partial-{os.getpid()}')
    partial.mkdir()
    try:
        _write(partial, record)
        os.rename(partial, root)
    except BaseException:
        shutil.rmtree(partial)
        raise


def _write(folder: Path, record: dict) -> None:
    """Write everything below a folder that nobody reads yet."""
    images = folder / 'basic' / 'Image' / 'aligned'
    lists = folder / 'basic' / 'EmoLabel'
    images.mkdir(parents=True)
    lists.mkdir()
    seed = record['seed']
    total = record['num_train'] + record['num_test']
    bar = ProgressBar(total, file=sys.stdout)
    lines = []
    for split, (digits, _) in SPLITS.items():
        labels = draw_labels(seed, split, record[f'num_{split}'])
        for number, label in enumerate(labels.tolist(), start=1):
            name = f'{split}_{number:0{digits}d}'
            picture, _ = draw_face(seed, split, number, label)
            (images / f'{name}_aligned.jpg').write_bytes(_jpeg(picture))
            lines.append(f'{name}.jpg {label + 1}')
            if len(lines) % 25 == 0 or len(lines) == total:
                bar.update(len(lines) - bar.completed)
    bar.file.write('\n')
    text = '\n'.join(lines)
    with open(
        lists / 'list_patition_label.txt', 'w', encoding='ascii', newline='\n'
    ) as file:
        file.write(text)
    readme = _README.format(
        disclaimer=DISCLAIMER,
        record=_RECORD,
        labels=', '.join(f'{i} {n}' for i, n in enumerate(EXPRESSIONS, 1)),
        version=record['version'],
        seed=seed,
        train=record['num_train'],
        test=record['num_test'],
    )
    (folder / 'README.txt').write_text(readme, encoding='utf-8')
    (folder / _RECORD).write_text(
        json.dumps(record, indent=2) + '\n', encoding='utf-8'
    )


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    bgr = picture[..., ::-1]
    done, code = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])
    if not done:
        raise RuntimeError('OpenCV could not encode a JPEG')
    return code.tobytes()
