"""FER2013 keeps the contract; its rows, halves, copies and the paper."""

from __future__ import annotations

import math
import os
import pickle
import shutil
from collections import Counter
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import pytest

from csgresnet_mm.datasets import FER2013
from csgresnet_mm.datasets.layouts.fer2013 import (
    CLASSES,
    VERBAL,
    WRITERS,
    write_csv,
    write_folders,
    write_split_csvs,
)

from .contract import Bad, DatasetContract, Edit, Layout, slow
from .contract.edits import (
    copy,
    encode,
    image,
    line,
    rename,
    replace,
    rewrite,
    text,
)
from .helpers import edit, edit_line, expect, face, refuse, samples

CSV = 'fer2013.csv'
SPLITS = ('train', 'val', 'test')
PIXELS = ' '.join(['5'] * 2304)
WIDTH, NUMBER = 'wrong number of fields', 'wrong number of pixels'
NO_LABEL, RANGE = 'label not an integer', 'label out of range'
PIXEL, USAGE = 'bad pixel', 'unknown Usage'
LINES = {
    'two fields': ('1,2', WIDTH, "2 fields '1,2'; expect"),
    'four fields': (
        f'1,{PIXELS},Training,x',
        WIDTH,
        '4 fields',
    ),
    'no field': ('Training', WIDTH, '1 fields'),
    'empty label': (
        f',{PIXELS},Training',
        NO_LABEL,
        "emotion '' is not",
    ),
    'word as label': (
        f'sad,{PIXELS},Training',
        NO_LABEL,
        "'sad' is not",
    ),
    'float as label': (
        f'1.5,{PIXELS},Training',
        NO_LABEL,
        "'1.5' is",
    ),
    'negative label': (
        f'-1,{PIXELS},Training',
        NO_LABEL,
        "'-1' is not",
    ),
    'label 7': (
        f'7,{PIXELS},Training',
        RANGE,
        'emotion 7 is outside 0..6 (7 is Contempt in ckextended.csv',
    ),
    'label 12': (
        f'12,{PIXELS},Training',
        RANGE,
        '12 is outside 0..6',
    ),
    'no pixels': ('1,,Training', NUMBER, '0 pixels'),
    'a pixel less': (
        f'1,{PIXELS[2:]},Training',
        NUMBER,
        '2303 pixels; expected 2304 (48x48)',
    ),
    'a pixel more': (
        f'1,{PIXELS} 5,Training',
        NUMBER,
        '2305 pixels',
    ),
    'three channels': (
        f'1,{PIXELS} {PIXELS} {PIXELS},Training',
        NUMBER,
        '6912 pixels',
    ),
    'pixel 256': (
        f'1,256{PIXELS[1:]},Training',
        PIXEL,
        "pixel 1 is '256'; expected an integer in 0..255",
    ),
    'pixel 1000': (
        f'1,{PIXELS}000,Training',
        PIXEL,
        "pixel 2304 is '5000'",
    ),
    'float pixel': (
        f'1,5 5.5{PIXELS[3:]},Training',
        PIXEL,
        "2 is '5.5'",
    ),
    'negative pixel': (f'1,{PIXELS[:-1]}-5,Training', PIXEL, "is '-5'"),
    'word as pixel': (f'1,{PIXELS[:-1]}x,Training', PIXEL, "is 'x'"),
    'hexadecimal': (f'1,{PIXELS[:-1]}a5,Training', PIXEL, "is 'a5'"),
    'full-width digit': (
        f'1,{PIXELS[:-1]}\uff15,Training',
        PIXEL,
        "'\uff15'",
    ),
    'unknown Usage': (
        f'1,{PIXELS},Tester',
        USAGE,
        "Usage 'Tester' is unknown; expected one of Training, PublicTest, "
        'PrivateTest',
    ),
    'usage of two': (f'1,{PIXELS},trainval', USAGE, "'trainval'"),
    'no usage': (f'1,{PIXELS},', USAGE, "Usage '' is unknown"),
    'open quote': (f'1,"{PIXELS},Training', 'bad line', 'not a line of CSV'),
    'columns moved': (
        f'{PIXELS},1,Training',
        NO_LABEL,
        'is not an int',
    ),
}
UNKNOWN = ('two fields', 'four fields', 'no field', 'open quote')
"""Lines that may be of any split, as those of an unknown Usage."""
ARE_CSV = dict(ordered=True, splits_off=False, rows=True)


def table(error: str, edit: Edit, **more) -> Bad:
    return Bad(edit, error, **{'layouts': ['csv'], 'splits': SPLITS, **more})


def folders(error: str, edit: Edit, cause: str = '', **more) -> Bad:
    own = {'layouts': ['folders'], 'splits': SPLITS, **more}
    return Bad(edit, error, cause, **own)


