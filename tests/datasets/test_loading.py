"""Reading an image at access: whole files, crops, colours, skips."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from mmpretrain.datasets import KFoldDataset
from mmpretrain.registry import TRANSFORMS
from PIL import Image
from torch.utils.data import DataLoader

from csgresnet_mm.datasets import (
    RAFDB,
    DatasetError,
    LoadFace,
    UnreadableImageError,
)
from csgresnet_mm.datasets.loading.load_face import crop_box, is_truncated

from .rafdb_layouts import (
    encode,
    faces,
    write_boxes,
    write_image,
    write_official,
)

LOAD = [dict(type='LoadImageFromFile')]


def photograph(size: int = 64) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (size, size, 3))
    return cv2.GaussianBlur(noise.astype(np.uint8), (0, 0), 2)


def as_bytes(suffix: str, **options) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(photograph()[..., ::-1])
    image.save(buffer, suffix, **options)
    return buffer.getvalue()


def with_thumbnail() -> bytes:
    """A JPEG whose header holds a whole JPEG, end marker and all."""
    data, thumbnail = as_bytes('JPEG'), encode()
    assert thumbnail.endswith(b'\xff\xd9')
    size = (len(thumbnail) + 2).to_bytes(2, 'big')
    return data[:2] + b'\xff\xe1' + size + thumbnail + data[2:]


FILES = {
    'JPEG': as_bytes('JPEG'),
    'progressive JPEG': as_bytes('JPEG', progressive=True),
    'JPEG with a thumbnail': with_thumbnail(),
    'JPEG with fill bytes': as_bytes('JPEG')[:2]
    + b'\xff\xff'
    + as_bytes('JPEG')[2:],
    'PNG': as_bytes('PNG'),
}


@pytest.mark.parametrize('name', FILES)
def test_atomic_write_is_not_truncated(name: str) -> None:
    assert not is_truncated(FILES[name])
    assert not is_truncated(FILES[name] + b'\0\0trailer')
    assert cv2.imdecode(np.frombuffer(FILES[name], np.uint8), 1) is not None


@pytest.mark.parametrize('name', FILES)
def test_every_shorter_file_is_truncated(name: str) -> None:
    data = FILES[name]
    for end in range(8, len(data)):
        assert is_truncated(data[:end]), f'{end} of {len(data)} bytes'


def test_other_formats_are_left_to_the_decoder() -> None:
    for data in (b'', b'GIF89a', encode(suffix='.bmp')[:40]):
        assert not is_truncated(data)


# ---- LoadFace --------------------------------------------------------


def test_takes_the_place_of_the_plain_loader(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    plain = dict(
        type='LoadImageFromFile',
        to_float32=True,
        color_type='grayscale',
        imdecode_backend='pillow',
    )
    for given in (plain, TRANSFORMS.build(plain)):
        data = RAFDB(tmp_path, pipeline=[given, dict(type='Resize', scale=4)])
        loader = data.pipeline.transforms[0]
        assert type(loader) is LoadFace
        assert isinstance(loader, LoadImageFromFile)
        assert 'to_float32=True' in repr(loader)
        assert "color_type='grayscale'" in repr(loader)
        assert "imdecode_backend='pillow'" in repr(loader)
        assert 'margin=0.1, max_pixels=67108864)' in repr(loader)
        image = data[0]['img']
        assert image.shape == (4, 4)
        assert image.dtype == np.float32


def test_own_margin_is_kept(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(tmp_path, pipeline=[dict(type='LoadFace', margin=0.3)])
    assert data.pipeline.transforms[0].margin == 0.3


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.bmp'])
def test_same_pixels_as_the_plain_loader(tmp_path: Path, suffix) -> None:
    path = write_image(
        tmp_path / f'x{suffix}',
        cv2.imencode(suffix, photograph())[1].tobytes(),
    )
    plain = LoadImageFromFile()(dict(img_path=str(path)))
    ours = LoadFace()(dict(img_path=str(path)))
    assert plain.keys() == ours.keys()
    assert np.array_equal(plain['img'], ours['img'])
    assert plain['img_shape'] == ours['img_shape'] == ours['ori_shape']


def test_pixels_are_bgr(tmp_path: Path) -> None:
    """MMPretrain's preprocessor turns BGR to RGB with ``to_rgb=True``."""
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    Image.fromarray(red).save(tmp_path / 'red.png')
    image = LoadFace()(dict(img_path=str(tmp_path / 'red.png')))['img']
    assert image[0, 0].tolist() == [0, 0, 255]


def test_grey_becomes_three_channels(tmp_path: Path) -> None:
    Image.new('L', (8, 8), 77).save(tmp_path / 'grey.png')
    image = LoadFace()(dict(img_path=str(tmp_path / 'grey.png')))['img']
    assert image.shape == (8, 8, 3)
    assert np.all(image == 77)


