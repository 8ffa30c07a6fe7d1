"""FER+: every layout, source of votes and rule gives its samples."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mmengine.dataset import worker_init_fn
from torch.utils.data import DataLoader

from csgresnet_mm.datasets.ferplus import FERPlus
from csgresnet_mm.datasets.layouts.fer2013 import write_csv as write_fer2013
from csgresnet_mm.datasets.layouts.ferplus import (
    CLASSES,
    WRITERS,
    make_plus_rows,
    write_csv,
    write_images,
)

from .fer_helpers import edit, edit_line, expect, face, samples

CASES = [
    (layout, split)
    for layout in WRITERS
    for split in ('train', 'val', 'test', 'trainval')
]
PARTS = {'trainval': ('train', 'val')}


@pytest.mark.parametrize('depth', ['.', 'a/b'])
@pytest.mark.parametrize('layout, split', CASES)
def test_layouts(tmp_path: Path, layout, split, depth) -> None:
    home = tmp_path / depth
    found = WRITERS[layout](home, 3, 0)
    deep = layout.startswith('png') and depth == 'a/b'
    root = tmp_path / 'a' if deep else tmp_path
    data = FERPlus(root, split)
    wanted = expect(home.resolve(), found, *PARTS.get(split, (split,)))
    assert sorted(samples(data)) == sorted(wanted)
    assert data.CLASSES == CLASSES
    each = {'train': 3, 'val': 2, 'test': 2, 'trainval': 5}[split]
    assert Counter(label for _, label in samples(data)) == dict.fromkeys(
        range(8), each
    )


@pytest.mark.parametrize('layout, split', CASES)
def test_a_kept_index_gives_the_same(tmp_path: Path, layout, split, log):
    WRITERS[layout](tmp_path, 2, 0)
    first = samples(FERPlus(tmp_path, split))
    said = list(log)
    log.clear()
    assert samples(FERPlus(tmp_path, split)) == first
    assert sorted(log) == sorted(said)


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
    for split, each in (('train', 3), ('val', 2), ('test', 2)):
        new, old = (
            dict(samples(FERPlus(tmp_path, split, label_source=source)))
            for source in ('fer2013new', 'label_csv')
        )
        assert new.keys() == old.keys()
        changed = [path for path in new if new[path] != old[path]]
        assert [(new[path], old[path]) for path in changed] == [(1, 0)]
        assert Counter(old.values())[0] == each + 1


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
    assert any(data.layout in text for text in log.notes if 'images' in text)


# ---- images elsewhere ------------------------------------------------


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


# ---- rules -----------------------------------------------------------


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


# ---- names that occur twice ------------------------------------------


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


# ---- folders ---------------------------------------------------------


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


def test_augmented_copies_are_told(tmp_path: Path, log, monkeypatch) -> None:
    from csgresnet_mm.datasets import ferplus_folders

    monkeypatch.setattr(ferplus_folders, '_LARGEST', dict(train=15, val=8))
    monkeypatch.setattr(ferplus_folders, '_REPACK', dict(train=16, val=9))
    WRITERS['folders'](tmp_path, 2, 0)
    FERPlus(tmp_path)
    FERPlus(tmp_path, 'val')
    assert log.warnings == [
        f'{tmp_path}: train has 16 images (a known repack), the set has 15 '
        'at most: augmented copies, results are not comparable'
    ]


def test_an_image_in_two_splits_is_told(tmp_path: Path, log) -> None:
    found = WRITERS['folders'](tmp_path, 2, 0)
    path, label = expect(tmp_path, found, 'train')[0]
    copy = tmp_path / 'test' / CLASSES[label] / Path(path).name
    copy.write_bytes(Path(path).read_bytes())
    FERPlus(tmp_path, 'test')
    assert log.warnings == [
        f'{tmp_path}: 1 images are in two splits (first: {copy} and {path})'
    ]


def test_val_is_carved_where_there_is_none(tmp_path: Path) -> None:
    found = WRITERS['folders'](tmp_path, 10, 0)
    (tmp_path / 'validation').rename(tmp_path / 'other')
    train = samples(FERPlus(tmp_path, val_ratio=0.2))
    val = samples(FERPlus(tmp_path, 'val', val_ratio=0.2))
    assert sorted(train + val) == sorted(expect(tmp_path, found, 'train'))
    assert Counter(n for _, n in val) == dict.fromkeys(range(8), 2)


# ---- what changes no label -------------------------------------------


def test_line_ends_and_marks(tmp_path: Path, log) -> None:
    found = write_images(tmp_path, 2, 0)
    for path in [tmp_path / 'fer2013new.csv', *tmp_path.rglob('label.csv')]:
        lines = path.read_text().split('\n')[:-1]
        lines.insert(2, '')
        text = '\r\n'.join(lines)
        path.write_bytes(b'\xef\xbb\xbf' + text.encode())
    for source in ('fer2013new', 'label_csv'):
        for split in ('train', 'val', 'test'):
            data = FERPlus(tmp_path, split, label_source=source)
            wanted = expect(tmp_path, found, split)
            assert [p for p, _ in samples(data)] == [p for p, _ in wanted]
            if source == 'fer2013new':
                assert samples(data) == wanted
    assert any('passed over 1 blank lines' in text for text in log.notes)


def test_votes_that_do_not_sum_to_ten(tmp_path: Path, log) -> None:
    write_csv(tmp_path, 2, 0)
    path = tmp_path / 'fer2013new.csv'
    edit_line(path, 6, lambda s: s.replace(',6,', ',7,'))
    assert len(FERPlus(tmp_path)) == 16
    assert (
        f'{path}: the votes of 1 rows do not sum to 10 (first: line 6, 11)'
    ) in log.notes


def test_fer2013_itself_is_not_ferplus(tmp_path: Path) -> None:
    from csgresnet_mm.datasets.errors import DatasetError

    write_fer2013(tmp_path, 1, 0)
    with pytest.raises(DatasetError, match='no FERPlus found here'):
        FERPlus(tmp_path)