class TestFER2013(DatasetContract):
    kind = FER2013
    classes = 'Angry Disgust Fear Happy Sad Surprise Neutral'.split()
    splits = SPLITS
    layouts = {
        **{
            name: Layout(
                WRITERS[name],
                'csv',
                lists=[file],
                relabel=(file, '\n0,', '\n3,'),
                **ARE_CSV,
            )
            for name, file in (('csv', CSV), ('icml', 'icml_face_data.csv'))
        },
        **{
            name: Layout(
                WRITERS[name],
                'split-csv',
                lists=[f'{n}.csv' for n in names],
                relabel=(f'{names[0]}.csv', '\n0,', '\n3,'),
                **ARE_CSV,
            )
            for name, names in (
                ('split csv', ('train', 'val', 'test')),
                (
                    'split csv by usage',
                    ('training', 'publictest', 'privatetest'),
                ),
            )
        },
        'challenge': Layout(
            WRITERS['challenge'],
            'split-csv',
            splits=['train'],
            ordered=True,
            rows=True,
        ),
        'folders': Layout(WRITERS['folders'], 'folders', splits_off=False),
        'folders by usage': Layout(
            WRITERS['folders by usage'], 'folders', splits_off=False
        ),
        'folders without halves': Layout(
            WRITERS['folders without halves'],
            'folders',
            splits=['train', 'test'],
        ),
        'train and validation': Layout(
            WRITERS['train and validation'],
            'folders',
            splits=['train', 'val'],
            splits_off=False,
            below=['a'],
        ),
    }
    apart = ('a', 'b')
    options = (
        dict(class_order='rafdb'),
        dict(split='paper_test', seed=1),
        dict(split='paper_train'),
    )
    arguments = {
        'splits': (
            dict(split='private'),
            "'test', 'paper_train', 'paper_test'",
        ),
        'layouts': (
            dict(layout='zip'),
            "'auto', 'csv', 'split-csv', 'folders'",
        ),
        'paper': (dict(split='paper_train', val_ratio=0.1), 'not paper_train'),
        'folders': (dict(layout='folders'), 'no FER2013 found here'),
        'order': (
            dict(folder_order='rafdb'),
            "folder_order='rafdb' is for the layout 'folders'; here is ",
        ),
    }
    bad = {
        **{
            f'{case}, row {row}': Bad(
                line(CSV, row + 2, own),
                f'{{list}}, line {row + 2}: ...{message}',
                cause,
                lost=[f'#{row}$'],
                layouts=['csv'],
                splits=(
                    SPLITS if case in UNKNOWN or cause == USAGE else ['train']
                ),
            )
            for case, (own, cause, message) in LINES.items()
            for row in (0, 13, 27)
        },
        **{
            f'header {header!r}': table(
                f'{{list}}, line 1: header {message}...expected '
                "'emotion,pixels,Usage' or 'emotion, Usage,",
                replace(CSV, 'emotion,pixels,Usage\n', header),
            )
            for header, message in (
                ('', "is '0,"),
                ('label,image,split\n', "is 'label,image,split'"),
                ('emotion,pixels,Usage,name\n', "is 'emotion,pixels,Usage,n"),
                ('emotion,pixels,pixels\n', "is 'emotion,pixels,pixels'"),
            )
        },
        **{
            f'columns {header}': table(
                f"line 1: header is '{header}', without {missing}",
                replace(CSV, 'emotion,pixels,Usage', header),
            )
            for header, missing in (
                ('emotion,pixels', 'usage'),
                ('pixels', 'emotion and usage'),
            )
        },
        **{
            f'table {own!r}': table(f'{{list}}{message}', text(CSV, own))
            for own, message in (
                ('emotion,pixels,Usage', ': holds no row after the header'),
                ('', ', line 1: '),
                ('\n\n', ', line 1: '),
            )
        },
        'two files of a split': table(
            "val.csv and valid.csv are both the split 'val'",
            copy('val.csv', 'valid.csv'),
            layouts=['split csv'],
        ),
        **{
            f'val_ratio of {layout}': table(
                'leave val_ratio=0.1 out',
                text('x', ''),
                layouts=[layout],
                options=dict(val_ratio=0.1),
                splits=splits,
            )
            for layout, splits in (
                ('csv', SPLITS),
                ('split csv', SPLITS),
                ('folders', SPLITS),
            )
        },
        **{
            f'drop_bad of {layout}': table(
                "drop_bad=True is for the layout 'csv'; here is ",
                text('x', ''),
                layouts=[layout],
                options=dict(drop_bad=True),
            )
            for layout in ('split csv', 'folders')
        },
        'name without usage': folders(
            '{root}/test/sad/im0.jpg: starts with none of Training_',
            image('test/sad/im0.jpg'),
            'no usage in the name',
        ),
        'altered test image in train': folders(
            '{root}/train/sad/PrivateTest_21_flip.jpg: an altered copy of a '
            "'test' image inside the 'train' folder",
            image('train/sad/PrivateTest_21_flip.jpg'),
            'altered copy in the wrong split',
        ),
        **{
            f'one face twice, {again}': folders(
                f'{{root}}/{again}: the same image as {{root}}/{first}',
                copy(first, again),
                'duplicate entry',
            )
            for first, again in (
                ('train/angry/Training_0.jpg', 'train/angry/Training_0.webp'),
                (
                    'test/angry/PublicTest_28.jpg',
                    'train/angry/PublicTest_28.jpg',
                ),
            )
        },
        **{
            f'class folder {name}': folders(
                f'{{root}}/train/{name}: unknown class folder with 1 images; '
                'the classes are Angry',
                image(f'train/{name}/Training_900.jpg'),
                'unknown class folder',
            )
            for name in ('contempt', 'happy_dogs', 'Unknown')
        },
        'two folders of a class': folders(
            "'happiness' and 'happy' are both the class",
            image('train/happiness/Training_900.jpg'),
        ),
        **{
            f'numbers from {base}': folders(
                'what the numbered class folders mean...numbered from '
                f"{base}...{base}: 4...'affectnet' = ",
                rename({n: str(base + i) for i, n in enumerate(CLASSES)}),
            )
            for base in (0, 1)
        },
        'halves that nothing tells apart': folders(
            'the names do not tell PublicTest from PrivateTest, so there is '
            'no official validation split; set val_ratio',
            text('x', ''),
            layouts=['folders without halves'],
            options=dict(split='val'),
        ),
        'validation is not the test': folders(
            '{root}/images/validation: not the official split and no test; '
            "evaluate on split='val'",
            text('x', ''),
            layouts=['train and validation'],
            options=dict(split='test'),
        ),
    }

    def key(self, path: str) -> str:
        name, _, row = path.rpartition('#')
        if name:
            return f'Training/{row}'
        split, kind, name = Path(path).parts[-3:]
        if name.startswith('im') and kind in VERBAL:
            return f'{split}/{VERBAL.index(kind)}/{Path(name).stem}'
        return Path(name).stem