@pytest.mark.parametrize(
    'box, margin, expected',
    [
        ((10, 20, 30, 60), 0, (10, 20, 30, 60)),
        ((10, 20, 30, 60), 0.25, (5, 10, 35, 70)),
        ((10.6, 20.2, 29.5, 60.1), 0, (10, 20, 30, 61)),
        ((10, 20, 30, 60), 2, (0, 0, 70, 100)),
        ((-5, -5, 200, 200), 0.1, (0, 0, 80, 100)),
        ((80, 0, 90, 10), 0.5, None),
        ((0, -10, 10, 0), 0.5, None),
    ],
)
def test_crop_box(box, margin, expected) -> None:
    assert crop_box(box, margin, 80, 100) == expected


def test_box_is_cropped(tmp_path: Path) -> None:
    """Left, top, right, bottom; not x, y, width, height."""
    image = photograph()
    path = tmp_path / 'x.png'
    cv2.imwrite(str(path), image)
    found = LoadFace(margin=0)(
        dict(img_path=str(path), box=(10.0, 20.0, 30.0, 25.0))
    )
    assert np.array_equal(found['img'], image[20:25, 10:30])
    assert found['img_shape'] == found['ori_shape'] == (5, 20)


def test_original_is_cropped_in_a_stock_pipeline(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), folder='original', stored='{key}.jpg')
    image = photograph()
    for face in faces():
        cv2.imwrite(str(tmp_path / f'Image/original/{face.key}.jpg'), image)
    write_boxes(tmp_path, faces(), '10 20 30 40')
    data = RAFDB(tmp_path, alignment='original', pipeline=LOAD)
    whole = cv2.imread(str(tmp_path / 'Image/original/train_00001.jpg'))
    assert np.array_equal(data[0]['img'], whole[18:42, 8:32])


def test_original_without_a_loader_is_refused(tmp_path: Path) -> None:
    write_official(tmp_path, faces(), folder='original', stored='{key}.jpg')
    write_boxes(tmp_path, faces(), '1 2 5 6')
    with pytest.raises(ValueError, match='needs LoadImageFromFile or'):
        RAFDB(
            tmp_path,
            alignment='original',
            pipeline=[dict(type='Resize', scale=4)],
        )


def test_ignore_empty_is_refused(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    load = dict(type='LoadImageFromFile', ignore_empty=True)
    with pytest.raises(ValueError, match="use on_error='skip'"):
        RAFDB(tmp_path, pipeline=[load])


def test_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match='margin=-0.1 is negative'):
        LoadFace(margin=-0.1)


# ---- unreadable images -----------------------------------------------

BROKEN = {
    'truncated': (as_bytes('JPEG')[:-200], 'truncated image', 'truncated'),
    'truncated PNG': (as_bytes('PNG')[:-3], 'truncated image', 'truncated'),
    'text': (b'<html>404</html>', 'cannot be decoded', 'cannot be decoded'),
    'empty': (b'', 'empty file', 'empty'),
    'missing': (None, 'cannot be read', 'cannot be read'),
}


def spoil(root: Path, data: bytes | None, key: str = 'train_00003') -> Path:
    path = root / 'Image' / 'aligned' / f'{key}_aligned.jpg'
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    return path


@pytest.mark.parametrize('case', BROKEN)
@pytest.mark.parametrize('backend', ['cv2', 'pillow'])
def test_error_names_the_image(tmp_path: Path, case: str, backend) -> None:
    write_official(tmp_path, faces())
    load = dict(type='LoadImageFromFile', imdecode_backend=backend)
    data = RAFDB(tmp_path, pipeline=[load])
    contents, text, cause = BROKEN[case]
    path = spoil(tmp_path, contents)
    with pytest.raises(UnreadableImageError, match=f'{path}: {text}') as error:
        data[2]
    assert error.value.cause == cause
    assert data[1]['sample_idx'] == 1


@pytest.mark.parametrize('split', ['test', 'val'])
def test_val_and_test_raise_though_skipping(tmp_path: Path, split) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(
        tmp_path, split, pipeline=LOAD, on_error='skip', val_ratio=0.5
    )
    path = Path(data.get_data_info(2)['img_path'])
    path.write_bytes(as_bytes('JPEG')[:-200])
    with pytest.raises(UnreadableImageError, match=str(path)):
        data[2]


@pytest.mark.parametrize('split, mode', [('test', False), ('train', True)])
def test_only_training_skips(tmp_path: Path, split: str, mode: bool) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(
        tmp_path, split, pipeline=LOAD, on_error='skip', test_mode=mode
    )
    spoil(tmp_path, b'x', 'test_0001' if split == 'test' else 'train_00001')
    with pytest.raises(UnreadableImageError, match='cannot be decoded'):
        data[0]


