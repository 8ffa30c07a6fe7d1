"""RAF-DB keeps the contract; its names, orders, lists and copies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from csgresnet_mm.datasets import RAFDB, DatasetError
from csgresnet_mm.datasets.layouts.rafdb import (
    WRITERS,
    write_folders,
    write_official,
)

from .contract import Bad, DatasetContract, Edit, Found, Layout
from .contract.edits import (
    append,
    copy,
    each,
    image,
    keep,
    move,
    remove,
    rename,
    replace,
    rewrite,
    text,
)
from .contract.suite import of, seen

CLASSES = 'Surprise Fear Disgust Happiness Sadness Anger Neutral'.split()
LIST = 'EmoLabel/list_patition_label.txt'
CSV = 'train_labels.csv'
BOXES = 'Annotation/boundingbox'
ORIGINAL = dict(alignment='original')
LISTED = ('official', 'original')
NUMBERED = 'train and valid'
FOLDERS = (NUMBERED, 'train_set and test_set', 'named')
BOTH, TRAIN = ('train', 'test'), ('train',)
LINES = {  # a line, its message, as what it is counted, and by whom
    'too few fields': (
        'train_00099.jpg',
        "1 fields 'train_00099.jpg'; expected 2: 'name label'",
        'wrong number of fields',
        BOTH,
    ),
    'too many fields': (
        'train_00099.jpg 1 2',
        "3 fields 'train_00099.jpg 1 2'; expected 2: 'name label'",
        'wrong number of fields',
        BOTH,
    ),
    'label out of range': (
        'train_00099.jpg 9',
        "label 9 of 'train_00099.jpg' is outside 1..7 (labels 8..11",
        'label out of range',
        BOTH,
    ),
    'label no integer': (
        'train_00099.jpg Happy',
        "label 'Happy' is not an integer",
        'label not an integer',
        BOTH,
    ),
    'control character': (
        'train\x07.jpg 1',
        "'train\\x07.jpg' is no file name",
        'bad name',
        BOTH,
    ),
    'missing image': (
        'train_00099.jpg 1',
        "image 'train_00099.jpg' is missing; looked for {root}/Image/",
        'missing image',
        TRAIN,
    ),
    **{
        name: (
            f'{name} 1',
            f'{name!r} starts with neither train_ nor test_',
            'no split',
            BOTH,
        )
        for name in ('face_15.jpg', '..\\train_00001.jpg')
    },
    **{
        name: (
            f'{name} 1',
            f'{name!r} leaves the folder of the data set',
            'path escape',
            TRAIN,
        )
        for name in (
            '../aligned/train_00001_aligned.jpg',
            'Image/../../train_00001.jpg',
        )
    },
    'absolute path to nothing': (
        '/nowhere/train_00001.jpg 1',
        "image '/nowhere/train_00001.jpg' (an absolute path) is missing",
        'missing image',
        TRAIN,
    ),
    **{
        f'{name} twice': (
            f'{name} 3',
            f'{name!r} is already in line 3, with the same label',
            'duplicate entry',
            TRAIN,
        )
        for name in ('train_00003.jpg', 'train_00003_aligned.jpg')
    },
}
BAD_BOXES = ('1 2 3', '1 2 3 4 5', '1 2 3 x', '1 2 3 nan', '50 60 30 30', '',
             '5 2 5 6', '1 6 5 6')  # fmt: skip


def renumber(labels: int, base: int) -> Edit:
    """Labels of another set in the official list."""

    def edit(root: Path) -> None:
        names = (root / LIST).read_text().split()[::2]
        lines = [f'{n} {i % labels + base}\n' for i, n in enumerate(names)]
        rewrite(root / LIST, ''.join(lines))

    return edit


def link(file: str) -> Edit:
    """A link to nothing in the place of a file."""

    def edit(root: Path) -> None:
        (root / file).unlink()
        (root / file).symlink_to(root / 'gone.jpg')

    return edit


def official(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    return Bad(edit, error, cause, **{'layouts': ['official'], **more})


def numbered(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    return Bad(edit, error, cause, **{'layouts': [NUMBERED], **more})


def kaggle(edit: Edit, error: str, cause: str = '', **more) -> Bad:
    return Bad(
        edit, error, cause, **{'layouts': ['kaggle'], 'splits': TRAIN, **more}
    )


OF_ONE_LIST = dict(
    lists=[LIST],
    relabel=(LIST, '00001.jpg 1\n', '00001.jpg 2\n'),
    ordered=True,
)


class TestRAFDB(DatasetContract):
    kind = RAFDB
    classes = CLASSES
    layouts = {
        'official': Layout(
            WRITERS['official'],
            'official',
            **OF_ONE_LIST,
        ),
        'original': Layout(
            WRITERS['original'],
            'official',
            options=ORIGINAL,
            **OF_ONE_LIST,
        ),
        'two lists': Layout(
            WRITERS['two lists'],
            'official',
            lists=['EmoLabel/train.txt', 'EmoLabel/test.txt'],
            relabel=('EmoLabel/train.txt', 'aligned.jpg 1', 'aligned.jpg 2'),
            ordered=True,
        ),
        'kaggle': Layout(
            WRITERS['kaggle'],
            'folders',
            lists=[CSV, 'test_labels.csv'],
            relabel=(CSV, '00001_aligned.jpg,1', '00001_aligned.jpg,2'),
            below=('a',),
        ),
        **{name: Layout(WRITERS[name], 'folders') for name in FOLDERS},
    }
    apart = ('a', 'b')
    options = (
        dict(label_base=0, on_error='skip'),
        dict(val_ratio=0.5),
        dict(val_ratio=0.5, seed=1),
    )
    arguments = {
        'alignment': (
            dict(alignment='cropped'),
            "alignment='cropped' is unknown; expected one of aligned, origin",
        ),
        'label_base': (
            dict(label_base=2),
            "label_base=2 is unknown; expected 'auto', 0 or 1",
        ),
        'negative': (dict(val_ratio=-0.1), 'val_ratio=-0.1 is not in [0, 1)'),
        'classes spelled otherwise': (
            dict(metainfo=dict(classes=sorted(map(str.lower, CLASSES)))),
            'in another order; names do not move labels',
        ),
        'label_file': (
            dict(label_file='n.txt'),
            "label_file='n.txt' does not exist, neither itself nor in ",
        ),
        'order': (
            dict(folder_order='rafdb'),
            "folder_order='rafdb' is for the layout 'folders'; here is ",
        ),
        'val': (
            dict(split='val'),
            'RAF-DB has no validation split; set val_ratio (0.1, say)',
        ),
    }
    bad = {
        **{
            case: Bad(
                append(LIST, line),
                f'{{list}}, line 43: {message}',
                cause,
                layouts=LISTED,
                splits=splits,
            )
            for case, (line, message, cause, splits) in LINES.items()
        },
        'another label': official(
            append(LIST, 'train_00003.jpg 4'),
            'is already in line 3, with another label',
            'duplicate entry',
            lost=['train_00003'],
            splits=TRAIN,
        ),
        'two foreign labels': official(
            append(LIST, 'train_00098.jpg 8', 'train_00099.jpg 9'),
            "line 43: label 8 of 'train_00098.jpg' is outside 1..7",
            'label out of range',
            count=2,
        ),
        'three foreign labels': official(
            append(LIST, *(f'train_0009{n}.jpg {n}' for n in (8, 9, 10))),
            '{list}: labels [8, 9, 10] are outside 1..7 (3 of 45 lines, first'
            ': line 43): another set',
        ),
        'labels of compound': official(
            renumber(11, 1),
            'labels [8, 9, 10, 11] are outside 1..7...(labels 8..11 are those '
            'of RAF-DB compound',
        ),
        'labels of RAF-CE': official(
            renumber(14, 0), 'labels 0 (line 1) and 7 (line 8) both occur'
        ),
        **{
            f'labels {labels}': official(
                keep(LIST, f' [{labels}]$'),
                'neither label 0 nor 7 occurs, so whether it counts',
            )
            for labels in ('123', '16')
        },
        'broken link': official(
            link('Image/aligned/train_00002_aligned.jpg'),
            "{list}, line 2: image 'train_00002.jpg' is missing",
            'missing image',
            lost=['train_00002'],
            splits=TRAIN,
        ),
        'two files for a line': official(
            each(
                replace(LIST, '00001.jpg', '00001'),
                image('Image/aligned/train_00001.jpg'),
            ),
            "train_00001.jpg, train_00001_aligned.jpg are all 'train_00001'",
            splits=TRAIN,
        ),
        'nothing left': official(
            each(remove('Image/aligned/*')),
            'is empty',
            options=dict(on_error='skip'),
        ),
        'images not unpacked': official(
            each(remove('Image/aligned'), text('Image/aligned.zip', b'PK')),
            '{root}/Image/aligned: no such folder...not unpacked: '
            '{root}/Image/aligned.zip',
        ),
        'several folders of aligned images': official(
            each(
                move('Image/aligned', 'Image/aligned_112'),
                copy('Image/aligned_112', 'Image/aligned_224'),
            ),
            'several folders of aligned images: aligned_112, aligned_224',
        ),
        'no label list': official(
            move(LIST, 'EmoLabel/labels.txt'),
            'no label list with lines of the split ...; expected EmoLabel/'
            'list_patition_label.txt, EmoLabel/...txt or label_file=; '
            'EmoLabel holds labels.txt',
        ),
        'no EmoLabel': official(
            remove('EmoLabel'), 'EmoLabel holds nothing: it does not exist'
        ),
        'no line of test': official(
            keep(LIST, '^train'),
            "no label list with lines of the split 'test'",
            splits=['test'],
        ),
        'no originals': official(
            text('x', ''),
            '{root}/Image/original: no such folder; Image holds aligned/',
            options=ORIGINAL,
        ),
        'aligned images are no original ones': Bad(
            move('Image/original', 'Image/aligned_224'),
            '{root}/Image/original: no such folder; Image holds aligned_224/',
            layouts=['original'],
        ),
        'image of the other split': Bad(
            append('EmoLabel/train.txt', 'test_0001.jpg 1'),
            "{list}, line 29: 'test_0001.jpg' is of 'test' by its prefix, the "
            "list is of 'train'",
            'wrong split',
            layouts=['two lists'],
            splits=TRAIN,
        ),
        **{
            f'box {box!r}': Bad(
                text(f'{BOXES}/train_00004_boundingbox.txt', box),
                f'{{root}}/{BOXES}/train_00004_boundingbox.txt: found {box!r};'
                ' expected four numbers "left top right bottom"',
                'bad box',
                layouts=['original'],
                lost=['train_00004'],
                splits=TRAIN,
            )
            for box in BAD_BOXES
        },
        'missing box': Bad(
            remove(f'{BOXES}/train_00004_boundingbox.txt'),
            f'{{root}}/{BOXES}/train_00004_boundingbox.txt: missing, so ',
            'missing box',
            layouts=['original'],
            lost=['train_00004'],
            splits=TRAIN,
        ),
        'no boxes': Bad(
            remove('Annotation'),
            "alignment='original' needs it",
            layouts=['original'],
        ),
        # class folders
        'unknown class folder': numbered(
            image('train/Contempt/train_00099.jpg'),
            '{root}/train/Contempt: unknown class folder with 1 images; the '
            'classes are Surprise, Fear',
            'unknown class folder',
            layouts=['named'],
        ),
        **{
            f'folder {name}': numbered(
                image(f'train/{name}/train_00099.jpg'),
                f'{{root}}/train/{name}: unknown class folder with 1 images',
                'unknown class folder',
            )
            for name in ('8', '10')
        },
        'numbers from 0 and to 7': numbered(
            image('valid/0/test_0099.jpg'), 'class folders 0 and 7 both exist'
        ),
        'neither number 0 nor 7': numbered(
            remove('*/7'), 'class folders [1, 2, 3, 4, 5, 6]: neither 0 nor 7'
        ),
        'numbered and named': numbered(
            image('valid/happy/test_0099.jpg'),
            'numbered and named class folders are mixed: 1, 2, 3',
        ),
        **{
            f'numbers from {first}': numbered(
                rename({str(n + 1): f'{n:0{len(first)}d}' for n in range(7)}),
                'what the numbered class folders mean is not...test: 0: 2, '
                '1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2',
                layouts=['train_set and test_set'],
            )
            for first in ('0', '00')
        },
        'two folders of a class': numbered(
            image('train/happy/train_00099.jpg'),
            "'Happiness' and 'happy' are both the class 'Happiness'",
            layouts=['named'],
        ),
        'two folders of a split': numbered(
            copy('valid', 'val'), "'val' and 'valid' are both the split 'val'"
        ),
        'order of named folders': numbered(
            text('x', ''),
            'these are named',
            layouts=['named'],
            options=dict(folder_order='rafdb'),
        ),
        'folder in a class folder': numbered(
            image('train/3/more/train_00099.jpg'),
            '{root}/train/3: holds the folders more; images are expected',
            'folder inside a class folder',
        ),
        'image twice': numbered(
            image('train/2/train_00002_aligned.webp'),
            'train/2/train_00002_aligned.webp: the same image as {root}/train',
            'duplicate entry',
            splits=TRAIN,
        ),
        'image in two classes': numbered(
            image('train/3/train_00002.jpg'),
            'train/3/train_00002.jpg: the same image as {root}/train/2/',
            'duplicate entry',
            lost=['train_00002'],
            splits=TRAIN,
        ),
        'no test': numbered(
            each(remove('valid'), text('test.zip', b'PK')),
            "the split 'test' is empty (class fol...not unpacked: {root}/test",
            splits=['test'],
        ),
        **{
            f'{name}= of class folders': numbered(
                text('x', ''),
                f"{name}=...is for the layout 'official'; here is 'folders'",
                options={name: value},
            )
            for name, value in (
                ('label_file', 'x.txt'),
                ('alignment', 'original'),
            )
        },
        'altered test image in train': numbered(
            image('train/1/test_0001_aligned_flip.jpg'),
            '{root}/train/1/test_0001_aligned_flip.jpg: an altered copy of a '
            "'test' image inside the 'train' folder",
            'altered copy in the wrong split',
        ),
        # the CSV beside them
        'list and folder disagree': kaggle(
            replace(CSV, '00003_aligned.jpg,3', '00003_aligned.jpg,6'),
            "{list}, line 4: 'train_00003_aligned.jpg' is Anger, its folder "
            '{root}/DATASET/train/3 is Disgust',
            'labels disagree',
            lost=['train_00003'],
        ),
        'list with a label 0': kaggle(
            replace(CSV, '00001_aligned.jpg,1', '00001_aligned.jpg,0'),
            "{list}, line 2: label 0 of 'train_00001_aligned.jpg' is outside "
            '1..7',
            'label out of range',
        ),
        'listed twice': kaggle(
            append(CSV, 'train_00003_aligned.jpg,3'),
            "{list}, line 30: 'train_00003_aligned.jpg' is already in line 4",
            'duplicate entry',
        ),
        'list with a path': kaggle(
            append(CSV, '../../etc/x.jpg,3'),
            "{list}, line 30: '../../etc/x.jpg' is a path; a file name",
            'path escape',
        ),
        'another header': kaggle(
            replace(CSV, 'image,label', 'what,image'),
            "{list}, line 1: header is 'what,image'; expected 'image,label'",
        ),
        'listed and missing': kaggle(
            append(CSV, 'train_00099_aligned.jpg,3'),
            "{list}, line 30: image 'train_00099_aligned.jpg' is missing; "
            'looked in {root}/DATASET/train',
            'missing image',
        ),
    }

    def key(self, path: str) -> str:
        return Path(path).stem.removesuffix('_aligned')


def check(root: Path, found: Found, **options) -> None:
    """Train and test hold exactly what was written."""
    for split in BOTH:
        got = seen(RAFDB(root, split, **options))
        assert sorted(got) == sorted(of(split, found)) != [], split


def shown(root: Path, split: str = 'train', **options) -> list:
    """(name of the file, label) of a split, in order."""
    data = RAFDB(root, split, **options)
    return [(Path(path).name, label) for path, label in seen(data)]


# ---- as distributed --------------------------------------------------


@pytest.mark.parametrize('name', ['basic', 'raf-basic'])
@pytest.mark.parametrize('other', ['', 'compound', 'rafdb_compound'])
def test_any_name_beside_compound(tmp_path: Path, name, other: str) -> None:
    found = write_official(tmp_path / name, 2, 0)
    if other:
        write_official(tmp_path / other, 2, 1)
    check(tmp_path / name, found)
    check(tmp_path, [(s, f'{name}/{p}', n) for s, p, n in found])


@pytest.mark.parametrize('root', ['.', 'compound'])
def test_compound_is_another_set(tmp_path: Path, root: str) -> None:
    write_official(tmp_path / 'compound', 2, 0)
    with pytest.raises(DatasetError, match='compound is another set, of 11'):
        RAFDB(tmp_path / root)


def test_root_that_is_no_folder(tmp_path: Path) -> None:
    rewrite(tmp_path / 'basic.zip', b'PK')
    with pytest.raises(DatasetError, match='is an archive: unpack it'):
        RAFDB(tmp_path / 'basic.zip')
    with pytest.raises(ValueError, match="='s3://x' is a URL; a local fold"):
        RAFDB('s3://x')
    (tmp_path / 'basic.zip').unlink()
    with pytest.raises(DatasetError) as caught:
        RAFDB(tmp_path)
    message = str(caught.value)
    assert 'It holds nothing; the nearest known layout is ' in message
    assert (
        "'official': EmoLabel/list_patition_label.txt, Image/aligned/"
        '*_aligned.jpg; other layouts: folders'
    ) in message
    assert 'archive' not in message


@pytest.mark.parametrize(
    'options',
    [
        dict(listed='_aligned.jpg'),
        dict(listed='_aligned'),
        dict(suffix='.jpg'),
        dict(suffix='_aligned.png'),
        dict(base=0),
        dict(folder='aligned_224', suffix='.jpg'),
    ],
    ids=str,
)
def test_forms_as_distributed(tmp_path: Path, options: dict) -> None:
    check(tmp_path, write_official(tmp_path, 2, 0, **options))


def test_what_outranks_what(tmp_path: Path) -> None:
    """The one list over two, aligned over aligned_224."""
    found = write_official(tmp_path, 2, 0)
    other = dict(lists=('train.txt', 'test.txt'), folder='aligned_224')
    write_official(tmp_path, 2, 0, base=0, **other)
    check(tmp_path, found)


@pytest.mark.parametrize('where', ['EmoLabel/noise.txt', 'noise.txt', ''])
def test_noise_list_is_for_train_only(tmp_path: Path, where: str) -> None:
    found = write_official(tmp_path / 'basic', 2, 0)
    noisy = [
        (split, f'basic/{path}', (n + 3) % 7 if split == 'train' else n)
        for split, path, n in found
    ]
    path = tmp_path / (f'basic/{where}' if where else 'mine.txt')
    lines = [
        f'{Path(p).name.replace("_aligned", "")} {label + 1}\n'
        for p, label in of('train', noisy)
    ]
    rewrite(path, ''.join(lines))
    given = path.name if where else path
    check(tmp_path, noisy, label_file=given)


def test_absolute_paths_with_labels_from_zero(tmp_path: Path) -> None:
    found = write_official(tmp_path, 2, 0)
    move('Image/aligned', 'elsewhere')(tmp_path)
    image('Image/aligned/x.jpg')(tmp_path)
    found = [(s, f'elsewhere/{Path(p).name}', n) for s, p, n in found]
    lines = [f'{tmp_path / path} {label}\n' for _, path, label in found]
    rewrite(tmp_path / 'mine.txt', ''.join(lines))
    check(tmp_path, found, label_file='mine.txt')
    for place in 'ab':  # an image of the set is one, wherever it lies
        image(f'{place}/train_00001.jpg')(tmp_path)
    lines = [f'{tmp_path / place}/train_00001.jpg 0\n' for place in 'ab']
    rewrite(tmp_path / 'mine.txt', ''.join(lines))
    with pytest.raises(DatasetError, match="_00001.jpg' is already in line 1"):
        RAFDB(tmp_path, label_file='mine.txt')


def test_occlusion_list_is_for_test_only(tmp_path: Path) -> None:
    found = write_official(tmp_path, 2, 0)
    own = of('test', found)[::-1]
    lines = [f'{Path(p).stem} {n} {k}\r\n' for k, (p, n) in enumerate(own)]
    rewrite(tmp_path / 'EmoLabel/occlusion.txt', ''.join(lines))
    options = dict(label_file='occlusion.txt')
    assert seen(RAFDB(tmp_path, 'test', **options)) == own
    assert seen(RAFDB(tmp_path, **options)) == of('train', found)


def test_label_base_is_for_lists_that_do_not_tell(tmp_path: Path) -> None:
    found = write_official(tmp_path, 2, 0)
    keep(LIST, ' [23]$')(tmp_path)
    some = [item for item in found if item[2] in (1, 2)]
    check(tmp_path, some, label_base=1)
    check(tmp_path, [(s, p, n + 1) for s, p, n in some], label_base=0)


def test_original_has_boxes(tmp_path: Path) -> None:
    WRITERS['original'](tmp_path, 2, 0)
    text(f'{BOXES}/train_00004_boundingbox.txt', '1.5 2.0 6.0 7.0\n')(tmp_path)
    data = RAFDB(tmp_path, **ORIGINAL)
    assert data.get_data_info(3)['box'] == (1.5, 2.0, 6.0, 7.0)
    write_official(tmp_path, 2, 0)
    assert 'box' not in RAFDB(tmp_path).get_data_info(3)


def test_skips_are_counted_by_cause(tmp_path: Path, log) -> None:
    write_official(tmp_path, 2, 0)
    append(LIST, 'train_00098.jpg 1', 'train_00099.jpg 1', 'x')(tmp_path)
    RAFDB(tmp_path, on_error='skip')
    [message] = [text for text in log.warnings if 'skipped' in text]
    assert message.startswith(f'RAFDB {tmp_path}: skipped 3 entries: ')
    assert '1 wrong number of fields (first: ' in message
    assert '2 missing image (first: ' in message


# ---- class folders ---------------------------------------------------

WORDS = {
    'numbers': (),
    'native': CLASSES,
    'lower': [name.lower() for name in CLASSES],
    'adjectives': 'SURPRISED Fearful disgusted Happy sad Angry neutral',
    'others': 'suprise afraid Disgust joy SADNESS anger Neutral',
}


@pytest.mark.parametrize(
    'folders',
    [
        ('train', 'test'),
        ('train', 'val'),
        ('Train', 'Test'),
        ('training', 'validation'),
        ('train_set', 'valid_set'),
        ('.', '.'),
    ],
    ids='|'.join,
)
@pytest.mark.parametrize('words', WORDS)
def test_words_for_splits_and_classes(tmp_path: Path, folders, words) -> None:
    """Sorted names move nothing."""
    own = WORDS[words]
    names = own.split() if isinstance(own, str) else own
    found = write_folders(tmp_path, 2, 0, folders=folders, names=names)
    check(tmp_path, [(s, str(Path(p)), n) for s, p, n in found])


def test_names_that_differ_in_case_by_split(tmp_path: Path) -> None:
    lower = WORDS['lower']
    found = write_folders(tmp_path, 2, 0, names=lower)
    for name in ('surprise', 'anger'):
        move(f'test/{name}', f'test/{name.title()}')(tmp_path)
        found = [
            (s, p.replace(f'test/{name}', f'test/{name.title()}'), n)
            for s, p, n in found
        ]
    check(tmp_path, found)


def test_val_folder_of_unnamed_images_is_val(tmp_path: Path) -> None:
    write_folders(tmp_path, 2, 0, names=CLASSES)
    remove('test')(tmp_path)
    image('val/joy/im1.png')(tmp_path)
    assert shown(tmp_path, 'val') == [('im1.png', 3)]
    message = (
        'val: its images carry no test_ names, so it is not known to be the '
        "official test set; use split='val'"
    )
    with pytest.raises(DatasetError, match=message):
        RAFDB(tmp_path, 'test')
    with pytest.raises(DatasetError, match='holds a validation split'):
        RAFDB(tmp_path, 'train', val_ratio=0.5)


def test_names_outrank_folders(tmp_path: Path, log) -> None:
    found = write_folders(tmp_path, 2, 0)
    more = [
        ('test', 'train/4/test_0099_aligned.jpg', 3),
        ('train', 'test/4/train_00099.jpg', 3),
    ]
    image(*(path for _, path, _ in more))(tmp_path)
    check(tmp_path, [*found, *more])
    message = f'{tmp_path}: image names outrank folder names: '
    assert any(text.startswith(message) for text in log.warnings)
    assert any("1 from 'train' to 'test'" in text for text in log.warnings)


def test_altered_copies_in_valid_are_its_own(tmp_path: Path) -> None:
    """It is the test set under another name."""
    found = WRITERS[NUMBERED](tmp_path, 2, 0)
    more = [('test', 'valid/4/test_0004_aligned_flip.jpg', 3)]
    image(more[0][1])(tmp_path)
    check(tmp_path, [*found, *more])


def test_no_split_at_all(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0, folders=('.', '.'), names=CLASSES)
    image('Fear/face1.jpg')(tmp_path)
    message = (
        f'{tmp_path}/Fear/face1.jpg: starts with neither train_ nor test_'
    )
    with pytest.raises(DatasetError, match=message):
        RAFDB(tmp_path)
    found = [(s, str(Path(p)), n) for s, p, n in found]
    check(tmp_path, found, on_error='skip')


@pytest.mark.parametrize('csv', ['.', 'DATASET'])
@pytest.mark.parametrize('header', [True, False])
def test_list_beside_folders(tmp_path: Path, csv: str, header: bool) -> None:
    found = WRITERS['kaggle'](tmp_path, 2, 0)
    for name in (CSV, 'test_labels.csv'):
        if not header:
            replace(name, 'image,label\n', '')(tmp_path)
        move(name, f'{csv}/{name}')(tmp_path)
    check(tmp_path, found)
    inside = [(s, p.removeprefix('DATASET/'), n) for s, p, n in found]
    check(tmp_path / 'DATASET', inside)


def test_list_of_which_no_row_is_usable(tmp_path: Path, log) -> None:
    """The folders are read as if it listed none of their images."""
    found = WRITERS['kaggle'](tmp_path, 2, 0)
    text(CSV, 'image,label\n../x.jpg,1\n..,2\n')(tmp_path)
    check(tmp_path, found, on_error='skip')
    message = f"{tmp_path}/{CSV}: does not list 14 images of 'train'"
    assert message in log.warnings


def test_list_that_lacks_an_image(tmp_path: Path, log) -> None:
    WRITERS['kaggle'](tmp_path, 2, 0)
    image('DATASET/train/3/train_00003_aligned_flip.jpg')(tmp_path)
    assert len(RAFDB(tmp_path)) == 15
    message = f"{tmp_path}/{CSV}: does not list 1 images of 'train'"
    assert message in log.warnings


# ---- what numbers mean -----------------------------------------------

ORDERS = {
    'rafdb': 'surprised fearful disgust happy sad angry neutral',
    'affectnet': 'neutral happy sad surprised fear disgust anger',
    'neutral-first': 'neutral happy sad surprise fear angry disgust',
    'happy-first': 'happy surprise sad anger disgust fear neutral',
}
TEST = (329, 74, 160, 1185, 478, 162, 680)


def places(order: str) -> list[int]:
    """Number of a folder to our label."""
    starts = [name[:2].lower() for name in CLASSES]
    return [starts.index(word[:2]) for word in ORDERS[order].split()]


def write_counts(
    root: Path, counts: Sequence[int], form: str = '{}', stem: str = 'test_a'
) -> None:
    """Class folders with so many files of one byte; never to be decoded."""
    for label, count in enumerate(counts):
        for number in range(count):
            name = f'{stem}{label}_{number}.jpg'
            rewrite(root / form.format(label) / name, b'x')


@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.parametrize('digits', [1, 2])
@pytest.mark.parametrize('as_list', [True, False])
def test_folder_order_given(tmp_path, order, digits, as_list) -> None:
    """Each order in use, by name and as a list of (other) spellings."""
    names = [f'{places(order).index(n):0{digits}d}' for n in range(7)]
    found = write_folders(tmp_path, 2, 0, names=names)
    given = ORDERS[order].split() if as_list else order
    check(tmp_path, found, folder_order=given)


@pytest.mark.parametrize(
    ('order', 'message'),
    [
        (
            'ferplus',
            "folder_order='ferplus' is unknown; known orders: rafdb, "
            'affectnet, neutral-first, happy-first, or a list of class names',
        ),
        (['sad'] * 7, 'does not name each of'),
        ([*CLASSES[:6], 'contempt'], 'does not name each of'),
    ],
)
def test_bad_folder_order(tmp_path: Path, order, message: str) -> None:
    write_folders(tmp_path, 2, 0, names='0123456')
    with pytest.raises(ValueError, match=message):
        RAFDB(tmp_path, folder_order=order)


@pytest.mark.parametrize('first', [0, 1])
def test_a_missing_class_shifts_no_other(tmp_path: Path, first: int) -> None:
    names = [str(n + first) for n in range(7)]
    found = write_folders(tmp_path, 2, 0, names=names)
    remove(f'*/{names[2]}', f'*/{names[3]}')(tmp_path)
    some = [item for item in found if item[2] not in (2, 3)]
    check(tmp_path, some, folder_order='rafdb')


def test_label_base_of_folders(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0)
    remove('*/7')(tmp_path)
    check(tmp_path, [i for i in found if i[2] < 6], label_base=1)


@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.parametrize('folder', ['test', 'valid'])
def test_exact_counts_prove_an_order(tmp_path, order, folder) -> None:
    place = places(order)
    write_counts(tmp_path / folder, [TEST[n] for n in place], '{:02d}')
    data = RAFDB(tmp_path, 'test')
    assert data.class_counts == TEST
    for path, label in seen(data):
        assert place[int(Path(path).parent.name)] == label


def test_proof_of_one_split_serves_the_other(tmp_path: Path) -> None:
    found = write_folders(tmp_path, 2, 0, names='0123456')
    remove('test')(tmp_path)
    write_counts(tmp_path / 'test', TEST)
    assert sorted(seen(RAFDB(tmp_path))) == sorted(of('train', found))
    with pytest.raises(
        DatasetError,
        match="folder_order='affectnet', but the published counts prove the "
        r"order \['Surprise'",
    ):
        RAFDB(tmp_path, folder_order='affectnet')


def test_numbers_from_one_against_a_proof(tmp_path: Path) -> None:
    """1..7 whose counts prove another order take that order."""
    write_counts(tmp_path / 'test', (0, *TEST[::-1]))
    assert RAFDB(tmp_path, 'test').class_counts == TEST


@pytest.mark.parametrize(('sad', 'anger'), [(160, 161), (161, 161)])
@pytest.mark.parametrize('form', ['{}', '{:02d}'])
def test_near_counts_prove_nothing(tmp_path, form, sad, anger) -> None:
    counts = (329, 74, sad, 1185, 478, anger, 680)
    write_counts(tmp_path / 'test', counts, form)
    with pytest.raises(DatasetError) as caught:
        RAFDB(tmp_path, 'test')
    message = str(caught.value)
    assert (
        'they are numbered from 0, and their counts are not exactly' in message
    )
    assert f'Found test: 0: 329, 1: 74, 2: {sad}, 3: 1185' in message
    assert '329/74/160/1185/478/162/680' in message
    assert 'Set folder_order= to one of the known orders' in message
    for order in ORDERS:
        words = [CLASSES[label].lower() for label in places(order)]
        assert f"'{order}' = {', '.join(words)}" in message


def test_counts_that_prove_two_orders_or_all(tmp_path: Path) -> None:
    class Small(RAFDB):
        PUBLISHED = {'train': (1, 2, 3, 4, 5, 6, 7)}

    write_counts(tmp_path / 'a/train', (1, 2, 3, 4, 5, 6, 7), stem='train_a')
    write_counts(tmp_path / 'a/test', (7, 6, 5, 4, 3, 2, 1))
    with pytest.raises(DatasetError, match='number their class folders diff'):
        Small(tmp_path / 'a')

    class Even(RAFDB):
        PUBLISHED = {'val': (5,) * 7}

    write_counts(tmp_path / 'b/val', [5] * 7, stem='x')
    with pytest.raises(DatasetError, match='folder_order='):
        Even(tmp_path / 'b', 'val')


@pytest.mark.parametrize(
    'stem', ['img_{}', 'train_{}', 'train_{}_aligned', 'test_{}0']
)
def test_numbers_from_one_need_names_or_a_list(tmp_path: Path, stem) -> None:
    """A prefix alone is no name of the set."""
    names = [f'{stem.format(n)}.jpg' for n in range(1, 8)]
    image(*(f'train/{n}/{name}' for n, name in enumerate(names, 1)))(tmp_path)
    message = r"7 of 7 images do not carry RAF-DB's names \(first:"
    with pytest.raises(DatasetError, match=message):
        RAFDB(tmp_path)
    if 'test' not in stem:
        lines = [f'{name},{n}\n' for n, name in enumerate(names, 1)]
        rewrite(tmp_path / CSV, ''.join(['image,label\n', *lines]))
        assert shown(tmp_path) == [(n, i) for i, n in enumerate(names)]


# ---- warnings ---------------------------------------------------------


def test_unexpected_counts(tmp_path: Path, log) -> None:
    class Small(RAFDB):
        PUBLISHED = {'train': (2,) * 7}

    write_official(tmp_path, 2, 0)
    Small(tmp_path)
    assert log.warnings == []
    RAFDB(tmp_path, classes=[*'abcdefg'])
    assert log.warnings == [
        f'RAFDB {tmp_path}: train has 14 images (2/2/2/2/2/2/2), published '
        'are 12271 (1290/281/717/4772/1982/705/2524); order Surprise, Fear, '
        'Disgust, Happiness, Sadness, Anger, Neutral'
    ]
    assert '), classes in order: a, b, c, d, e, f, g; finger' in log.notes[-1]


@pytest.mark.parametrize(
    ('name', 'own'),
    [
        ('train_12271', True),
        ('test_3068_aligned', True),
        ('train_12272', False),
        ('test_3069', False),
        ('train_00000', False),
        ('train_9', False),
        ('train_00001_aligned_flip', False),
    ],
)
@pytest.mark.parametrize('write', [write_official, write_folders])
def test_names_of_the_set(tmp_path: Path, log, name, own, write) -> None:
    """A warning of another name: the image may be an altered copy."""
    split = name.partition('_')[0]
    write(tmp_path, 2, 0)
    order = None if write is write_official else 'rafdb'
    if write is write_official:
        image(f'Image/aligned/{name}.jpg')(tmp_path)
        append(LIST, f'{name}.jpg 1')(tmp_path)
    else:
        image(f'{split}/1/{name}.jpg')(tmp_path)
    data = RAFDB(tmp_path, split, folder_order=order)
    message = (
        f'RAFDB {tmp_path}: 1 of {len(data)} images are not named '
        f'train_00001..12271 or test_0001..3068 (first: {name!r}): an altered '
        'copy?'
    )
    assert len(data) == (15 if split == 'train' else 8)
    assert any(message == text for text in log.warnings) != own
