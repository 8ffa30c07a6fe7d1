"""FER+ keeps the contract; its votes, rules and joins."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mmengine.dataset import worker_init_fn
from torch.utils.data import DataLoader

from csgresnet_mm.datasets import DatasetError, FERPlus
from csgresnet_mm.datasets.layouts.fer2013 import write_csv as write_fer2013
from csgresnet_mm.datasets.layouts.ferplus import (
    CLASSES,
    WRITERS,
    make_plus_rows,
    write_csv,
    write_images,
)
from csgresnet_mm.datasets.layouts.rafdb import WRITERS as RAF_WRITERS
from csgresnet_mm.datasets.reading.report import ReadReport

from .contract import Bad, DatasetContract, Edit, Found, Layout
from .contract.edits import (
    each,
    encode,
    image,
    line,
    remove,
    rename,
    replace,
    rewrite,
    text,
)
from .helpers import edit, edit_line, expect, face, refuse, samples

NEW = 'fer2013new.csv'
IMAGES = 'fer2013.csv'
LABELS = [
    f'data/FER2013{name}/label.csv' for name in ('Train', 'Valid', 'Test')
]
TRAIN = LABELS[0]
GOOD = '6,3,0,0,0,0,0,0,1,0'
BOX = '"(0, 0, 48, 48)"'
OLD = dict(label_source='label_csv')
LEARNT = ('train', 'trainval')
EVERY = ('train', 'val', 'test', 'trainval')
WIDTH = 'wrong number of fields'
NO_VOTES = 'votes not an integer'
NEW_LINES = {  # a line, its message, and as what it is counted
    'Training,x.png,6,3,0,0,0,0,0,0,1': ('11 fields', WIDTH),
    f'Training,x.png,{GOOD},0': ('13 fields', WIDTH),
    'Training': ("1 fields 'Training'; expected 12", WIDTH),
    f'Training,"x.png,{GOOD}': ('1 fields', WIDTH),
    f'Training,x.png,x{GOOD[1:]}': ("votes 'x' for neutral; exp", NO_VOTES),
    f'Training,x.png,6.5{GOOD[1:]}': ("'6.5' for neutral", NO_VOTES),
    f'Training,x.png,{GOOD[:-1]}-1': ("'-1' for NF", NO_VOTES),
    f'Training,x.png,{GOOD[1:]}': ("'' for neutral", NO_VOTES),
    f'Tester,x.png,{GOOD}': (
        "Usage 'Tester' is unknown; exp",
        'unknown Usage',
    ),
    f'Training,../x.png,{GOOD}': ("'../x.png' is a path", 'path escape'),
    f'Training,/etc/x.png,{GOOD}': ("'/etc/x.png' is a pa", 'path escape'),
}
LABEL_LINES = {
    f'fer0000003.png,{GOOD}': ('11 fields', WIDTH),
    f'fer0000003.png,{BOX},{GOOD[2:]}': ('11 fields', WIDTH),
    f'fer0000003.png,(0, 0, 48, 48),{GOOD}': ('15 fields', WIDTH),
    f'fer0000003.png,"(4, 4, 40, 40)",{GOOD}': (
        "box '(4, 4, 40, 40)'; expected '(0, 0, 48, 48)', the whole image",
        'bad box',
    ),
    f'fer0000003.png,{BOX},{GOOD[:-1]}x': (
        "votes 'x' for NF; expected an integer, 0 or more",
        NO_VOTES,
    ),
    f',{BOX},{GOOD}': ('no image name', 'missing name'),
    f'../x.png,{BOX},{GOOD}': ("'../x.png' is a path", 'path escape'),
    f'fer9999999.png,{BOX},{GOOD}': (
        "image 'fer9999999.png' is missing; looked for {root}/data/"
        'FER2013Train/fer9999999.png',
        'missing image',
    ),
}
Write = Callable[[Path, int, int], Found]


def trained(write: Write, old: bool = False) -> Write:
    """With trainval; and with label.csv's votes: one other label a split."""

    def written(root: Path, images: int, seed: int) -> Found:
        found = list(write(root, images, seed))
        for split in ('train', 'val', 'test') if old else ():
            own = [item for item in found if item[0] == split]
            first = next(item for item in own if item[2] == 1)
            found[found.index(first)] = (*first[:2], 0)
        return [
            *found,
            *(('trainval', *i[1:]) for i in found if i[0] != 'test'),
        ]

    return written