def put(path: Path, data: bytes | str) -> Path:
    """Write a file, and the folders it needs."""
    rewrite(path, data)
    return path


def test_both_halves_lie_in_the_test_folder(tmp_path: Path, log) -> None:
    """As the set goes round: nothing has moved there."""
    write_folders(tmp_path, 2, 0)
    for split in SPLITS:
        FER2013(tmp_path, split)
    assert not any('outrank' in text for text in log.warnings)


def test_a_test_folder_without_images(tmp_path: Path) -> None:
    WRITERS['folders without halves'](tmp_path, 1, 0)
    for path in (tmp_path / 'test').rglob('*.*'):
        path.unlink()
    refuse("the split 'test' is empty", FER2013, tmp_path, 'test')


def test_a_known_repack_is_named(tmp_path: Path, log) -> None:
    for folder, count in (('train', 28821), ('validation', 7066)):
        first = put(tmp_path / folder / 'happy' / '0.jpg', b'x')
        for number in range(1, count):
            os.link(first, first.with_name(f'{number}.jpg'))
    FER2013(tmp_path)
    assert 'train/validation (a known repack): not the' in log.warnings[0]


def test_a_name_that_occurs_again_is_drawn_once(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0)
    put(tmp_path / 'train/sad/Training_0.jpg', encode(99, '.jpg'))
    parts = [
        [path for path, _ in samples(FER2013(tmp_path, f'paper_{part}'))]
        for part in ('train', 'test')
    ]
    both = [*parts[0], *parts[1]]
    assert len(both) == len(set(both)) == len(found) + 1


@pytest.mark.parametrize('row', [0, 13, 27])
def test_pixels_beside_a_malformed_row(tmp_path: Path, row: int) -> None:
    write_csv(tmp_path, 4, 0)
    line(CSV, row + 2, f'1,{PIXELS}x,Training')(tmp_path)
    data = FER2013(tmp_path, on_error='skip')
    for info in map(data.get_data_info, range(len(data))):
        assert (info['img'] == face(info['row'])).all()


@pytest.mark.parametrize('split', SPLITS)
def test_an_unknown_usage_may_be_of_any_split(tmp_path: Path, split) -> None:
    write_csv(tmp_path, 2, 0)
    edit(tmp_path / CSV, 'PrivateTest', 'Other')
    refuse("Usage 'Other' is unknown", FER2013, tmp_path, split)


