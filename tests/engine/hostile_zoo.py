"""A zoo of files that would do harm: what is done with each, and said.

An exhibit prepares its file in a folder, then uses it as a user would.
``shell(canary)`` anywhere in it creates the canary if it is unpickled.
"""

from __future__ import annotations

import io
import pickle
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import torch
from hostile import shell, through_getattr, write
from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint
from mmpretrain.registry import DATASETS
from tiny_run import model, runner

from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.datasets import (
    FER2013,
    RAFDB,
    AffectNet,
    DemoFaces,
    LoadFace,
)
from csgresnet_mm.datasets.cache.content_hashes import (
    _cache_file,
    find_content_hashes,
)
from csgresnet_mm.datasets.cache.index import cache_folder
from csgresnet_mm.datasets.layouts import affectnet, fer2013, rafdb
from csgresnet_mm.engine.safe_loading import load_from_local
from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.programs.audit.pictures import look_at_file

GIB = 2**30
BOMB_SIDE = 20_000
Use = Callable[[], Any]


class Exhibit(NamedTuple):
    """``show(folder, canary)`` gives what to call; ``message`` is a pattern.

    Where ``message`` is empty, the file is passed over and nothing is raised.
    """

    name: str
    show: Callable[[Path, Path], Use]
    message: str


# ---- checkpoints -----------------------------------------------------

HOOKS = [dict(type='ExactResumeHook'), dict(type='CheckedWeightsHook')]


def _train(folder: Path, **options: Any) -> Use:
    run = runner(folder / 'run', train={}, epochs=2, hooks=HOOKS, **options)
    return run.train


def resume(folder: Path, path: Path) -> Use:
    return _train(folder, load_from=str(path), resume=True)


def load_from(folder: Path, path: Path) -> Use:
    return _train(folder, load_from=str(path))


def init_cfg(folder: Path, path: Path) -> Use:
    entry = dict(type='Pretrained', checkpoint=str(path))
    return _train(folder, model=dict(model(), init_cfg=entry))


def test(folder: Path, path: Path) -> Use:
    run = runner(folder / 'run', test={}, hooks=HOOKS, load_from=str(path))
    return run.test


WAYS = (resume, load_from, init_cfg, test)


def _pickled(way: Any, payload: Any, place: str) -> Exhibit:
    def show(folder: Path, canary: Path) -> Use:
        return way(folder, write(folder / 'bad.pth', place, payload(canary)))

    name = f'{payload.__name__} in {place}, {way.__name__}'
    return Exhibit(name, show, r'bad\.pth was refused: ')


def _trained(folder: Path) -> Path:
    runner(folder / 'first', train={}, epochs=1).train()
    return folder / 'first/epoch_1.pth'


def _edited(edit: Callable[[dict[str, Any]], Any]) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        path = _trained(folder)
        checkpoint = load_from_local(str(path))
        edit(checkpoint['state_dict'])
        torch.save(checkpoint, path)
        return init_cfg(folder, path)

    return show


def nan_weight(state: dict[str, Any]) -> None:
    state['head.fc.weight'][0, 0] = float('nan')


def wrong_shape(state: dict[str, Any]) -> None:
    state['head.fc.weight'] = torch.zeros(3, 6)


def four_classes(state: dict[str, Any]) -> None:
    state['head.fc.weight'] = torch.zeros(4, 12)
    state['head.fc.bias'] = torch.zeros(4)


def missing_key(state: dict[str, Any]) -> None:
    del state['head.fc.bias']


def truncated(folder: Path, canary: Path) -> Use:
    path = _trained(folder)
    path.write_bytes(path.read_bytes()[:-200])
    return init_cfg(folder, path)


def code_in_config(folder: Path, canary: Path) -> Use:
    path = _trained(folder)
    checkpoint = load_from_local(str(path))
    checkpoint['meta']['config'] = f'open({str(canary)!r}, "w").close()'
    torch.save(checkpoint, path)
    return resume(folder, path)


def pointer_outside(folder: Path, canary: Path) -> Use:
    outside = write(folder / 'evil.pth', 'meta', shell(canary))
    pointer = folder / 'run/last_checkpoint'
    pointer.parent.mkdir()
    pointer.write_text(str(outside))
    return _train(folder, resume=True)