def test_subset_counts_anew(tmp_path: Path, log) -> None:
    """Samples have other numbers in it."""
    write_official(tmp_path, faces())
    data = RAFDB(tmp_path, pipeline=LOAD, on_error='skip')
    bad = spoil(tmp_path, b'x', 'train_00001')
    data[0]
    subset = data.get_subset([5, 0])
    assert subset.skipped == {}
    log.clear()
    assert subset[1]['sample_idx'] == 0
    assert log.warnings[0].startswith(str(bad))
    data.get_subset_(3)
    assert data.skipped == {}


def test_skip_takes_the_next_sample(tmp_path: Path, log) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(tmp_path, pipeline=LOAD, on_error='skip')
    log.clear()
    bad = [
        spoil(tmp_path, BROKEN['truncated'][0], 'train_00003'),
        spoil(tmp_path, BROKEN['text'][0], 'train_00004'),
        spoil(tmp_path, BROKEN['truncated'][0], 'train_00014'),
    ]
    for _ in range(2):
        assert data[2]['sample_idx'] == data[3]['sample_idx'] == 4
        assert data[13]['sample_idx'] == 0
        assert data[2]['gt_label'] == 4
    assert data.skipped == {'truncated': 2, 'cannot be decoded': 1}
    assert len(log.warnings) == 3
    for path, warning in zip(bad, log.warnings, strict=True):
        assert warning.startswith(f'{path}: ')
    assert log.warnings[-1].endswith(
        'the next sample is used. Skipped so far: 2 truncated, 1 cannot be '
        'decoded'
    )


def test_only_reading_is_skipped(tmp_path: Path) -> None:
    """An error of another transform is not an unreadable image."""
    write_official(tmp_path, faces())

    def fail(results: dict) -> dict:
        raise ValueError('my own bug')

    data = RAFDB(tmp_path, pipeline=[*LOAD, fail], on_error='skip')
    with pytest.raises(ValueError, match='my own bug'):
        data[0]


@pytest.mark.parametrize('on_error', ['raise', 'skip'])
@pytest.mark.parametrize('split', ['train', 'test'])
def test_no_sample_is_replaced_unseen(tmp_path, on_error, split) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(
        tmp_path, split, pipeline=[*LOAD, lambda _: None], on_error=on_error
    )
    with pytest.raises(DatasetError, match='aligned.jpg: the pipeline return'):
        data[0]


def test_nothing_readable(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(tmp_path, pipeline=LOAD, on_error='skip')
    for face in faces():
        spoil(tmp_path, b'x', face.key)
    text = r"none of the 14 images of 'train' can be read: .*decoded': 14"
    with pytest.raises(DatasetError, match=text):
        data[0]


def test_unknown_cause_is_counted_too(tmp_path: Path) -> None:
    write_official(tmp_path, faces())

    def fail(results: dict) -> dict:
        if results['sample_idx'] == 0:
            raise UnreadableImageError('x.jpg: too dark', 'too dark')
        return results

    data = RAFDB(tmp_path, pipeline=[fail], on_error='skip')
    assert data[0]['sample_idx'] == 1
    assert data.skipped == {'unreadable': 1}


def test_skip_stays_in_its_fold(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    cfg = dict(
        type='RAFDB', data_root=str(tmp_path), pipeline=LOAD, on_error='skip'
    )
    train = KFoldDataset(cfg, fold=0, num_splits=2)
    own = {train.get_data_info(i)['img_path'] for i in range(7)}
    Path(train.get_data_info(6)['img_path']).write_bytes(b'x')
    assert train[6]['img_path'] in own
    assert train.dataset.skipped == {'cannot be decoded': 1}


def first(batch: list[dict]) -> list[int]:
    return [item['sample_idx'] for item in batch]


def test_workers_report_an_image_once(tmp_path: Path) -> None:
    """Also those that are started anew for the next epoch."""
    write_official(tmp_path, faces())
    data = RAFDB(tmp_path, pipeline=LOAD, on_error='skip')
    spoil(tmp_path, b'x', 'train_00003')
    spoil(tmp_path, BROKEN['truncated'][0], 'train_00010')
    loader = DataLoader(
        data,
        batch_size=7,
        num_workers=2,
        collate_fn=first,
        multiprocessing_context='fork',
    )
    for _ in range(2):
        drawn = [index for batch in loader for index in batch]
        assert Counter(drawn) == Counter(
            [0, 1, 3, 3, 4, 5, 6, 7, 8, 10, 10, 11, 12, 13]
        )
        assert data.skipped == {'cannot be decoded': 1, 'truncated': 1}


def test_error_keeps_its_name_across_workers(tmp_path: Path) -> None:
    write_official(tmp_path, faces())
    data = RAFDB(tmp_path, pipeline=LOAD)
    path = spoil(tmp_path, b'x')
    loader = DataLoader(
        data,
        batch_size=7,
        num_workers=1,
        collate_fn=first,
        multiprocessing_context='fork',
    )
    with pytest.raises(UnreadableImageError, match=str(path)):
        list(loader)