def test_a_split_without_rows(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    replace(CSV, 'PublicTest', 'Training')(tmp_path)
    refuse("the split 'val' is empty", FER2013, tmp_path, 'val')


def test_ten_is_after_two(tmp_path: Path) -> None:
    names = ['4', '5', '6', '7', '8', '9', '10']
    write_folders(tmp_path, 2, 0, names=names)
    refuse('/10: unknown class folder with 2', FER2013, tmp_path)


def test_golden_paper_split(tmp_path: Path) -> None:
    """Ranked by BLAKE2b of ``seed:key``, a tenth of each class or more."""
    found = write_csv(tmp_path, 8, 0)
    counts = dict.fromkeys(SPLITS, 0)
    names = {'train': 'Training', 'val': 'PublicTest', 'test': 'PrivateTest'}
    units = []
    for split, _, label in found:
        units.append((f'{names[split]}/{counts[split]}', label))
        counts[split] += 1
    chosen = {
        name
        for label in range(7)
        for name in sorted(
            (name for name, own in units if own == label),
            key=lambda name: slow.rank(0, name),
        )[:2]  # a tenth of 16, rounded up
    }
    drawn = rows_of(FER2013(tmp_path, 'paper_test'))
    assert {units[row][0] for row in drawn} == chosen
    keys = [f'Training/{number}' for number in range(11)]
    assert sorted(keys, key=lambda k: slow.rank(0, k))[:2] in (
        ['Training/8', 'Training/9'],
        ['Training/9', 'Training/8'],
    )


@pytest.mark.parametrize('layout', ['csv', 'icml', 'split csv'])
def test_images_of_a_csv(tmp_path: Path, layout: str) -> None:
    """Row k of the set was drawn with seed 50 + k."""
    WRITERS[layout](tmp_path, 2, 50)
    starts = {'train': 0, 'val': 14, 'test': 21}
    for split, start in starts.items():
        data = FER2013(tmp_path, split)
        for index in range(len(data)):
            info = data.get_data_info(index)
            assert info['img'].dtype == np.uint8
            assert (info['img'] == face(50 + start + index)).all()
            shift = start if layout != 'split csv' else 0
            assert info['row'] == shift + index


@pytest.mark.parametrize('color_type', ['color', 'grayscale'])
def test_a_stock_pipeline_reads_rows(tmp_path: Path, color_type: str) -> None:
    write_csv(tmp_path, 1, 0)
    load = dict(type='LoadImageFromFile', color_type=color_type)
    pipeline = [load, dict(type='PackInputs')]
    inputs = FER2013(tmp_path, pipeline=pipeline)[3]['inputs'].numpy()
    channels = 3 if color_type == 'color' else 1
    assert inputs.shape == (channels, 48, 48)
    assert all((channel == face(3)).all() for channel in inputs)


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    write_folders(tmp_path, 1, 0, suffix='.png')
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    data = FER2013(tmp_path, pipeline=pipeline)
    inputs = data[0]['inputs'].numpy()
    image = cv2.imread(data.get_data_info(0)['img_path'])
    assert (inputs == image.transpose(2, 0, 1)).all()
    assert 'img' not in data.get_data_info(0)


def test_an_image_can_be_written_to(tmp_path: Path) -> None:
    """A transform that writes in place must not reach the kept file."""
    write_csv(tmp_path, 1, 0)
    data = FER2013(tmp_path)
    data.get_data_info(0)['img'][:] = 7
    assert (data.get_data_info(0)['img'] == face(0)).all()


def test_copies_and_pickles_leave_the_images_out(tmp_path: Path) -> None:
    write_csv(tmp_path, 30, 0)
    data = FER2013(tmp_path)
    text = pickle.dumps(data)
    assert len(text) < 210 * 48 * 48 / 8
    for other in (pickle.loads(text), deepcopy(data), data.get_subset(9)):
        assert (other.get_data_info(5)['img'] == face(5)).all()
    assert len(data.get_subset([3, 4])) == 2


def test_fer2013_csv_is_preferred(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    write_csv(tmp_path, 1, 0, name='icml_face_data.csv')
    assert samples(FER2013(tmp_path)) == expect(tmp_path, found, 'train')


def test_layout_can_be_forced(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    found = write_folders(tmp_path, 2, 0)
    assert len(FER2013(tmp_path)) == 7
    data = FER2013(tmp_path, layout='folders')
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))


@pytest.mark.parametrize(
    'header',
    ['emotion,pixels,Usage', ' pixels, Usage,emotion', 'Usage,Emotion,Pixels'],
)
def test_columns_in_any_order(tmp_path: Path, header: str) -> None:
    found = write_csv(tmp_path, 2, 0, header=header)
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        assert samples(data) == expect(tmp_path, found, split)
    assert (data.get_data_info(0)['img'] == face(21)).all()


def test_split_csv_with_usage(tmp_path: Path) -> None:
    """Who cuts fer2013.csv up keeps its columns."""
    found = write_csv(tmp_path, 2, 0)
    lines = (tmp_path / 'fer2013.csv').read_text().split('\n')
    (tmp_path / 'fer2013.csv').unlink()
    for name, usage in (('train', 'Training'), ('valid', 'PublicTest')):
        own = [lines[0], *(s for s in lines[1:] if s.endswith(usage))]
        (tmp_path / f'{name}.csv').write_text('\n'.join(own))
    labels = [label for _, label in samples(FER2013(tmp_path, 'val'))]
    assert labels == [label for split, _, label in found if split == 'val']


@pytest.mark.parametrize('names', ['upper', 'sadness'])
def test_class_folders_by_any_name(tmp_path: Path, names: str) -> None:
    spelled = [name.upper() for name in CLASSES]
    if names == 'sadness':
        spelled = ['Anger', 'disgust', 'afraid', 'joy', 'sadness']
        spelled += ['suprise', 'Neutral']
    found = write_folders(tmp_path, 2, 0, names=spelled)
    data = FER2013(tmp_path)
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))


