"""RAF-DB compound keeps the contract; the sets that it is not."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings

from csgresnet_mm.datasets import RAFDB, DatasetError, RAFDBCompound
from csgresnet_mm.datasets.layouts import rafdb
from csgresnet_mm.datasets.layouts.rafdb_compound import WRITERS

from .contract import Bad, DatasetContract, Layout
from .contract.edits import append, each, image, keep, move, remove, rewrite
from .contract.edits import text as put
from .contract.fuzz import Read, compare, lines_of, mutated
from .contract.suite import of, seen
from .test_rafdb import BOTH, BOXES, LINES, LIST, ORIGINAL, TRAIN, renumber

BASIC = partial(rafdb.write_official, images_per_class=2, seed=0)
OTHER = {  # lines that RAF-DB's own list cannot have, or means otherwise
    'label out of range': (
        'train_0099.jpg 12',
        "label 12 of 'train_0099.jpg' is outside 1..11 (labels 1..7 are",
        'label out of range',
        BOTH,
    ),
    'label is a name': (
        'train_0099.jpg Sadly-Angry',
        "label 'Sadly-Angry' is not an integer",
        'label not an integer',
        BOTH,
    ),
}


class TestRAFDBCompound(DatasetContract):
    kind = RAFDBCompound
    classes = (
        'Happily-Surprised Happily-Disgusted Sadly-Fearful Sadly-Angry '
        'Sadly-Surprised Sadly-Disgusted Fearfully-Angry Fearfully-Surprised '
        'Angrily-Surprised Angrily-Disgusted Disgustedly-Surprised'
    ).split()
    layouts = {
        name: Layout(
            write,
            'official',
            options=ORIGINAL if name == 'original' else {},
            lists=[LIST],
            relabel=(LIST, '0001.jpg 1\n', '0001.jpg 2\n'),
            ordered=True,
        )
        for name, write in WRITERS.items()
    }
    apart = ('a', 'b')
    orders = ()
    arguments = {
        'alignment': (dict(alignment='cropped'), "='cropped' is unknown"),
        'label_base': (dict(label_base=2), 'label_base=2 is unknown'),
        'folders': (dict(layout='folders'), "layout='folders' is unknown"),
        'val': (dict(split='val'), 'RAF-DB has no validation split'),
    }
    bad = {
        **{
            case: Bad(
                append(LIST, line.replace('_000', '_00')),
                f'{{list}}, line 67: {message.replace("_000", "_00")}',
                cause,
                splits=splits,
            )
            for case, (line, message, cause, splits) in {
                **LINES,
                **OTHER,
            }.items()
        },
        'another label': Bad(
            append(LIST, 'train_0003.jpg 4'),
            'is already in line 3, with another label',
            'duplicate entry',
            lost=['train_0003'],
            splits=TRAIN,
        ),
        **{
            f'RAF-CE from {base}': Bad(
                renumber(14, 0),
                message,
                options=dict(label_base=base),
                layouts=['official'],
            )
            for base, message in (
                ('auto', 'labels 0 (line 1) and 11 (line 12) both occur'),
                (
                    1,
                    'labels [0, 12, 13] are outside 1..11...0..13 those of',
                ),
                (0, 'labels [11, 12, 13] are outside 0..10...0..13 those of'),
            )
        },
        'basic under another name': Bad(
            renumber(7, 1),
            'neither label 0 nor 11 occurs, so whether it counts from 0 or '
            'from 1 is ambiguous',
        ),
        'images not unpacked': Bad(
            each(remove('Image/aligned'), put('Image/aligned.zip', b'PK')),
            '{root}/Image/aligned: no such folder...not unpacked: '
            '{root}/Image/aligned.zip',
            layouts=['official'],
        ),
        'no list': Bad(
            move(LIST, 'list.txt'), 'no label list with lines of the split '
        ),
        'no line of test': Bad(
            keep(LIST, '^train'),
            "no label list with lines of the split 'test'",
            splits=['test'],
        ),
        **{
            f'box {box!r}': Bad(
                put(f'{BOXES}/train_0002_boundingbox.txt', box),
                f'train_0002_boundingbox.txt: found {box!r}; expected four '
                'numbers',
                'bad box',
                layouts=['original'],
                lost=['train_0002'],
                splits=TRAIN,
            )
            for box in ('1 2 3', '1 2 3 4 5', '1 2 3 x', '50 60 30 30', '')
        },
        'missing box': Bad(
            remove(f'{BOXES}/train_0002_boundingbox.txt'),
            'train_0002_boundingbox.txt: missing, so',
            'missing box',
            layouts=['original'],
            lost=['train_0002'],
            splits=TRAIN,
        ),
    }

    def key(self, path: str) -> str:
        return Path(path).stem.removesuffix('_aligned')


# ---- the sets that it is not -----------------------------------------


@pytest.mark.parametrize('root', ['.', 'basic'])
def test_basic_is_another_set(tmp_path: Path, root: str) -> None:
    BASIC(tmp_path / 'basic')
    with pytest.raises(DatasetError, match='; basic is another set, of 7 cl'):
        RAFDBCompound(tmp_path / root)


@pytest.mark.parametrize('labels', [7, 8])
def test_basic_with_a_declared_base_is_told(tmp_path, log, labels) -> None:
    WRITERS['official'](tmp_path, 2, 0)
    renumber(labels, 1)(tmp_path)
    RAFDBCompound(tmp_path, label_base=1)
    message = 'no label of train is above 7: those of RAF-DB basic'
    assert any(message in text for text in log.warnings) == (labels == 7)


def test_raf_ce_as_it_is_named(tmp_path: Path) -> None:
    rewrite(tmp_path / 'RAFCE_emolabel.txt', '0001.jpg 3\n')
    (tmp_path / 'aligned').mkdir()
    with pytest.raises(DatasetError) as caught:
        RAFDBCompound(tmp_path)
    assert '; RAF-CE is another set, of 14 classes' in str(caught.value)
    assert 'It holds RAFCE_emolabel.txt, aligned/' in str(caught.value)
    WRITERS['official'](tmp_path, 2, 0)
    lines = [f'{n:04d}.jpg {n % 14}\n' for n in range(28)]
    rewrite(tmp_path / 'RAFCE_emolabel.txt', ''.join(lines))
    message = r'labels 0 \(line 1\) and 11 \(line 12\) both occur'
    with pytest.raises(DatasetError, match=message):
        RAFDBCompound(tmp_path, label_file='RAFCE_emolabel.txt')


def test_class_folders_are_not_read(tmp_path: Path) -> None:
    """Nobody is known to have them: the label list is the authority."""
    image(*(f'train/{n}/train_0001.jpg' for n in ('1', '10', '11')))(tmp_path)
    message = 'no RAFDBCompound found here. It holds train/'
    with pytest.raises(DatasetError, match=message):
        RAFDBCompound(tmp_path)


@pytest.mark.parametrize(
    'names',
    [
        ('basic', 'compound'),
        ('raf-basic', 'raf-compound'),
        ('RAF-DB_basic', 'x'),
    ],
)
def test_each_finds_its_own_beside_the_other(tmp_path, names) -> None:
    BASIC(tmp_path / names[0])
    found = WRITERS['official'](tmp_path / names[1], 2, 0)
    for split in BOTH:
        got = seen(RAFDBCompound(tmp_path, split))
        assert got == [(f'{names[1]}/{p}', n) for p, n in of(split, found)]
    assert RAFDB(tmp_path / names[0]).class_counts == (2,) * 7
    if names[1] != 'x':
        assert RAFDB(tmp_path).class_counts == (2,) * 7


# ---- its own forms ---------------------------------------------------


@pytest.mark.parametrize(
    'options',
    [
        dict(base=0),
        dict(suffix='.jpg'),
        dict(suffix='_aligned.png'),
        dict(listed='_aligned.jpg'),
        dict(folder='aligned_224', suffix='.jpg'),
        *(
            dict(
                faces=partial(rafdb.make_faces, num_classes=11, digits=(n, n))
            )
            for n in (3, 5)
        ),
    ],
    # no address, which differs between processes
    ids=lambda options: re.sub(' at 0x[0-9a-f]+', '', str(options)),
)
def test_forms_as_distributed(tmp_path: Path, options: dict) -> None:
    found = WRITERS['official'](tmp_path, 2, 0, **options)
    for split in BOTH:
        assert seen(RAFDBCompound(tmp_path, split)) == of(split, found)


def test_labels_of_two_digits_are_numbers(tmp_path: Path) -> None:
    """10 and 11 are the last two classes, not the second and the third."""
    WRITERS['official'](tmp_path, 2, 0)
    keep(LIST, ' (2|10|11)$')(tmp_path)
    classes = TestRAFDBCompound.classes
    found = [classes[label] for _, label in seen(RAFDBCompound(tmp_path))]
    assert found == [classes[1], classes[9], classes[10]] * 2


@pytest.mark.parametrize('base', [0, 1])
def test_label_base_is_for_lists_that_do_not_tell(tmp_path, base) -> None:
    WRITERS['official'](tmp_path, 2, 0)
    keep(LIST, ' [56789]$')(tmp_path)
    found = seen(RAFDBCompound(tmp_path, label_base=base))
    assert [n + base for _, n in found] == [5, 6, 7, 8, 9] * 2


def test_noise_list_is_for_train_only(tmp_path: Path) -> None:
    found = WRITERS['official'](tmp_path, 2, 0)
    own = [(path, (label + 3) % 11) for path, label in of('train', found)]
    lines = [f'{Path(path).name} {label + 1}\n' for path, label in own]
    rewrite(tmp_path / 'EmoLabel/noise.txt', ''.join(lines))
    options = dict(label_file='noise.txt')
    assert seen(RAFDBCompound(tmp_path, **options)) == own
    test = RAFDBCompound(tmp_path, 'test', **options)
    assert seen(test) == of('test', found)


def test_boxes_are_cropped(tmp_path: Path) -> None:
    WRITERS['original'](tmp_path, 1, 0)
    pipeline = [dict(type='LoadFace', margin=0)]
    data = RAFDBCompound(tmp_path, pipeline=pipeline, **ORIGINAL)
    assert data[0]['box'] == (4.0, 3.0, 12.0, 13.0)
    assert data[0]['img'].shape == (10, 8, 3)


def test_numbers_and_names_are_compared(tmp_path: Path, log) -> None:
    WRITERS['official'](tmp_path, 2, 0)
    for split, count, published in (('train', 22, 3162), ('test', 11, 792)):
        log.clear()
        RAFDBCompound(tmp_path, split)
        assert log.warnings == [
            f'RAFDBCompound {tmp_path}: {split} has {count} images, '
            f'published are {published}'
        ]
    for name in ('train_3163', 'train_0001_flip', 'train_3162'):
        image(f'Image/aligned/{name}.jpg')(tmp_path)
        append(LIST, f'{name}.jpg 1')(tmp_path)
    assert len(RAFDBCompound(tmp_path)) == 25
    assert (
        f'RAFDBCompound {tmp_path}: 2 of 25 images are not named '
        "train_1..3162 or test_1..792 (first: 'train_3163'): an altered copy?"
    ) in log.warnings


# ---- fuzz ------------------------------------------------------------

GOOD = [f'train_{n + 1:04d}.jpg {n % 11 + 1}' for n in range(13)]
GOOD += [f'test_{n + 1:03d}.jpg {11 - n}' for n in range(5)]
JUNK = (
    '', ' ', '0', '-1', '12', '13', '14', '3.0', '1e1', '1_1', '٣', '\x07',
    'Sadly-Angry', '\x00', '\u2028', '\ufeff', 'é', 'a b', '../x', '/x',
)  # fmt: skip
DIGITS = set('0123456789')


def one_less(line: str) -> str:
    """The label, counted from zero."""
    name, label = line.split()
    return f'{name} {int(label) - 1}'


def slow_whole(text: str) -> int | None:
    """An integer, also written as 3. or 3.0."""
    body = text[1:] if text[:1] in ('+', '-') else text
    whole, _, fraction = body.partition('.')
    if not 0 < len(whole) < 10 or not set(whole) <= DIGITS:
        return None
    if fraction.strip('0'):
        return None
    return -int(whole) if text[0] == '-' else int(whole)


def slow_read(data: bytes) -> Read | None:
    """What is to be read of a list; None where it is refused."""
    listed = lines_of(data)
    if not listed:
        return None
    lines = [line.split() for _, line in listed]
    threes = sum(len(fields) == 3 for fields in lines)
    width = 3 if threes > len(lines) - threes else 2
    rows = [
        (fields[0], label)
        for fields in lines
        if len(fields) == width
        if (label := slow_whole(fields[1])) is not None
        if not any(ord(c) < 32 or ord(c) == 127 for c in fields[0])
    ]
    labels = {label for _, label in rows}
    if (0 in labels) == (11 in labels):
        return None
    first = 0 if 0 in labels else 1
    if len([n for n in labels if not first <= n < first + 11]) > 2:
        return None
    own = [(name, n - first) for name, n in rows if first <= n < first + 11]
    reported = len(own) < len(lines)
    reported |= any(
        not name.startswith(('train_', 'test_')) for name, _ in own
    )
    there = {line.split()[0].removesuffix('.jpg') for line in GOOD}
    found, flawed = {}, []
    for split in BOTH:
        every = [item for item in own if item[0].startswith(f'{split}_')]
        kept = []
        for name, label in every:
            stem = name.removesuffix('.jpg').removesuffix('_aligned')
            same = {n for other, n in every if other == name}
            if stem in there and len(same) == 1:
                kept.append((f'{stem}_aligned.jpg', label))
        found[split] = list(dict.fromkeys(kept))
        flawed += [split] * (reported or len(found[split]) < len(every))
    return found, flawed


@pytest.fixture(scope='module')
def images(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('fuzz')
    for line in GOOD:
        name = line.split()[0].replace('.jpg', '_aligned.jpg')
        rewrite(root / 'Image/aligned' / name, b'x')
    (root / 'EmoLabel').mkdir()
    return root


@settings(max_examples=250, deadline=None, derandomize=True)
@given(mutated(GOOD, JUNK, change=one_less))
def test_mutated_list(images: Path, data: bytes) -> None:
    compare(
        images / LIST,
        data,
        slow_read,
        lambda split, on_error: RAFDBCompound(
            images, split, on_error=on_error, cache=False
        ),
        lambda e: (Path(e['img_path']).name, e['gt_label']),
    )
