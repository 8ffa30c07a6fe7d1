"""The audit on data and configs of anybody."""

from __future__ import annotations

import shutil

import pytest

from csgresnet_mm.apis.config_data.orders import order_print
from csgresnet_mm.programs.audit.cli import main

from .planting import jpeg, smooth_images

SPLITS = ('train', 'test')


@pytest.fixture
def root(tmp_path):
    """Class folders of MMPretrain's CustomDataset, three images each."""
    images = iter(smooth_images(60, 32, 3))
    place = tmp_path / 'mine'
    for split in SPLITS:
        for name in ('anger', 'fear', 'sadness'):
            folder = place / split / name
            folder.mkdir(parents=True)
            for number in range(3):
                (folder / f'{number}.jpg').write_bytes(jpeg(next(images)))
    return place


def custom(root, split='train', **options):
    return dict(
        type='CustomDataset',
        data_root=str(root),
        data_prefix=split,
        **options,
    )


def both(root, **options):
    return {split: custom(root, split, **options) for split in SPLITS}


def listed(root, lines, classes=('anger', 'fear', 'sadness')):
    """A list file, as MMPretrain reads it."""
    path = root / 'train.txt'
    path.write_text(lines)
    metainfo = dict(classes=list(classes)) if classes else None
    return custom(root, ann_file='train.txt', metainfo=metainfo)


def labels(*values, first=0):
    """Lines of nine images with these labels, in turn."""
    names = ('anger', 'fear', 'sadness')
    return '\n'.join(
        f'{names[n % 3]}/{n // 3}.jpg {values[n % len(values)]}'
        for n in range(9)
    )


def findings(report, *codes):
    return [item for item in report()['findings'] if item['code'] in codes]


def test_clean_folders_are_fit(check, root, report):
    code, output = check(**both(root))
    assert code == 0, output
    assert report()['findings'] == [
        item for item in report()['findings'] if item['code'] == 'release'
    ]


def test_A1_labels_from_one(check, root, report):
    code, output = check(train=listed(root, labels(1, 2, 3)))
    assert code == 1
    (found,) = findings(report, 'label-range')
    assert found['count'] == 3
    assert 'labels outside 0 to 2: 3 (3 of ' in found['text']
    assert 'sadness/0.jpg' in found['text']
    assert 'numbered from 1' in found['text']
    assert '-' in output


def test_A1_a_label_far_out(check, root, report):
    code, _ = check(train=listed(root, labels(0, 1, 99)))
    assert code == 1
    (found,) = findings(report, 'label-range')
    assert 'found 0 to 99' in found['text']
    assert 'numbered from 1' not in found['text']


def test_A1_a_label_below_zero(check, root, report):
    code, _ = check(train=listed(root, labels(0, -1, 2)))
    assert code == 1
    (found,) = findings(report, 'unlabelled')
    assert found['count'] == 3 and 'fear/0.jpg' in found['text']


@pytest.mark.parametrize('outputs', [2, 7])
def test_A1_classes_and_head(check, root, report, outputs):
    option = f'model.head.num_classes={outputs}'
    code, output = check('--cfg-options', option, train=custom(root))
    assert code == 1, output
    (found,) = findings(report, 'head-classes')
    assert (
        f'3 classes (anger, fear, sadness), but the head has {outputs}'
        in (found['text'])
    )


def test_A1_labels_and_head_where_no_class_has_a_name(check, root, report):
    train = listed(root, labels(0, 1, 2), classes=())
    code, _ = check('--cfg-options', 'model.head.num_classes=2', train=train)
    assert code == 1
    assert findings(report, 'label-range')[0]['count'] == 3