def test_folders_by_prefix_alone(tmp_path: Path) -> None:
    """With neither train nor test, names say all."""
    found = write_folders(tmp_path, 2, 0, folders=('.', '.', '.'))
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        wanted = [(str(Path(p)), n) for p, n in samples(data)]
        paths = [(tmp_path / p, n) for s, p, n in found if s == split]
        assert sorted(wanted) == sorted((str(p), n) for p, n in paths)


def test_prefix_outranks_folder(tmp_path: Path, log) -> None:
    found = write_folders(
        tmp_path, 2, 0, folders=('train', 'validation', 'train')
    )
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        wanted = expect(tmp_path, found, split)
        assert sorted(samples(data)) == sorted(wanted)
    assert (
        f"{tmp_path}: image names outrank folder names: 7 from 'train' to "
        "'test'"
    ) in log.warnings


def test_train_val_and_test_folders(tmp_path: Path) -> None:
    """Three folders without prefixes are what they are called."""
    found = write_folders(
        tmp_path, 2, 0, folders=('train', 'val', 'test'), stem='{number}'
    )
    for split in ('train', 'val', 'test'):
        data = FER2013(tmp_path, split)
        wanted = expect(tmp_path, found, split)
        assert sorted(samples(data)) == sorted(wanted)


def test_numbers_need_an_order_and_take_it(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0, names='0123456')
    refuse('folders mean is not known', FER2013, tmp_path)
    order = ['happy', 'surprise', 'sad', 'angry', 'disgust', 'fear', 'neutral']
    labels = [CLASSES.index(name) for name in order]
    for given in (order, 'happy-first'):
        data = FER2013(tmp_path, folder_order=given)
        wanted = [
            (path, labels[label])
            for path, label in expect(tmp_path, found, 'train')
        ]
        assert sorted(samples(data)) == sorted(wanted)


def write_bytes(root: Path, counts, name, stem: str = 'a') -> None:
    """Class folders with so many files of one byte; never decoded."""
    for label, count in enumerate(counts):
        folder = root / name(label)
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f'{stem}{label}_{number}.jpg').write_bytes(b'x')


def test_exact_counts_prove_an_order(tmp_path: Path) -> None:
    """Folders in the order of RAF-DB, with PublicTest's counts."""

    class Small(FER2013):
        PUBLISHED = dict(FER2013.PUBLISHED, val=(7, 1, 6, 5, 4, 3, 2))

    order = [5, 2, 1, 3, 4, 0, 6]
    counts = [Small.PUBLISHED['val'][label] for label in order]
    write_bytes(tmp_path / 'train', counts, str)
    labels = Counter(label for _, label in samples(Small(tmp_path)))
    assert labels == dict(enumerate(Small.PUBLISHED['val']))


@pytest.mark.parametrize(
    'layout',
    ['csv', 'split csv', 'folders', 'folders without halves'],
)
def test_paper_split_cuts_all_images(tmp_path: Path, layout, log) -> None:
    found = WRITERS[layout](tmp_path, 21, 0)
    train = samples(FER2013(tmp_path, 'paper_train'))
    test = samples(FER2013(tmp_path, 'paper_test'))
    everything = [(f'{tmp_path}/{path}', label) for _, path, label in found]
    assert sorted(train + test) == sorted(everything)
    assert not set(train) & set(test)
    # 21 + 11 + 11 images of each class, a tenth rounded up
    assert Counter(label for _, label in test) == dict.fromkeys(range(7), 5)
    assert any(
        'paper_test is a part of all 301 images, drawn with seed=0: results '
        'on it are not comparable with those on PrivateTest' in text
        for text in log.warnings
    )


def test_paper_split_has_the_papers_numbers() -> None:
    counts = (4953, 547, 5121, 8989, 6077, 4002, 6198)
    train = FER2013.PUBLISHED['paper_train']
    test = FER2013.PUBLISHED['paper_test']
    assert (sum(train), sum(test)) == (32295, 3592)
    assert tuple(map(sum, zip(train, test, strict=True))) == counts
    assert test == tuple(math.ceil(n / 10) for n in counts)


def test_paper_split_follows_seed_and_names_only(tmp_path: Path) -> None:
    write_csv(tmp_path, 20, 0)
    parts = [
        samples(FER2013(tmp_path, 'paper_test', seed=seed, cache=cache))
        for seed, cache in ((0, True), (0, False), (1, True))
    ]
    assert parts[0] == parts[1] != parts[2]
    assert len(parts[2]) == 28


def test_paper_train_trains(tmp_path: Path) -> None:
    write_csv(tmp_path, 10, 0)
    assert FER2013(tmp_path, 'paper_train').test_mode is False
    assert FER2013(tmp_path, 'paper_test').test_mode is True