def table(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    own = {'layouts': ['csv'], 'splits': EVERY, **more}
    return Bad(edit, error, cause, **own)


def pictures(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    own = {'layouts': ['png of label.csv'], 'splits': LEARNT, **more}
    return Bad(edit, error, cause, **own)


def wrong(layout: str, message: str, **options) -> Bad:
    """An option that does not go with a layout."""
    return table(text('x', ''), message, layouts=[layout], options=options)


OF_NEW = dict(
    lists=[NEW],
    relabel=(NEW, 'fer0000000.png,6,3,0', 'fer0000000.png,0,3,6'),
    ordered=True,
    splits_off=False,
)


class TestFERPlus(DatasetContract):
    kind = FERPlus
    classes = CLASSES
    splits = EVERY
    training = LEARNT
    orders = ('ferplus', 'affectnet')
    layouts = {
        **{
            name: Layout(
                trained(WRITERS[name]),
                'csv',
                **OF_NEW,
                rows=True,
            )
            for name in ('csv', 'icml')
        },
        'csv of label.csv': Layout(
            trained(WRITERS['csv'], old=True),
            'csv',
            options=OLD,
            ordered=True,
            splits_off=False,
            rows=True,
            below=['a'],
        ),
        **{
            name: Layout(
                trained(WRITERS[name]),
                'png',
                **OF_NEW,
                below=['a'],
            )
            for name in ('png', 'png, votes by the script')
        },
        'png of label.csv': Layout(
            trained(WRITERS['png'], old=True),
            'png',
            options=OLD,
            lists=LABELS,
            relabel=(TRAIN, f'{BOX},6,3,0', f'{BOX},0,3,6'),
            ordered=True,
            splits_off=False,
            below=['a'],
        ),
        'folders': Layout(
            trained(WRITERS['folders']), 'folders', splits_off=False
        ),
    }
    apart = ('a', 'b')
    options = (
        dict(num_classes=7),
        dict(rule='argmax'),
        dict(rule='crossentropy'),
        OLD,
    )
    arguments = {
        'source': (
            dict(label_source='ferplus'),
            "label_source='ferplus' is unknown",
        ),
        'rule': (
            dict(rule='multi_target'),
            'majority, argmax, probability, cross',
        ),
        'classes': (
            dict(num_classes=10),
            'num_classes=10 is unknown; expected one of 8',
        ),
        'splits': (
            dict(split='paper_test'),
            "'train', 'val' or 'test', 'trainval'",
        ),
    }
    bad = {
        **{
            new: table(
                line(NEW, 6, new),
                f'{{list}}, line 6: ...{message}',
                cause,
                lost=['#4$'],
            )
            for new, (message, cause) in NEW_LINES.items()
        },
        **{
            new: pictures(
                line(TRAIN, 4, new),
                f'{{list}}, line 4: ...{message}',
                cause,
                lost=['fer0000003'],
            )
            for new, (message, cause) in LABEL_LINES.items()
        },
        'header in label.csv': pictures(
            replace(TRAIN, 'fer0000000', f'name,box,{"n," * 9}n\nfer0000000'),
            "{list}, line 1: votes 'n' for neutral",
            NO_VOTES,
        ),
        'no header': table(
            line(NEW, 1, None),
            "{list}, line 1: header is 'Training,fer0000000.png,6,3,",
        ),
        'another header': table(
            replace(NEW, 'neutral,happiness', 'neutral,calm'),
            "expected 'Usage,Image name,neutral,happi",
        ),
        'a row less': table(
            line(NEW, 3, None),
            '{list}: 69 rows, but {root}/fer2013.csv has 70; they are joined '
            'by the number of the row',
        ),
        'bad pixels': table(
            replace(IMAGES, ' ', ' x', 1),
            f'{{root}}/{IMAGES}, line 2: pixel 2 is ',
            'bad pixel',
            lost=['#0$'],
            splits=LEARNT,
        ),
        'images without usage': table(
            replace(IMAGES, 'emotion,pixels,Usage', 'emotion,pixels'),
            "is 'emotion,pixels', without usage",
        ),
        'no images': table(
            each(remove(IMAGES), text('fer2013.zip', b'PK')),
            'holds fer2013new.csv but no images; put fer2013.csv or '
            'icml_face_data.csv beside it...not unpacked: {root}/fer2013.zip',
        ),
        'unknown name in label.csv': table(
            replace(TRAIN, 'fer0000003.png', 'fer0000099.png'),
            f"{{root}}/{TRAIN}, line 4: 'fer0000099.png' is not in {{root}}/"
            f'{NEW} for this split',
            'unknown name',
            lost=['#4$'],
            layouts=['csv of label.csv'],
            splits=LEARNT,
        ),
        **{
            f'a name twice with {votes} of {layout}': pictures(
                replace(
                    TRAIN,
                    'fer0000000',
                    f'fer0000003.png,{BOX},{votes},0,0,0,0,1,0\nfer0000000',
                ),
                f"{{root}}/{TRAIN}, line 1: 'fer0000003.png' is again in line "
                '5',
                'duplicate entry',
                layouts=[layout],
                lost=lost,
            )
            for layout in ('csv of label.csv', 'png of label.csv')
            for votes, lost in (
                ('0,0,6,3', []),
                ('0,6,0,3', ['fer0000003', '#4$']),
            )
        },
        'no label.csv': table(
            remove('data'),
            'no FER2013Train/label.csv, which',
            layouts=['csv of label.csv'],
        ),
        'a label.csv is missing': pictures(
            remove(TRAIN), f'{{root}}/{TRAIN}: no such file'
        ),
        'no new votes': table(
            remove(NEW),
            "no fer2013new.csv, which label_source='fer2013new' reads",
            layouts=['png'],
        ),
        'a face without a name': pictures(
            each(
                replace(NEW, 'fer0000003.png', ''),
                remove('data/FER2013Train/fer0000003.png'),
            ),
            '{list}, line 6: no image name, though the votes',
            'missing name',
            layouts=['png'],
            lost=['fer0000003'],
        ),
        'unknown class folder': table(
            image('train/unknown/fer0000900.png'),
            '{root}/train/unknown: unknown class folder with 1',
            'unknown class folder',
            layouts=['folders'],
        ),
        'no validation': table(
            remove('validation'),
            "no split 'val'; found",
            layouts=['folders'],
            splits=['val', 'trainval'],
        ),
        **{
            f'numbers from {base}': table(
                rename({n: str(base + i) for i, n in enumerate(CLASSES)}),
                "what the numbered class folders mean...'ferplus' = neutral, "
                "happiness, surprise...'affectnet' = neutral, happiness, sad"
                f'...train/{base}: 4',
                layouts=['folders'],
            )
            for base in (0, 1)
        },
        **{
            f'val_ratio of {layout}': wrong(
                layout, 'leave val_ratio=0.1 out', val_ratio=0.1
            )
            for layout in ('csv', 'png', 'folders')
        },
        'no such CSV': wrong('csv', 'x.csv: no such file', image_csv='x.csv'),
        'order of a table': wrong(
            'csv', "is for the layout 'folders'", folder_order='ferplus'
        ),
        'CSV of pictures': wrong(
            'png',
            "image_csv='x.csv' is for the layout 'csv'",
            image_csv='x.csv',
        ),
        'rule of folders': wrong(
            'folders', "rule='argmax' is for the layout", rule='argmax'
        ),
        'votes of folders': wrong(
            'folders', "'label_csv' is for the layout", **OLD
        ),
        'order of names': wrong(
            'folders', 'these are named', folder_order='ferplus'
        ),
    }


# ---- joins and sources -----------------------------------------------


@pytest.mark.parametrize('source', ['fer2013new', 'label_csv'])
def test_rows_are_joined_by_number(tmp_path: Path, source: str) -> None:
    """The number in a name is one less than the row's, from row 1 on."""
    write_csv(tmp_path, 3, 70)
    rows = make_plus_rows(3, 70)
    for split in ('train', 'val', 'test'):
        data = FERPlus(tmp_path, split, label_source=source)
        for index in range(len(data)):
            info = data.get_data_info(index)
            row = rows[info['row']]
            votes = row.votes if source == 'fer2013new' else row.old_votes
            assert info['gt_label'] == votes.index(max(votes))
            assert (info['img'] == face(70 + info['row'])).all()
    names = [row.name for row in rows]
    assert names[3] == 'fer0000002.png'
    assert names.index('') == 1


@pytest.mark.parametrize('layout', ['csv', 'png'])
def test_the_two_sources_differ(tmp_path: Path, layout: str) -> None:
    """One image a split has other votes in label.csv: class 0 for 1."""
    WRITERS[layout](tmp_path, 3, 0)
    for split, count in (('train', 3), ('val', 2), ('test', 2)):
        new, old = (
            dict(samples(FERPlus(tmp_path, split, label_source=source)))
            for source in ('fer2013new', 'label_csv')
        )
        assert new.keys() == old.keys()
        changed = [path for path in new if new[path] != old[path]]
        assert [(new[path], old[path]) for path in changed] == [(1, 0)]
        assert Counter(old.values())[0] == count + 1


def test_label_csv_of_the_script_has_the_new_votes(tmp_path, log) -> None:
    found = write_images(tmp_path, 3, 0, boxed=False)
    data = FERPlus(tmp_path, label_source='label_csv')
    assert sorted(samples(data)) == sorted(expect(tmp_path, found, 'train'))
    path = tmp_path / 'data' / 'FER2013Train' / 'label.csv'
    assert (
        f"{path}: has no boxes, so the authors' script wrote it from "
        "fer2013new.csv, and its votes are that file's: not those of the "
        'label.csv that most published results use'
    ) in log.warnings
    assert any('published are 25060' in text for text in log.warnings)


@pytest.mark.parametrize(
    'source, rule, split, published',
    [
        ('fer2013new', 'majority', 'train', 25060),
        ('fer2013new', 'majority', 'val', 3199),
        ('fer2013new', 'majority', 'test', 3153),
        ('label_csv', 'majority', 'trainval', 28236),
        ('label_csv', 'majority', 'test', 3137),
        ('fer2013new', 'argmax', 'train', 28389),
        ('fer2013new', 'argmax', 'val', 3553),
        ('label_csv', 'argmax', 'test', 3545),
        ('fer2013new', 'crossentropy', 'train', 27956),
        ('label_csv', 'probability', 'train', 27947),
        ('label_csv', 'crossentropy', 'test', 3137),
    ],
)
def test_numbers_are_compared(
    tmp_path: Path, source, rule, split, published, log
) -> None:
    write_csv(tmp_path, 1, 0)
    data = FERPlus(tmp_path, split, label_source=source, rule=rule)
    own = 'majority' if split == 'test' and rule == 'crossentropy' else rule
    assert (
        f'FERPlus {tmp_path}: {split} has {len(data)} images by {own}, '
        f'published are {published}'
    ) in log.warnings
    [note] = [text for text in log.notes if 'give source' in text]
    assert f'n = {len(data)} of ' in note
    assert f'rule {own}, 8 classes' in note
    assert ('label.csv' in note) == (source == 'label_csv')
    where = data.report.where
    assert any(where in text for text in log.notes if 'images' in text)


@pytest.mark.parametrize('name', ['fer2013.csv', 'icml_face_data.csv'])
def test_images_in_another_folder(tmp_path: Path, name: str) -> None:
    header = 'emotion, Usage, pixels' if name[0] == 'i' else None
    options = dict(name=name) | (dict(header=header) if header else {})
    found = write_csv(tmp_path / 'repository', 2, 0, **options)
    (tmp_path / 'fer').mkdir()
    (tmp_path / 'repository' / name).rename(tmp_path / 'fer' / name)
    data = FERPlus(tmp_path)
    assert samples(data) == expect(tmp_path / 'fer', found, 'train')
    named = FERPlus(tmp_path / 'repository', image_csv=tmp_path / 'fer' / name)
    assert samples(named) == samples(data)


def test_images_are_preferred_to_the_csv(tmp_path: Path) -> None:
    found = write_images(tmp_path, 2, 0)
    write_csv(tmp_path, 2, 0)
    assert sorted(samples(FERPlus(tmp_path))) == sorted(
        expect(tmp_path, found, 'train')
    )
    assert 'row' in FERPlus(tmp_path, layout='csv').get_data_info(0)


def test_class_order(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    native = FERPlus(tmp_path, rule='crossentropy')
    moved = FERPlus(tmp_path, rule='crossentropy', class_order='affectnet')
    for index in range(len(native)):
        first, other = (d.get_data_info(index) for d in (native, moved))
        for label, name in enumerate(native.CLASSES):
            place = moved.CLASSES.index(name)
            assert other['gt_score'][place] == first['gt_score'][label]
        name = native.CLASSES[first['gt_label']]
        assert moved.CLASSES[other['gt_label']] == name


def test_soft_labels_of_train(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, rule='crossentropy')
    info = data.get_data_info(0)
    assert info['gt_label'] == 0
    assert info['gt_score'].dtype == np.float32
    assert info['gt_score'] == pytest.approx([2 / 3, 1 / 3] + [0] * 6)
    # the tie of two classes, which has no majority, has shares
    infos = map(data.get_data_info, range(len(data)))
    shares = [tuple(other['gt_score']) for other in infos]
    assert (0.5, 0.5, 0, 0, 0, 0, 0, 0) in shares
    assert len(data) == len(FERPlus(tmp_path)) + 1


@pytest.mark.parametrize('rule', ['probability', 'crossentropy'])
@pytest.mark.parametrize('split', ['val', 'test'])
def test_val_and_test_are_hard(tmp_path: Path, rule: str, split: str) -> None:
    found = write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, split, rule=rule)
    assert samples(data) == expect(tmp_path, found, split)
    infos = map(data.get_data_info, range(len(data)))
    assert not any('gt_score' in info for info in infos)
    assert data.test_mode is True


@pytest.mark.parametrize('layout', ['csv', 'png'])
@pytest.mark.parametrize('source', ['fer2013new', 'label_csv'])
def test_raw_votes_are_kept(tmp_path: Path, layout: str, source: str) -> None:
    """Those of the source, beside the label that a rule makes of them."""
    WRITERS[layout](tmp_path, 2, 0)
    data = FERPlus(tmp_path, label_source=source, lazy_init=True)
    for report in (ReadReport('raise', ''), ReadReport('raise', '')):
        table = data._read('train', report)  # anew, and from the cache
        votes = {
            row.name.removesuffix('.png'): (
                row.votes if source == 'fer2013new' else row.old_votes
            )
            for row in make_plus_rows(2, 0)
        }
        found = dict(zip(table.name, table.votes.tolist(), strict=True))
        assert len(found) == 16
        assert found == {name: votes[name] for name in found}


def test_argmax_takes_the_first_of_a_tie(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, rule='argmax')
    rows = make_plus_rows(2, 0)
    labels = {
        data.get_data_info(i)['row']: data.get_data_info(i)['gt_label']
        for i in range(len(data))
    }
    tie = next(i for i, row in enumerate(rows) if row.votes[:2] == [5, 5])
    assert labels[tie] == 0
    assert len(labels) == 17


def test_packed_soft_labels(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    sample = FERPlus(tmp_path, rule='crossentropy', pipeline=pipeline)[0]
    assert sample['inputs'].shape == (3, 48, 48)
    packed = sample['data_samples']
    assert packed.gt_score.tolist() == pytest.approx([2 / 3, 1 / 3, *[0] * 6])
    assert packed.gt_label.tolist() == [0]


def drawn(data: FERPlus, index: int, count: int) -> list[int]:
    return [data[index]['gt_label'] for _ in range(count)]


def test_labels_are_drawn_at_each_access(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, rule='probability')
    np.random.seed(0)
    labels = drawn(data, 0, 900)
    assert set(labels) == {0, 1}
    # 6 of 9 votes: 600 expected, standard deviation 14
    assert 530 < labels.count(0) < 670
    assert 'gt_score' not in data[0]
    np.random.seed(0)
    assert drawn(data, 0, 900) == labels


def test_a_drawn_label_is_asked_for_without_a_draw(tmp_path: Path) -> None:
    """Samplers ask for labels; the random stream must not move."""
    write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, rule='probability')
    np.random.seed(0)
    state = np.random.get_state()[2]
    assert data.get_cat_ids(0) == [0]
    assert data.get_gt_labels().tolist()[:2] == [0, 0]
    assert np.random.get_state()[2] == state


def test_a_validation_fold_is_not_drawn(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, rule='probability', test_mode=True)
    assert drawn(data, 0, 50) == [0] * 50


def test_draws_follow_the_workers_seed(tmp_path: Path) -> None:
    write_csv(tmp_path, 4, 0)
    data = FERPlus(tmp_path, rule='probability')

    def epoch(seed: int) -> list[int]:
        loader = DataLoader(
            data,
            batch_size=4,
            num_workers=2,
            collate_fn=list,
            worker_init_fn=lambda worker: worker_init_fn(worker, 2, 0, seed),
        )
        return [entry['gt_label'] for batch in loader for entry in batch]

    assert epoch(1) == epoch(1) != epoch(2)


@pytest.mark.parametrize('layout', ['csv', 'png', 'folders'])
def test_seven_classes(tmp_path: Path, layout: str, log) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    data = FERPlus(tmp_path, num_classes=7)
    wanted = [s for s in expect(tmp_path, found, 'train') if s[1] != 7]
    assert sorted(samples(data)) == sorted(wanted)
    assert data.CLASSES == CLASSES[:7]
    assert not any('published are' in text for text in log.warnings)


def test_seven_classes_renormalise(tmp_path: Path) -> None:
    """Fear has three votes of contempt: they are left out."""
    write_csv(tmp_path, 2, 0)
    data = FERPlus(tmp_path, num_classes=7, rule='crossentropy')
    infos = [data.get_data_info(i) for i in range(len(data))]
    [fear, *_] = [info for info in infos if info['gt_label'] == 6]
    assert fear['gt_score'] == pytest.approx([0] * 6 + [1])
    assert all(len(info['gt_score']) == 7 for info in infos)


def twice(root: Path) -> Path:
    """Row 4 has the name of row 3 too, so the file holds row 4's image."""
    path = root / 'fer2013new.csv'
    edit(path, 'fer0000003.png', 'fer0000002.png')
    return path


def test_a_name_twice_in_the_csv_join(tmp_path: Path) -> None:
    found = write_csv(tmp_path, 2, 0)
    twice(tmp_path)
    assert samples(FERPlus(tmp_path)) == expect(tmp_path, found, 'train')


def test_a_name_twice_in_folders(tmp_path: Path, log) -> None:
    found = write_images(tmp_path, 2, 0)
    path = twice(tmp_path)
    train = tmp_path / 'data' / 'FER2013Train'
    (train / 'fer0000003.png').unlink()
    data = FERPlus(tmp_path)
    labels = dict(samples(data))
    rows = make_plus_rows(2, 0)
    assert rows[3].label == 1
    assert labels[f'{train}/fer0000002.png'] == rows[4].label == 2
    assert len(labels) == len(expect(tmp_path, found, 'train')) - 1
    assert (
        f'{path}, line 5: left out, since line 6 has the name '
        "'fer0000002.png' and the image again"
    ) in log.notes


def test_misspelled_class(tmp_path: Path) -> None:
    found = WRITERS['folders'](tmp_path, 2, 0)
    (tmp_path / 'train/surprise').rename(tmp_path / 'train/suprise')
    wanted = [
        (path.replace('/surprise/', '/suprise/'), label)
        for path, label in expect(tmp_path, found, 'train')
    ]
    assert sorted(samples(FERPlus(tmp_path))) == sorted(wanted)


@pytest.mark.parametrize('count', [8, 7])
@pytest.mark.parametrize('order', ['ferplus', 'affectnet', 'list'])
def test_numbered_folders_take_an_order(tmp_path, count, order) -> None:
    found = WRITERS['folders'](tmp_path, 2, 0)
    for folder in ('train', 'validation', 'test'):
        for label, name in enumerate(CLASSES):
            place = tmp_path / folder / name
            if label < count:
                place.rename(tmp_path / folder / str(label))
            else:
                for path in place.iterdir():
                    path.unlink()
                place.rmdir()
    affectnet = [0, 1, 3, 2, 6, 5, 4, 7]
    given = list(reversed(CLASSES[:count])) if order == 'list' else order
    data = FERPlus(tmp_path, folder_order=given, num_classes=count)
    moved = {
        'ferplus': list(range(8)),
        'affectnet': affectnet,
        'list': list(reversed(range(count))),
    }[order]
    wanted = [
        (path.replace(f'/{CLASSES[label]}/', f'/{label}/'), moved[label])
        for path, label in expect(tmp_path, found, 'train')
        if label < count
    ]
    assert sorted(samples(data)) == sorted(wanted)


def test_a_numbered_folder_is_missing(tmp_path: Path) -> None:
    """The others keep their numbers, though contempt is among them."""
    WRITERS['folders'](tmp_path, 1, 0)
    names = [*CLASSES[:3], CLASSES[7], *CLASSES[3:7]]
    for folder in ('train', 'validation', 'test'):
        for number, name in enumerate(names):
            (tmp_path / folder / name).rename(tmp_path / folder / str(number))
        shutil.rmtree(tmp_path / folder / '3')
    for path, label in samples(FERPlus(tmp_path, folder_order=names)):
        assert CLASSES[label] == names[int(Path(path).parent.name)]


def test_an_image_in_two_splits_is_told(tmp_path: Path, log) -> None:
    found = WRITERS['folders'](tmp_path, 2, 0)
    path, label = expect(tmp_path, found, 'train')[0]
    copy = tmp_path / 'test' / CLASSES[label] / Path(path).name
    copy.write_bytes(Path(path).read_bytes())
    FERPlus(tmp_path, 'test')
    assert log.warnings == [
        f'{tmp_path}: 1 images are in two splits (first: {copy} and {path})'
    ]


def test_val_is_split_off_where_there_is_none(tmp_path: Path) -> None:
    found = WRITERS['folders'](tmp_path, 10, 0)
    (tmp_path / 'validation').rename(tmp_path / 'other')
    train = samples(FERPlus(tmp_path, val_ratio=0.2))
    val = samples(FERPlus(tmp_path, 'val', val_ratio=0.2))
    assert sorted(train + val) == sorted(expect(tmp_path, found, 'train'))
    assert Counter(n for _, n in val) == dict.fromkeys(range(8), 2)


def test_votes_that_do_not_sum_to_ten(tmp_path: Path, log) -> None:
    write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013new.csv'
    edit_line(path, 6, lambda s: s.replace(',6,', ',7,'))
    assert len(FERPlus(tmp_path)) == 16
    assert (
        f'{path}: the votes of 1 rows do not sum to 10 (first: line 6, 11)'
    ) in log.notes


def test_fer2013_itself_is_not_ferplus(tmp_path: Path) -> None:
    write_fer2013(tmp_path, 1, 0)
    with pytest.raises(DatasetError, match='no FERPlus found here'):
        FERPlus(tmp_path)


def test_rows_in_another_order(tmp_path: Path) -> None:
    write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013.csv'
    lines = path.read_text().split('\n')
    lines[1], lines[25] = lines[25], lines[1]
    path.write_text('\n'.join(lines))
    refuse(
        f"{path}, line 2: row 0 is of 'val', its votes are of 'train': the "
        'two files are not in the same order',
        FERPlus,
        tmp_path,
    )
    assert len(FERPlus(tmp_path, on_error='skip')) == 15


def test_images_that_are_not_listed(tmp_path: Path, log) -> None:
    write_images(tmp_path, 2, 0)
    folder = tmp_path / 'data' / 'FER2013Train'
    rewrite(folder / 'fer0000003_flip.png', encode(0))
    assert len(FERPlus(tmp_path)) == 16
    assert (
        f'{tmp_path}/{NEW}: does not list 1 images of {folder} (first: '
        'fer0000003_flip.png)'
    ) in log.warnings


def test_class_folders_without_splits(tmp_path: Path) -> None:
    WRITERS['folders'](tmp_path, 2, 0)
    refuse('without train and test', FERPlus, tmp_path / 'train')


def test_one_name_in_two_folders_with_other_faces(tmp_path: Path) -> None:
    """Four names of the set stand twice, with another face each."""
    WRITERS['folders'](tmp_path, 2, 0)
    name = next((tmp_path / 'train' / 'anger').iterdir()).name
    rewrite(tmp_path / 'train' / 'fear' / name, encode(99))
    assert len(FERPlus(tmp_path)) == 17


@pytest.mark.parametrize('layout', ['train and valid', 'named'])
def test_rafdb_in_its_place(tmp_path: Path, layout: str) -> None:
    """A pack that goes round as FER+ is RAF-DB."""
    RAF_WRITERS[layout](tmp_path, 2, 0)
    said = refuse('this is not FER+ but RAF-DB', FERPlus, tmp_path)
    assert "carry RAF-DB's names (first: " in said
    assert "use type='RAFDB'" in said


def test_rows_of_the_writers() -> None:
    """What the line numbers above count on."""
    rows = make_plus_rows(2, 0)
    assert [row.name for row in rows[:5]] == [
        'fer0000000.png',
        '',
        'fer0000001.png',
        'fer0000002.png',
        'fer0000003.png',
    ]
    assert [row.label for row in rows[:5]] == [0, -1, -1, 1, 2]
    assert len(rows) == 16 + 8 + 8 + 6


# ---- numbers of images -----------------------------------------------


def write_many(folder: Path, count: int) -> None:
    """So many names of one image."""
    rewrite(folder / '0.png', encode(0))
    for number in range(1, count):
        os.link(folder / '0.png', folder / f'{number}.png')


def test_augmented_copies_are_told(tmp_path: Path, log) -> None:
    WRITERS['folders'](tmp_path, 1, 0)
    write_many(tmp_path / 'validation/joy', 8333)
    remove('validation/happiness')(tmp_path)
    FERPlus(tmp_path)
    assert log.warnings == []
    FERPlus(tmp_path, 'val')
    assert log.warnings == [
        f'{tmp_path}: val has 8340 images, the set has 3589 at most: '
        'augmented copies, results are not comparable'
    ]
    image('validation/joy/more.png')(tmp_path)
    FERPlus(tmp_path, 'val')
    assert '8341 images (a known repack), the set' in log.warnings[-1]


def test_rafdb_by_its_numbers(tmp_path: Path) -> None:
    write_many(tmp_path / 'train/joy', 12271)
    write_many(tmp_path / 'test/joy', 3068)
    message = "its numbers of images are {'test': 3068, 'train': 12271"
    refuse(message, FERPlus, tmp_path)
    (tmp_path / 'test/joy/0.png').unlink()
    assert len(FERPlus(tmp_path, 'test')) == 3067


def test_three_classes_may_share_a_label(tmp_path: Path) -> None:
    """No fourth is asked, though they hold less than three quarters."""
    write_csv(tmp_path, 2, 0)
    edit(tmp_path / NEW, f'0.png,{GOOD}', '0.png,5,4,3,2,2,2,0,0,0,0')
    info = FERPlus(tmp_path, rule='crossentropy').get_data_info(0)
    shares = [5 / 12, 4 / 12, 3 / 12, 0, 0, 0, 0, 0]
    assert info['gt_score'] == pytest.approx(shares)