def test_A2_images_beside_the_class_folders(check, root, report):
    shutil.copy(root / 'train/fear/0.jpg', root / 'train' / 'loose.JPG')
    (root / 'train' / 'notes.txt').touch()
    code, _ = check(**both(root))
    assert code == 0
    (found,) = findings(report, 'beside-folders')
    assert 'of no class: 1 (loose.JPG)' in found['text']


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (dict(metainfo=dict(classes=list('abcd'))), 'number of subfolders'),
        (dict(data_prefix='absent'), 'absent'),
        (dict(data_prefix='train/fear'), 'Found 0 files in subfolders'),
        (dict(extensions=('.gif',)), 'Found 0 files in subfolders'),
        (dict(ann_file='no.txt'), 'no.txt'),
        (dict(type='CIFAR10', data_prefix='none'), 'CIFAR10'),
        (dict(type='ImageNet', data_root='/no', data_prefix=''), '/no'),
    ],
)
def test_A2_one_line_where_data_cannot_be_read(
    check, root, change, said, monkeypatch
):
    monkeypatch.setenv('no_proxy', '*')
    if change.get('type') == 'CIFAR10':
        change = dict(change, download=False)
    code, output = check(train=dict(custom(root), **change))
    assert code == 2, output
    (line,) = [x for x in output.splitlines() if 'cannot be read' in x]
    assert said in line
    assert 'Traceback' not in output


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('train_dataloader = dict(', 'SyntaxError'),
        (
            "custom_imports = dict(imports=['no_such_module'], "
            'allow_failed_imports=False)',
            'no_such_module',
        ),
        ("_base_ = 'no_base.py'", 'no_base.py'),
        ('1 / 0', 'ZeroDivisionError'),
        ('x = 1', 'no data set'),
        ('train_dataloader = 5', 'train_dataloader: 5; expected a dict'),
        ('train_dataloader = dict(dataset=dict())', 'type'),
        ("train_dataloader = dict(dataset='RAFDB')", 'expected a dict'),
    ],
)
def test_A2_one_line_whatever_the_config(text, said, tmp_path, capsys):
    path = tmp_path / 'odd.py'
    path.write_text(text + '\n')
    assert main([str(path), '--out', str(tmp_path), '--workers', '0']) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1


def test_A2_a_class_without_a_folder(check, root, report):
    shutil.rmtree(root / 'train' / 'fear')
    train, test = (
        dict(type='OwnFolders', data_root=str(root), split=split)
        for split in SPLITS
    )
    code, _ = check(train=train, test=test)
    assert code == 0
    (found,) = findings(report, 'class-empty')
    assert 'train: classes without images: 1 of 3 (fear)' in found['text']


def test_A2_a_split_that_lacks_a_class_folder(check, root, report):
    shutil.rmtree(root / 'test' / 'fear')
    code, _ = check(**both(root))
    assert code == 1
    assert findings(report, 'orders-differ')


def test_A2_folders_under_the_name_of_another_class(check, root, report):
    names = dict(classes=['fear', 'anger', 'sadness'])
    code, _ = check(train=custom(root, metainfo=names))
    assert code == 1
    (found,) = findings(report, 'folders-renamed')
    assert "label 0 is folder 'anger', called 'fear'" in found['text']


def test_A3_words_as_labels(check, root, report):
    train = listed(root, labels('anger', 'fear', 'sadness'))
    code, output = check(train=train, test=custom(root, 'test'))
    assert code == 1, output
    (found,) = findings(report, 'list-lines')
    assert found['count'] == 9
    assert (
        f"{root}/train.txt: lines whose label is no number: 9 (line 1 '"
        in (found['text'])
    )
    assert 'anger/0.jpg anger' in found['text']
    assert report()['splits']['test']['images'] == 9  # the rest is checked


@pytest.mark.parametrize(
    ('lines', 'said', 'images'),
    [
        (labels(0, 1, 2) + '\n\n', 'empty lines: 1 (line 10', 9),
        (labels(0, 1, 2) + '\nfear/0.jpg', 'without a label: 1', 9),
        (labels(0, 1, 2).replace(' ', ','), 'without a label: 9', 0),
        (labels(0, 1, 2).replace(' ', '\t'), 'without a label: 9', 0),
        (labels('0.0', 1, 2), 'label is no number: 3', 6),
        ('image label\n' + labels(0, 1, 2), 'number: 1 (line 1', 9),
        ('\ufeff' + labels(0, 1, 2), 'byte-order mark: 1 (line 1', 8),
    ],
)
def test_A3_lines_that_cannot_be_read(
    check, root, report, lines, said, images
):
    code, output = check(train=listed(root, lines))
    assert code == 1, output
    (found,) = findings(report, 'list-lines')
    assert said in found['text']
    assert report()['splits']['train']['images'] == images