def bad_csv(root: Path) -> Path:
    """Rows 0 and 25 blank; 9 and 23 copies of 8 and 22; 10 one of 24."""
    write_csv(root, 2, 0)
    path = root / 'fer2013.csv'
    lines = path.read_text().split('\n')[:-1]

    def image_of(row: int) -> str:
        return lines[row + 1].split(',')[1]

    for row, words in (
        (0, ' '.join(['0'] * 2304)),
        (25, ' '.join(['128'] * 2304)),
        (9, image_of(8)),
        (23, image_of(22)),
        (10, image_of(24)),
    ):
        label, _, usage = lines[row + 1].split(',')
        lines[row + 1] = f'{label},{words},{usage}'
    path.write_text('\n'.join(lines))
    return path


def rows_of(data: FER2013) -> list[int]:
    return [data.get_data_info(i)['row'] for i in range(len(data))]


def test_bad_rows_are_kept(tmp_path: Path) -> None:
    bad_csv(tmp_path)
    assert rows_of(FER2013(tmp_path)) == list(range(14))
    assert rows_of(FER2013(tmp_path, 'test')) == list(range(21, 28))


def test_bad_rows_can_be_left_out(tmp_path: Path, log) -> None:
    """Of copies in train and test, the one in test stays."""
    path = bad_csv(tmp_path)
    train = FER2013(tmp_path, drop_bad=True)
    assert rows_of(train) == [n for n in range(14) if n not in (0, 9, 10)]
    assert rows_of(FER2013(tmp_path, 'test', drop_bad=True)) == [
        21,
        22,
        24,
        26,
        27,
    ]
    assert log.warnings == 2 * [
        f'{path}: drop_bad=True leaves out 2 rows without a face and 3 '
        'copies (2 with another label) of 28 rows: results are not '
        'comparable'
    ]
    assert train.report.where.endswith('without blank rows and copies')


def test_counts_are_told_and_compared(tmp_path: Path, log) -> None:
    write_csv(tmp_path, 2, 0)
    FER2013(tmp_path, 'test')
    assert log.warnings == [
        f'FER2013 {tmp_path}: test has 7 images (1/1/1/1/1/1/1), published '
        'are 3589 (491/55/528/879/594/416/626); order Angry, Disgust, Fear, '
        'Happy, Sad, Surprise, Neutral'
    ]


def test_both_halves_are_compared_with_both(tmp_path: Path, log) -> None:
    WRITERS['folders without halves'](tmp_path, 2, 0)
    FER2013(tmp_path, 'test')
    assert [
        'do not tell PublicTest from PrivateTest, so these 14 images are '
        'both halves of the test: results on them are not comparable'
        in log.warnings[0],
        'published are 7178 (958/111/1024/1774/1247/831/1233)'
        in log.warnings[1],
    ] == [True, True]


def test_val_that_is_filled_later(tmp_path: Path) -> None:
    """It makes test a test: what was kept of it is made anew."""
    WRITERS['folders without halves'](tmp_path, 2, 0)
    (tmp_path / 'val').mkdir()
    assert 'both halves' in FER2013(tmp_path, 'test').report.where
    shutil.copytree(tmp_path / 'test', tmp_path / 'val', dirs_exist_ok=True)
    assert 'both halves' not in FER2013(tmp_path, 'test').report.where


def test_the_other_split_is_said_to_be_one(tmp_path: Path, log) -> None:
    WRITERS['train and validation'](tmp_path, 2, 0)
    data = FER2013(tmp_path, 'val')
    assert log.warnings == [
        f'{tmp_path}/images: 14/14 images in train/validation: not the '
        'official split (28709/3589/3589), results are not comparable'
    ]
    assert data.report.where.endswith('(not the official split)')


def test_public_test_as_validation_is_official(tmp_path: Path, log) -> None:
    class Small(FER2013):
        PUBLISHED = dict(train=(2,) * 7, val=(1,) * 7, test=(1,) * 7)

    write_folders(
        tmp_path, 2, 0, folders=('train', 'val', 'x'), stem='{index}'
    )
    shutil.rmtree(tmp_path / 'x')
    data = Small(tmp_path, 'val')
    assert log.warnings == []
    assert 'not the official' not in data.report.where


def test_keys_are_the_same_in_all_csvs(tmp_path: Path) -> None:
    """So that the same part is split off or drawn."""
    labels = []
    for layout in ('csv', 'icml', 'split csv'):
        WRITERS[layout](tmp_path / layout, 20, 0)
        data = FER2013(tmp_path / layout, 'paper_test')
        images = [data.get_data_info(i)['img'] for i in range(len(data))]
        labels.append({image.tobytes() for image in images})
    assert labels[0] == labels[1] == labels[2]


def test_rows_out_of_order_are_told(tmp_path: Path, log) -> None:
    found = write_csv(tmp_path, 1, 0)
    path = tmp_path / 'fer2013.csv'
    edit(path, 'PrivateTest', 'Training')
    labels = [n for _, n in samples(FER2013(tmp_path))]
    assert labels == [n for s, _, n in found if s == 'train'] + [0]
    assert (
        f'{path}: the rows of Training, PublicTest, PrivateTest do not '
        "follow each other in this order, which is the set's: a changed copy?"
    ) in log.warnings


