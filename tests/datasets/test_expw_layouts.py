"""ExpW: every layout gives the right faces with the right labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import ExpW, LoadFace
from csgresnet_mm.datasets.layouts.expw import WRITERS

CLASSES = ('Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral')
Line = tuple[str, int, int, int, int, int, float, int]
"""name, face_id, top, left, right, bottom, confidence, label: as written."""


def lines(photographs: int = 12, faces: int = 2) -> list[Line]:
    """So many photographs with so many faces each; labels take turns."""
    return [
        (
            f'angry_man_{number}.jpg',
            face,
            2,
            1 + 10 * face,
            9 + 10 * face,
            10,
            20.5 + number,
            (number * faces + face) % 7,
        )
        for number in range(photographs)
        for face in range(faces)
    ]


def write_image(path: Path, size: int = 24) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode('.jpg', np.full((size, size, 3), 90, np.uint8))[1]
    path.write_bytes(data.tobytes())


def write(
    root: Path,
    own: Iterable[Line],
    *,
    label: str = 'label/label.lst',
    image: str = 'image/origin',
) -> Path:
    """The list and the photographs; returns the list's path."""
    own = list(own)
    for name in {line[0] for line in own}:
        write_image(root / image / name)
    path = root / label
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(f'{" ".join(map(str, n))}\n' for n in own))
    return path


def samples(data: ExpW) -> list[tuple[str, int, tuple, str]]:
    """(file name, label, box, group) in order."""
    infos = [data.get_data_info(index) for index in range(len(data))]
    return [
        (
            Path(info['img_path']).name,
            info['gt_label'],
            tuple(info['box']),
            info['group'],
        )
        for info in infos
    ]


def expected(own: Iterable[Line]) -> list[tuple[str, int, tuple, str]]:
    """What a reader must give for lines."""
    return [
        (name, label, (left, top, right, bottom), name)
        for name, _, top, left, right, bottom, _, label in own
    ]


def tenth(own: Sequence[Line], ratio: float = 0.1, seed: int = 0) -> set[str]:
    """Photographs of test, worked out anew: whole photographs by rank."""
    faces = [line[0] for line in own]

    def rank(name: str) -> tuple[bytes, str]:
        text = f'{seed}:{name}'.encode()
        return hashlib.blake2b(text, digest_size=8).digest(), name

    chosen: set[str] = set()
    for name in sorted(set(faces), key=rank):
        chosen.add(name)
        if sum(f in chosen for f in faces) >= round(ratio * len(faces)):
            break
    return chosen


def assert_splits(root: Path, own: Sequence[Line], **kwargs) -> None:
    """Train and test hold exactly the lines, in order."""
    test = tenth(own)
    for split in ('train', 'test'):
        want = [n for n in own if (n[0] in test) == (split == 'test')]
        assert want
        assert samples(ExpW(root, split, **kwargs)) == expected(want)


def test_classes_are_the_native_order(tmp_path: Path) -> None:
    write(tmp_path, lines())
    assert ExpW(tmp_path).metainfo['classes'] == CLASSES
    assert sum(ExpW.PUBLISHED['all']) == 91793


# ---- where list and photographs lie ----------------------------------

PLACES = {
    'as distributed': ('data/label/label.lst', 'data/image/origin'),
    'without data': ('label/label.lst', 'image/origin'),
    'list and origin': ('label.lst', 'origin'),
    'list and image': ('label.lst', 'image/origin'),
    'only images in data': ('label/label.lst', 'data/image/origin'),
    'only the list in data': ('data/label/label.lst', 'image/origin'),
    'origin in origin': ('label/label.lst', 'image/origin/origin'),
    'Kaggle': ('data/label.lst', 'data/origin/origin'),
}


@pytest.mark.parametrize('place', PLACES)
@pytest.mark.parametrize('below', ['.', 'ExpW', 'a/ExpW'])
def test_places(tmp_path: Path, place: str, below: str) -> None:
    label, image = PLACES[place]
    if below == 'a/ExpW' and label.startswith('data'):
        below = 'ExpW'
    write(tmp_path / below, lines(), label=label, image=image)
    assert_splits(tmp_path, lines())