@pytest.mark.parametrize(
    ('data', 'said'),
    [
        (b'anger/0.jpg 0\n\xe9.jpg 1', 'train.txt: not UTF-8 text (byte 14'),
        (b'', 'train.txt: empty; expected a line an image'),
    ],
)
def test_A3_lists_that_are_none(check, root, data, said):
    train = listed(root, '')
    (root / 'train.txt').write_bytes(data)
    code, output = check(train=train)
    assert code == 2
    assert said in output


@pytest.mark.parametrize(
    'names',
    [
        ('anger', 'happiness', 'sadness'),
        ('Angry', 'Happy', 'Sad', 'Surprise'),
        ('neutral', 'happiness'),
        ('fear',),
        ('cat', 'dog', 'fear'),
    ],
)
def test_A4_a_few_classes_are_in_no_known_order(names):
    assert order_print(names).known == ()


def test_A4_orders_that_names_do_support():
    names = ('surprise fear disgust happiness sadness anger neutral').split()
    assert order_print(names).known == ('rafdb',)
    assert order_print(names[:-1]).known == ('rafdb',)


def test_A4_the_terminal_names_no_data_set(check, root):
    _, output = check(**both(root))
    (line,) = {x for x in output.splitlines() if 'class order' in x}
    assert ', that of' not in line


def test_unnamed_classes(check, root, report):
    code, output = check(train=listed(root, labels(0, 1, 2), classes=()))
    assert code == 0
    (found,) = findings(report, 'classes-unnamed')
    assert 'no names (labels 0, 1, 2)' in found['text']
    assert ' 9 images' in output


def test_unnamed_beside_named_classes_are_no_other_order(check, root, report):
    train = listed(root, labels(0, 1, 2), classes=())
    check(train=train, test=custom(root, 'test'))
    assert not findings(report, 'orders-differ')


def test_images_without_labels(check, root, report):
    code, _ = check(train=custom(root, with_label=False))
    assert code == 1
    assert findings(report, 'unlabelled')[0]['count'] == 9
    assert not findings(report, 'classes-unnamed')


def test_numbered_classes(check, root, report):
    for split in SPLITS:
        for number, name in enumerate(('anger', 'fear', 'sadness')):
            (root / split / name).rename(root / split / str(number))
    code, _ = check(**both(root))
    assert code == 0
    assert {f['level'] for f in findings(report, 'classes-numbered')} == {
        'note'
    }


@pytest.mark.parametrize('name', ['.ipynb_checkpoints', '@eaDir', '__MACOSX'])
def test_F8_a_hidden_folder_is_a_class(check, root, report, name):
    for split in SPLITS:
        shutil.copytree(root / split / 'fear', root / split / name)
    code, _ = check(**both(root))
    assert code == 1
    train, test = findings(report, 'hidden-class')
    assert f'hidden folder {name!r} is class 0 (3 images)' in train['text']
    assert test['text'].startswith('test: ')


def test_F8_suffixes_that_are_left_out(check, root, report):
    images = iter(smooth_images(6, 32, 11))
    for name, suffix in (('fear', 'webp'), ('anger', 'tiff')):
        for number in range(3):
            path = root / 'train' / name / f'x{number}.{suffix}'
            path.write_bytes(jpeg(next(images)))
    code, _ = check(**both(root))
    assert code == 1
    tiff, webp = findings(report, 'suffix-left-out')
    assert 'their suffix .tiff: 3 (' in tiff['text']
    assert 'x0.webp' in webp['text'] and 'read are .bmp' in webp['text']


def test_F8_what_own_folders_read_is_not_left_out(check, root, report):
    shutil.copy(root / 'train/fear/0.jpg', root / 'train/fear/9.webp')
    check(train=dict(type='OwnFolders', data_root=str(root)))
    assert not findings(report, 'suffix-left-out')


def test_a_pure_python_type_is_read(root, tmp_path, capsys):
    path = tmp_path / 'pure.py'
    path.write_text(
        'from mmpretrain.datasets import CustomDataset\n'
        'train_dataloader = dict(dataset=dict(type=CustomDataset, '
        f'data_root={str(root)!r}, data_prefix="train"))\n'
    )
    out = ['--out', str(tmp_path / 'out'), '--workers', '0']
    assert main([str(path), *out]) == 0, capsys.readouterr()