def test_other_bytes(tmp_path: Path) -> None:
    write_csv(tmp_path, 1, 0)
    path = tmp_path / 'fer2013.csv'
    path.write_bytes(path.read_bytes().replace(b'Training', b'Tr\xe4ning', 1))
    refuse(f'{path}, line 2: byte ', FER2013, tmp_path)
    assert len(FER2013(tmp_path, on_error='skip')) == 6


@pytest.mark.parametrize('layout', ['csv', 'icml'])
def test_something_between_cr_and_lf(tmp_path: Path, layout: str) -> None:
    WRITERS[layout](tmp_path, 6, 0)
    [path] = tmp_path.glob('*.csv')
    lines = path.read_text().split('\n')
    lines[2] += '\r0'
    path.write_bytes('\r\n'.join(lines).replace('\r0\r', '\r0').encode())
    refuse(f'{path}, line 3: not a line of CSV', FER2013, tmp_path)
    assert len(FER2013(tmp_path, on_error='skip')) == 41


def test_a_malformed_line_of_test_is_not_of_train(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    edit_line(tmp_path / 'fer2013.csv', 29, lambda s: 'x' + s)
    assert len(FER2013(tmp_path)) == 14
    assert len(FER2013(tmp_path, 'val')) == 7
    refuse('line 29: emotion', FER2013, tmp_path, 'test')
    refuse('line 29: emotion', FER2013, tmp_path, 'paper_train')


@pytest.mark.parametrize('layout', ['csv', 'icml', 'split csv'])
def test_what_changes_no_label(tmp_path: Path, layout: str, log) -> None:
    """CR LF, a byte-order mark, blank lines, quotes, no last line end."""
    found = WRITERS[layout](tmp_path, 2, 0)
    for path in tmp_path.glob('*.csv'):
        lines = path.read_text().split('\n')[:-1]
        first = lines[1].split(',')
        first[lines[0].split(',').index('emotion')] = f' "{first[0]}"'.strip()
        lines[1] = ','.join(first)
        lines.insert(2, '')
        lines.insert(4, '  ')
        text = '\r\n'.join(lines)
        path.write_bytes(b'\xef\xbb\xbf' + text.encode())
    for split in ('train', 'val', 'test'):
        assert samples(FER2013(tmp_path, split)) == expect(
            tmp_path, found, split
        )
    assert any('passed over 2 blank lines' in text for text in log.notes)


def test_spaces_after_commas(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013.csv'
    path.write_text(path.read_text().replace(',', ', '))
    data = FER2013(tmp_path)
    assert samples(data) == expect(tmp_path, found, 'train')
    assert (data.get_data_info(13)['img'] == face(13)).all()


def test_challenge_has_no_test(tmp_path: Path) -> None:
    write_split_csvs(tmp_path, 1, 0, labelled=False)
    for split in ('test', 'paper_train'):
        refuse('.csv', FER2013, tmp_path, split)
    refuse(
        "test.csv, line 1: header is 'pixels', without emotion (the labels "
        "of the challenge's test.csv are in fer2013.csv and in "
        'icml_face_data.csv)',
        FER2013,
        tmp_path,
        'test',
    )
    refuse(
        'no val.csv with pixels; found test.csv, train.csv; set val_ratio',
        FER2013,
        tmp_path,
        'val',
    )


def test_rows_of_another_split(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    (tmp_path / 'fer2013.csv').rename(tmp_path / 'train.csv')
    refuse(
        "train.csv, line 16: Usage is PublicTest, in the file of 'train'; "
        'expected Training (14 such rows)',
        FER2013,
        tmp_path,
    )
    assert len(FER2013(tmp_path, on_error='skip')) == 14


def test_a_list_of_files_is_no_pixels(tmp_path: Path) -> None:
    put(tmp_path / 'train.csv', 'image,label\na.jpg,1\n')
    refuse('no FER2013 found here', FER2013, tmp_path)


@pytest.mark.parametrize(
    'name, kind',
    [('fer2013.csv', 'csv'), ('train/angry/im0.png', 'folders')],
)
def test_wrong_root(tmp_path: Path, name: str, kind: str) -> None:
    put(tmp_path / 'a' / 'b' / 'c' / name, 'x')
    said = refuse('no FER2013 found here. It holds a/', FER2013, tmp_path)
    assert 'the nearest known layout is' in said


def test_zip_not_unpacked(tmp_path: Path) -> None:
    put(tmp_path / 'fer2013.tar.gz', 'x')
    refuse(
        f'archives not unpacked: {tmp_path}/fer2013.tar.gz', FER2013, tmp_path
    )
    refuse('is an archive', FER2013, tmp_path / 'fer2013.tar.gz')


def test_paper_split_needs_all(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0)
    shutil.rmtree(tmp_path / 'test')
    refuse('holds train only', FER2013, tmp_path, 'paper_test')


def test_paper_split_needs_two_of_a_class(tmp_path: Path) -> None:
    WRITERS['folders'](tmp_path, 2, 0)
    for path in (tmp_path / 'test' / 'happy').iterdir():
        path.unlink()
    first, *_ = (tmp_path / 'train' / 'happy').iterdir()
    first.unlink()
    refuse('class 3 has one image only', FER2013, tmp_path, 'paper_test')


def test_no_split_and_no_prefix(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0, folders=('.', '.', '.'), stem='{number}')
    refuse('neither folders nor names tell train from test', FER2013, tmp_path)


def test_altered_copies_are_told(tmp_path: Path, log) -> None:
    write_folders(tmp_path, 2, 0)
    put(tmp_path / 'train/sad/Training_1_flip.jpg', encode(0, '.jpg'))
    assert len(FER2013(tmp_path)) == 15
    assert (
        f'{tmp_path}: 1 names are more than a usage and a number (first: '
        f'{tmp_path}/train/sad/Training_1_flip.jpg): an altered copy?'
    ) in log.warnings


def test_one_name_in_two_folders_with_other_faces(tmp_path: Path, log) -> None:
    """As the copy that most people have: names are no identity."""
    found = write_folders(tmp_path, 2, 0)
    bad = put(tmp_path / 'train/sad/Training_0.jpg', encode(99, '.jpg'))
    data = FER2013(tmp_path)
    paths = [path for path, _ in samples(data)]
    assert len(paths) == 15
    assert len(expect(tmp_path, found, 'train')) == 14
    assert str(bad) in paths
    assert str(tmp_path / 'train/angry/Training_0.jpg') in paths
    messages = [text for text in log.warnings if 'names occur' in text]
    assert messages == [
        '1 names occur in another folder again, with another face: other '
        f'samples (first: {tmp_path}/train/angry/Training_0.jpg and {bad})'
    ]
    FER2013(tmp_path, 'test')  # it has none
    assert [text for text in log.warnings if 'names occur' in text] == messages


def test_one_face_under_two_labels(tmp_path: Path, log) -> None:
    write_folders(tmp_path, 2, 0)
    first = tmp_path / 'train/angry/Training_0.jpg'
    second = put(tmp_path / 'train/sad/Training_0.jpg', first.read_bytes())
    labels = dict(samples(FER2013(tmp_path)))
    assert labels[str(first)] == 0
    assert labels[str(second)] == 4
    messages = [text for text in log.warnings if 'names occur' in text]
    assert messages == [
        '1 names occur in another folder again, with the same bytes: kept '
        f'under both labels (first: {first} and {second})'
    ]


def test_M2_a_skipped_row_moves_no_other_to_another_split(
    tmp_path: Path,
) -> None:
    """A row's key counts the rows before it, good or not."""
    for name in ('whole', 'hurt'):
        write_csv(tmp_path / name, 20, 0)
    hurt = samples(FER2013(tmp_path / 'whole'))[0]
    edit_line(
        tmp_path / 'hurt/fer2013.csv',
        2 + int(hurt[0].rpartition('#')[2]),
        lambda line: line.replace(f'{hurt[1]},', 'x,', 1),
    )
    drawn = [
        [
            (path.rpartition('#')[2], label)
            for path, label in samples(
                FER2013(tmp_path / name, 'paper_test', on_error='skip')
            )
            if label != hurt[1]  # of its class one fewer may be drawn
        ]
        for name in ('whole', 'hurt')
    ]
    assert drawn[0] == drawn[1] != []


def test_folders_of_two_splits_may_differ_in_case(tmp_path: Path) -> None:
    """'Sad' sorts before 'angry': one map for both would be wrong."""
    found = write_folders(tmp_path, 2, 0)
    (tmp_path / 'test/sad').rename(tmp_path / 'test/Sad')
    wanted = [
        (path.replace('/sad/', '/Sad/'), label)
        for path, label in expect(tmp_path, found, 'test')
    ]
    assert sorted(samples(FER2013(tmp_path, 'test'))) == sorted(wanted)


def test_near_counts_prove_nothing(tmp_path: Path) -> None:
    """One image less, and two classes could be exchanged."""

    class Small(FER2013):
        PUBLISHED = dict(FER2013.PUBLISHED, val=(7, 1, 6, 5, 4, 3, 2))

    for label, count in enumerate((6, 1, 6, 5, 4, 3, 2)):
        for number in range(count):
            put(tmp_path / 'val' / str(label) / f'{number}.jpg', 'x')
    refuse('are not exactly the published ones', Small, tmp_path, 'val')


def test_rafdb_by_its_names(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0, stem='train_{number:05d}_aligned')
    (tmp_path / 'train/angry/train_00000_aligned.jpg').unlink()
    refuse(
        "this is not FER2013 but RAF-DB: 27 of 27 images carry RAF-DB's names",
        FER2013,
        tmp_path,
    )