@pytest.mark.parametrize('inner', ['data', 'data/label'])
def test_root_inside_the_pack(tmp_path: Path, inner: str) -> None:
    write(
        tmp_path,
        lines(),
        label='data/label/label.lst',
        image='data/image/origin',
    )
    assert_splits(tmp_path / inner, lines())


@pytest.mark.parametrize('name', WRITERS)
def test_generated_layout(tmp_path: Path, name: str) -> None:
    found = WRITERS[name](tmp_path, 6, 3)
    assert len(found) == 42
    for split in ('train', 'test'):
        data = ExpW(tmp_path, split)
        got = [
            (
                Path(data.get_data_info(i)['img_path']),
                data.get_data_info(i)['gt_label'],
            )
            for i in range(len(data))
        ]
        own = [(tmp_path / p, n) for s, p, n in found if s == split]
        assert got == own
        for path, _ in got:
            assert cv2.imread(str(path)) is not None


def test_forced_layout(tmp_path: Path) -> None:
    write(tmp_path, lines())
    assert_splits(tmp_path, lines(), layout='photographs')
    with pytest.raises(ValueError, match="layout='folders' is unknown"):
        ExpW(tmp_path, layout='folders')


def test_built_from_a_config(tmp_path: Path) -> None:
    write(tmp_path, lines())
    config = dict(type='ExpW', data_root=str(tmp_path), split='test')
    assert isinstance(DATASETS.build(config), ExpW)


# ---- text ------------------------------------------------------------


@pytest.mark.parametrize('end', [b'\r\n', b'\n\n', b'\n', b'\t\n'])
@pytest.mark.parametrize('final', [True, False])
def test_crlf_bom_and_blank_lines(tmp_path, end: bytes, final: bool) -> None:
    path = write(tmp_path, lines())
    data = path.read_bytes().strip().replace(b'\n', end)
    path.write_bytes(b'\xef\xbb\xbf' + data + end * final)
    assert_splits(tmp_path, lines())


def test_blank_lines_are_told(tmp_path: Path, log) -> None:
    path = write(tmp_path, lines())
    path.write_text('\n \n' + path.read_text())
    ExpW(tmp_path)
    assert f'{path}: passed over 2 blank lines' in log.notes


def test_no_line_is_taken_for_a_header(tmp_path: Path) -> None:
    own = lines()
    write(tmp_path, own)
    both = [
        name
        for split in ('train', 'test')
        for name, *_ in samples(ExpW(tmp_path, split))
    ]
    assert both.count(own[0][0]) == 2


def test_labels_from_one(tmp_path: Path) -> None:
    own = lines()
    write(tmp_path, [(*line[:7], line[7] + 1) for line in own])
    assert_splits(tmp_path, own)


@pytest.mark.parametrize('base', [0, 1])
def test_label_base_is_for_lists_that_do_not_tell(tmp_path, base) -> None:
    own = [(*line[:7], 2 + line[7] % 2) for line in lines()]
    write(tmp_path, own)
    want = [(*line[:7], line[7] - base) for line in own]
    assert_splits(tmp_path, want, label_base=base)


# ---- boxes -----------------------------------------------------------


def test_columns_are_top_left_right_bottom(tmp_path: Path) -> None:
    """The line of the publisher's own example: a square of 113 pixels."""
    path = write(tmp_path, lines())
    write_image(tmp_path / 'image/origin/angry_actor_104.jpg', 300)
    with path.open('a') as file:
        file.write('angry_actor_104.jpg 0 28 113 226 141 22.9362 0\n')
    found = [
        sample
        for split in ('train', 'test')
        for sample in samples(ExpW(tmp_path, split))
    ]
    own = [sample for sample in found if sample[0].startswith('angry_act')]
    box = (113.0, 28.0, 226.0, 141.0)
    assert own == [('angry_actor_104.jpg', 0, box, 'angry_actor_104.jpg')]