def inflated_checkpoint(folder: Path, canary: Path) -> Use:
    """A gigabyte of zeros in a megabyte."""
    path = folder / 'bomb.pth'
    torch.save(dict(state_dict=dict(w=torch.zeros(1))), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            with archive.open(name, 'w') as member:
                member.write(data)
                for _ in range(1024 * name.endswith('/data/0')):
                    member.write(bytes(2**20))
    return lambda: CheckpointLoader.load_checkpoint(str(path), 'cpu')


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def _served(scheme: str) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        write(folder / 'served.pth', 'state_dict', shell(canary))
        handler = partial(_Handler, directory=str(folder))

        def use() -> None:
            server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            url = f'http://127.0.0.1:{server.server_port}/served.pth'
            known = patch.object(
                mmengine_checkpoint,
                'get_torchvision_models',
                lambda: {'x': url},
            )
            try:
                with known:
                    CheckpointLoader.load_checkpoint(
                        'torchvision://x' if scheme == 'torchvision' else url
                    )
            finally:
                server.shutdown()
                thread.join()
                server.server_close()

        return use

    return show


# ---- images ----------------------------------------------------------


def bomb_png(path: Path) -> Path:
    """A whole PNG of 20,000 x 20,000 black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(kind + data)
        return (
            struct.pack('>I', len(data))
            + kind
            + data
            + sum_.to_bytes(4, 'big')
        )

    size = struct.pack('>II', BOMB_SIDE, BOMB_SIDE)
    row = bytes(1 + BOMB_SIDE // 8)
    packer = zlib.compressobj(9)
    pixels = b''.join(packer.compress(row) for _ in range(BOMB_SIDE))
    path.write_bytes(
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', size + bytes([1, 0, 0, 0, 0]))
        + chunk(b'IDAT', pixels + packer.flush())
        + chunk(b'IEND', b'')
    )
    return path


def loaded_bomb(folder: Path, canary: Path) -> Use:
    path = bomb_png(folder / 'bomb.png')
    return lambda: LoadFace()(dict(img_path=str(path)))


def audited_bomb(folder: Path, canary: Path) -> Use:
    path = bomb_png(folder / 'bomb.png')

    def look() -> None:
        seen = look_at_file(FileTask(str(path)))
        raise ValueError(f'{seen.cause}: {seen.message}')

    return look


def bomb_in_a_folder_of_ones_own(folder: Path, canary: Path) -> Use:
    for split in ('train', 'test'):
        for name in 'ab':
            (folder / split / name).mkdir(parents=True)
    bomb_png(folder / 'train/a/bomb.png')
    root = Path(__file__).parents[2]
    config = Config.fromfile(root / 'configs/csgresnet18_custom.py')
    settings = config.train_dataloader.dataset
    settings.data_root = str(folder)

    def read() -> Any:
        # its other classes are empty, which is not the matter here
        return DATASETS.build(settings)[0]

    bomb_png(folder / 'train/b/bomb.png')
    return read


def wide_bitmap(folder: Path, canary: Path) -> Use:
    path = folder / 'wide.bmp'
    head = struct.pack(
        '<2sIHHIIiiHHIIiiII',
        *(b'BM', 54, 0, 0, 54, 40, 60_000, 60_000),
        *(1, 24, 0, 0, 0, 0, 0, 0),
    )
    path.write_bytes(head)
    return lambda: LoadFace()(dict(img_path=str(path)))


def endless_image(folder: Path, canary: Path) -> Use:
    path = sparse(folder / 'endless.jpg', 16 * GIB)
    return lambda: LoadFace()(dict(img_path=str(path)))


# ---- annotations -----------------------------------------------------


def sparse(path: Path, size: int, start: bytes = b'') -> Path:
    """A file of zeros that takes no place on the disk."""
    with open(path, 'wb') as file:
        file.write(start)
        file.truncate(size)
    return path


def long_fer_csv(folder: Path, canary: Path) -> Use:
    sparse(folder / 'fer2013.csv', GIB, b'emotion,pixels,Usage\n0,')
    return FER2013(folder, lazy_init=True).full_init


def long_raf_list(folder: Path, canary: Path) -> Use:
    rafdb.write_official(folder, 1, 0)
    sparse(folder / 'EmoLabel/list_patition_label.txt', GIB)
    return RAFDB(folder, lazy_init=True).full_init


def long_line(folder: Path, canary: Path) -> Use:
    rafdb.write_official(folder, 1, 0)
    path = folder / 'EmoLabel/list_patition_label.txt'
    path.write_text(f'{path.read_text()}\n{"x" * 2**21} 1\n')
    return RAFDB(folder, lazy_init=True).full_init


def long_affectnet_csv(folder: Path, canary: Path) -> Use:
    affectnet.write_csv(folder, 1, 0)
    path = folder / 'training.csv'
    sparse(path, GIB, path.read_bytes())
    return AffectNet(folder, lazy_init=True).full_init


def pickle_as_label(folder: Path, canary: Path) -> Use:
    affectnet.write_2021(folder, 1, 0)
    label = next((folder / 'train_set/annotations').glob('*_exp.npy'))
    np.save(label, np.array(shell(canary), object), allow_pickle=True)
    return AffectNet(folder, lazy_init=True).full_init


def bare_pickle_as_label(folder: Path, canary: Path) -> Use:
    affectnet.write_2021(folder, 1, 0)
    label = next((folder / 'train_set/annotations').glob('*_exp.npy'))
    label.write_bytes(pickle.dumps(shell(canary)))
    return AffectNet(folder, lazy_init=True).full_init


def _listed(line: str) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        rafdb.write_official(folder, 1, 0)
        path = folder / 'EmoLabel/list_patition_label.txt'
        path.write_text(f'{path.read_text()}\n{line}\n')
        return RAFDB(folder, lazy_init=True).full_init

    return show


def slip(folder: Path, canary: Path) -> Use:
    path = folder / 'RAF-DB.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr(f'../{canary.name}', 'escaped')
        archive.writestr(str(canary), 'escaped')
    return RAFDB(path, lazy_init=True).full_init


def loop(folder: Path, canary: Path) -> Use:
    for name in ('Image', 'basic', 'train'):
        (folder / name).symlink_to(folder, target_is_directory=True)
    return RAFDB(folder, lazy_init=True).full_init


def deep_json(folder: Path, canary: Path) -> Use:
    data = folder / 'demo'
    data.mkdir()
    (data / 'generator.json').write_text('[' * 60_000)
    return DemoFaces(data, lazy_init=True).full_init


def _yaml(text: str) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        affectnet.write_yolo(folder, 1, 0)
        (folder / 'YOLO_format/data.yaml').write_text(text)
        return AffectNet(folder, 'test', lazy_init=True).full_init

    return show


LAUGHS = 'a0: &a0 [x]\n' + ''.join(
    f'a{i}: &a{i} [{", ".join([f"*a{i - 1}"] * 9)}]\n' for i in range(1, 12)
)


# ---- what is kept ----------------------------------------------------


def _kept_index(change: Callable[[Path, Path], None]) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        found = rafdb.write_official(folder / 'raf', 1, 0)
        before = set(cache_folder().glob('*.zip'))
        RAFDB(folder / 'raf')
        (index,) = set(cache_folder().glob('*.zip')) - before
        change(index, canary)

        def read() -> None:
            wanted = sum(split == 'train' for split, _, _ in found)
            if len(RAFDB(folder / 'raf')) != wanted:
                raise ValueError('the index was believed')

        return read

    return show


def _replace(path: Path, name: str, data: bytes, packing: int) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w', packing) as archive:
        for key, value in (parts | {name: data}).items():
            archive.writestr(key, value)


def pickle_in_index(path: Path, canary: Path) -> None:
    data = io.BytesIO()
    np.save(data, np.array([shell(canary)], object), allow_pickle=True)
    _replace(path, 'label.npy', data.getvalue(), zipfile.ZIP_STORED)


def inflated_index(path: Path, canary: Path) -> None:
    _replace(path, 'names', bytes(GIB // 2), zipfile.ZIP_DEFLATED)


def deep_index(path: Path, canary: Path) -> None:
    _replace(path, 'head.json', b'[' * 10**6, zipfile.ZIP_STORED)


def immense_shape(path: Path, canary: Path) -> None:
    data = io.BytesIO()
    head = dict(descr='<i4', fortran_order=False, shape=(10**14,))
    np.lib.format.write_array_header_1_0(data, head)
    _replace(path, 'label.npy', data.getvalue(), zipfile.ZIP_STORED)


def pickle_in_hashes(folder: Path, canary: Path) -> Use:
    path = _cache_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, paths=np.array([shell(canary)], object))
    return lambda: find_content_hashes(folder, ['a.png'])


def pickle_in_pixels(folder: Path, canary: Path) -> Use:
    fer2013.write_csv(folder, 1, 0)
    place = cache_folder().parent / 'pixels'
    before = set(place.glob('*.npz'))
    FER2013(folder)
    (rows,) = set(place.glob('*.npz')) - before
    np.savez(rows, head=np.array([shell(canary)], object))
    return lambda: FER2013(folder, cache=True)[0]


def pickle_in_results(folder: Path, canary: Path) -> Use:
    path = folder / 'results.npz'
    objects = np.array([shell(canary)], object)
    keys = ('scores', 'labels', 'names', 'classes')
    np.savez(path, **dict.fromkeys(keys, objects))
    return lambda: Predictions.load(path)


def bare_pickle_as_results(folder: Path, canary: Path) -> Use:
    path = folder / 'results.pkl'
    path.write_bytes(pickle.dumps(shell(canary)))
    return lambda: Predictions.load(path)


ZOO = [
    *(_pickled(way, shell, 'optimizer') for way in WAYS),
    *(_pickled(way, through_getattr, 'meta') for way in WAYS),
    _pickled(resume, shell, 'message_hub'),
    Exhibit('code in the config', code_in_config, ''),
    Exhibit('pickle over http', _served('http'), r'served\.pth.* was refused'),
    Exhibit(
        'pickle behind an alias',
        _served('torchvision'),
        r'served\.pth.* was refused',
    ),
    Exhibit(
        'pointer out of the folder',
        pointer_outside,
        r'last_checkpoint names evil\.pth, but .*run has no epoch_',
    ),
    Exhibit(
        'inflated checkpoint',
        inflated_checkpoint,
        r'bomb\.pth cannot be read .* is compressed',
    ),
    Exhibit(
        'NaN weight',
        _edited(nan_weight),
        r'epoch_1\.pth \(init_cfg of the model\): NaN .* head\.fc\.weight',
    ),
    Exhibit(
        'wrong shape',
        _edited(wrong_shape),
        r'epoch_1\.pth .* head\.fc\.weight: .*\(3, 6\)',
    ),
    Exhibit(
        'four classes',
        _edited(four_classes),
        r'epoch_1\.pth .*head\.fc\.weight: .*\(4, 12\).*\(3, 12\)',
    ),
    Exhibit(
        'missing key',
        _edited(missing_key),
        r'epoch_1\.pth .* head\.fc\.bias: in the model, not in the file',
    ),
    Exhibit(
        'truncated', truncated, r'epoch_1\.pth cannot be read .*truncated'
    ),
    Exhibit(
        'bomb',
        loaded_bomb,
        r'bomb\.png: 20000 x 20000 pixels; at most 67108864 ',
    ),
    Exhibit(
        'bomb in an audit',
        audited_bomb,
        r'too large: .*bomb\.png: 20000 x 20000 pixels; at most 67108864 ',
    ),
    Exhibit(
        'bomb in class folders',
        bomb_in_a_folder_of_ones_own,
        r'bomb\.png: 20000 x 20000 pixels; at most 67108864 ',
    ),
    Exhibit(
        'wide bitmap', wide_bitmap, r'wide\.bmp: .*3600000000 pixels.*at most'
    ),
    Exhibit(
        'endless image', endless_image, r'endless\.jpg: 17179869184 bytes; '
    ),
    Exhibit(
        'CSV of one line',
        long_fer_csv,
        r'fer2013\.csv, line 2: 10737418\d\d bytes; a row of 2304 ',
    ),
    Exhibit(
        'list of one line',
        long_raf_list,
        r'list_patition_label\.txt: 1073741824 bytes; a list of at most',
    ),
    Exhibit(
        'list with a long line',
        long_line,
        r'label\.txt, line 15: longer than 1048576 bytes',
    ),
    Exhibit(
        'CSV whose last line is long',
        long_affectnet_csv,
        r'training\.csv, line \d+: 1048576 characters or more',
    ),
    Exhibit(
        'pickle in a label',
        pickle_as_label,
        r"_exp\.npy: holds type '\|O'; a number",
    ),
    Exhibit(
        'pickle as a label',
        bare_pickle_as_label,
        r'_exp\.npy: no \.npy file: it starts with',
    ),
    Exhibit(
        'path up',
        _listed('../train_secret.jpg 1'),
        r"label\.txt, line \d+: '../train_secret.jpg' leaves the folder",
    ),
    Exhibit(
        'path up inside a path',
        _listed('Image/../../train_secret.jpg 1'),
        r"label\.txt, line \d+: 'Image/.*secret.jpg' leaves the folder",
    ),
    Exhibit('zip slip', slip, r'RAF-DB\.zip.* is an archive: unpack it'),
    Exhibit('folders in a loop', loop, r'zoo'),
    Exhibit('deep JSON', deep_json, r'generator\.json: not JSON: '),
    Exhibit('many aliases', _yaml(LAUGHS), r'data\.yaml: uses an alias'),
    Exhibit(
        'deep YAML',
        _yaml('[' * 60_000),
        r'data\.yaml: nested deeper than 8 levels',
    ),
    Exhibit('pickle in an index', _kept_index(pickle_in_index), ''),
    Exhibit('inflated index', _kept_index(inflated_index), ''),
    Exhibit('deep index', _kept_index(deep_index), ''),
    Exhibit('immense shape', _kept_index(immense_shape), ''),
    Exhibit('pickle in hashes', pickle_in_hashes, ''),
    Exhibit('pickle in pixels', pickle_in_pixels, ''),
    Exhibit('pickle in results', pickle_in_results, r'results\.npz, '),
    Exhibit(
        'pickle as results',
        bare_pickle_as_results,
        r'results\.pkl: .*not a zip',
    ),
]