def test_crop_shows_the_face(tmp_path: Path) -> None:
    """A red face on black: no black is left, and all of the red is."""
    own = [(f'a_{n}.png', 0, 10, 40, 60, 30, 9.5, n % 7) for n in range(14)]
    write(tmp_path, own)
    image = np.zeros((80, 100, 3), np.uint8)
    image[10:30, 40:60, 2] = 255
    for line in own:
        path = tmp_path / 'image/origin' / line[0]
        path.write_bytes(cv2.imencode('.png', image)[1].tobytes())
    data = ExpW(tmp_path, pipeline=[LoadFace(margin=0)])
    for index in range(len(data)):
        face = data[index]['img']
        assert face.shape == (20, 20, 3)
        assert (face == (0, 0, 255)).all()


# ---- the split -------------------------------------------------------


@pytest.mark.parametrize('seed', [0, 1, 7])
@pytest.mark.parametrize('ratio', [0.1, 0.3])
def test_no_photograph_is_on_both_sides(tmp_path, seed, ratio) -> None:
    own = lines(40, 3)
    write(tmp_path, own)
    options = dict(test_ratio=ratio, seed=seed)
    parts = {}
    for split in ('train', 'val', 'test'):
        parts[split] = samples(ExpW(tmp_path, split, val_ratio=0.2, **options))
    assert sorted(sum(parts.values(), [])) == sorted(expected(own))
    names = {split: {s[0] for s in part} for split, part in parts.items()}
    assert not names['train'] & names['val']
    assert not names['train'] & names['test']
    assert not names['val'] & names['test']
    assert names['test'] == tenth(own, ratio, seed)
    assert len(names['test']) == round(ratio * 40)
    assert len(names['val']) == pytest.approx(0.2 * (40 - 40 * ratio), abs=1)


def test_split_does_not_depend_on_the_order_of_lines(tmp_path: Path) -> None:
    own = lines(30)
    write(tmp_path / 'a', own)
    write(tmp_path / 'b', own[::-1])
    first = samples(ExpW(tmp_path / 'a', 'test'))
    assert sorted(first) == sorted(samples(ExpW(tmp_path / 'b', 'test')))


def test_options_move_no_photograph_across(tmp_path: Path) -> None:
    own = lines(30)
    write(tmp_path, [*own, *own[:10]])
    test = {s[0] for s in samples(ExpW(tmp_path, 'test'))}
    options = dict(drop_duplicates=True, min_confidence=30)
    fewer = samples(ExpW(tmp_path, 'test', **options))
    train = samples(ExpW(tmp_path, 'train', **options))
    assert {s[0] for s in fewer} <= test
    assert not {s[0] for s in train} & test


def test_all_is_train(tmp_path: Path) -> None:
    write(tmp_path, lines())
    data = ExpW(tmp_path, test_ratio=0)
    assert samples(data) == expected(lines())


# ---- what options leave out ------------------------------------------


def test_min_confidence(tmp_path: Path, log) -> None:
    own = lines()
    path = write(tmp_path, own)
    data = ExpW(tmp_path, test_ratio=0, min_confidence=25.5)
    sure = [line for line in own if line[6] >= 25.5]
    assert samples(data) == expected(sure)
    assert len(sure) == 14
    assert (
        f'{path}: min_confidence=25.5 leaves out 10 of 24 faces' in log.notes
    )


def test_duplicates_are_kept_and_told(tmp_path: Path, log) -> None:
    own = lines()
    unlike = (*own[3][:7], 6)
    path = write(tmp_path, [*own, own[0], unlike])
    data = ExpW(tmp_path, test_ratio=0)
    assert samples(data) == expected([*own, own[0], unlike])
    assert (
        f'{path}: 2 faces are listed more than once (first: lines 1 and 25), '
        '1 of them with different labels; all are kept; drop_duplicates=True '
        'leaves 3 lines out'
    ) in log.warnings


def test_duplicates_are_dropped(tmp_path: Path, log) -> None:
    """The first of equal ones stays, none of those that contradict."""
    own = lines()
    unlike = (*own[3][:7], 6)
    write(tmp_path, [*own, own[0], own[0], unlike])
    data = ExpW(tmp_path, test_ratio=0, drop_duplicates=True)
    assert samples(data) == expected(own[:3] + own[4:])
    assert any('; 4 lines are left out' in text for text in log.warnings)


def test_same_face_number_with_another_box_is_another_face(tmp_path) -> None:
    own = lines()
    other = (own[0][0], 0, 12, 1, 9, 20, 30.5, 5)
    write(tmp_path, [*own, other])
    data = ExpW(tmp_path, test_ratio=0, drop_duplicates=True)
    assert samples(data) == expected([*own, other])


def test_no_duplicates_no_word(tmp_path: Path, log) -> None:
    write(tmp_path, lines())
    ExpW(tmp_path, drop_duplicates=True)
    assert not any('more than once' in text for _, text in log)


# ---- counts ----------------------------------------------------------


def test_counts_are_those_of_the_whole_list(tmp_path: Path, log) -> None:
    write(tmp_path, lines(14, 1))

    class Small(ExpW):
        PUBLISHED = {'all': (2,) * 7}

    for split in ('train', 'test'):
        Small(tmp_path, split)
    assert log.warnings == []
    ExpW(tmp_path)
    [warning] = log.warnings
    assert '14 images (2/2/2/2/2/2/2)' in warning
    assert '91793 (3671/3995/1088/30537/10559/7060/34883)' in warning


def test_number_of_images_is_logged(tmp_path: Path, log) -> None:
    write(tmp_path, lines())
    count = len(ExpW(tmp_path, 'test'))
    assert any(f'ExpW test: {count} images' in text for text in log.notes)


# ---- indexes that are kept -------------------------------------------


def test_second_opening_says_the_same(tmp_path: Path, log) -> None:
    own = lines()
    write(tmp_path, [*own, own[0]])
    options = dict(min_confidence=21, on_error='skip')
    first = samples(ExpW(tmp_path, **options))
    said = list(log)
    assert len(said) == 4
    log.clear()
    assert samples(ExpW(tmp_path, **options)) == first
    assert list(log) == said


def test_a_changed_list_is_seen(tmp_path: Path) -> None:
    own = lines()
    write(tmp_path, own)
    assert samples(ExpW(tmp_path, test_ratio=0)) == expected(own)
    turned = [(*line[:7], 6 - line[7]) for line in own]
    write(tmp_path, turned)
    assert samples(ExpW(tmp_path, test_ratio=0)) == expected(turned)


def test_a_photograph_that_is_gone_is_seen(tmp_path: Path) -> None:
    own = lines()
    write(tmp_path, own)
    options = dict(test_ratio=0, on_error='skip')
    assert len(ExpW(tmp_path, **options)) == 24
    (tmp_path / 'image' / 'origin' / own[0][0]).unlink()
    assert samples(ExpW(tmp_path, **options)) == expected(own[2:])


@pytest.mark.parametrize(
    'option',
    [
        dict(test_ratio=0.5),
        dict(seed=1),
        dict(min_confidence=30),
        dict(drop_duplicates=True),
        dict(label_base=1),
    ],
)
def test_each_option_has_its_own_index(tmp_path: Path, option: dict) -> None:
    own = [(*line[:7], 1 + line[7] % 6) for line in lines()]
    write(tmp_path, [*own, *own[:8]])
    plain = dict(label_base=0, test_ratio=0.3)
    first = samples(ExpW(tmp_path, **plain))
    other = samples(ExpW(tmp_path, **{**plain, **option}))
    assert other != first
    assert samples(ExpW(tmp_path, cache=False, **{**plain, **option})) == other
