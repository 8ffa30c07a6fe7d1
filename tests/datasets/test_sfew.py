"""SFEW keeps the contract; its alignments, numbers and list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from csgresnet_mm.datasets import SFEW, DatasetError
from csgresnet_mm.datasets.layouts.sfew import WRITERS, write_folders

from .contract import Bad, DatasetContract, Edit, Found, Layout
from .contract.edits import (
    append,
    copy,
    each,
    image,
    move,
    remove,
    rename,
    replace,
    rewrite,
    text,
)
from .contract.fuzz import Read, compare, lines_of, mutated
from .contract.suite import of, seen

CLASSES = 'Angry Disgust Fear Happy Neutral Sad Surprise'.split()
HEADER = 'image_name,label,emotion,original_split'
COLUMNS = HEADER.split(',')
LIST = 'sfew_2.0_labels.csv'
FACES = {
    'official': 'Train/Train_Aligned_Faces',
    'original': 'Train/imgs',
    'folders': 'train',
}
SAD = 'Filmt_000500000_00000003'
TRAIN = (178, 66, 98, 198, 150, 172, 96)
ROWS = {  # a row, its message, and as what it is counted
    'too few fields': (
        'a.png,1,Disgust',
        "3 fields 'a.png,1,Disgust'; expected 4",
        'wrong number of fields',
    ),
    'too many fields': (
        'a.png,1,Disgust,Train,x',
        "5 fields 'a.png,1,Disgust,Train,x'; expected 4",
        'wrong number of fields',
    ),
    **{
        f'emotion {name!r}': (
            f'a.png,1,{name},Train_Aligned_Faces',
            f"emotion {name!r} of 'a.png' is unknown; the classes are Angry, ",
            'unknown class',
        )
        for name in ('Contempt', '')
    },
    **{
        f'split {name!r}': (
            f'a.png,1,Disgust,{name}',
            f"original_split {name!r} of 'a.png' is unknown",
            'unknown split',
        )
        for name in ('Dev_Aligned_Faces', '')
    },
    **{
        f'label {label!r}': (
            f'a.png,{label},Disgust,Train',
            f"label {label!r} of 'a.png' is not one of 0..6 (or 1..7)",
            'label out of range',
        )
        for label in ('8', '-1', 'one', '1.5', '')
    },
    **{
        f'name {name!r}': (
            f'{name},1,Disgust,Train',
            f'{name!r} is no file name',
            'bad name',
        )
        for name in ('', 'a\x07.png')
    },
    **{
        name: (
            f'{name},1,Disgust,Train',
            f'{name!r} is a path; a file name is expected',
            'path escape',
        )
        for name in ('Train/a.png', '../../a.png', '/etc/a.png', '..\\a', '..')
    },
    'quotes': (
        '"a.png,1,Disgust,Train',
        'unexpected end of data',
        'bad quotes',
    ),
    'labels disagree': (
        'a.png,1,Fear,Train',
        "'a.png' has the emotion Fear, but its label 1 means Disgust in the",
        'labels disagree',
    ),
    'twice': (
        'image_000001.png,0,Angry,Train',
        "'image_000001.png' is already in line 3, with the same label and",
        'duplicate entry',
    ),
}
DOUBLES = {  # a row that contradicts an image's own, and that one's line
    'image_000001.png,3,Happy,Train': 3,
    'image_000001.png,0,Angry,Val': 3,
    'image_000028.png,0,Angry,Train': 30,
}
NEEDS_ORDER = (
    'what the numbered class folders mean is not known...they are numbered '
    'from {0}...train: {0}: 4, {1}: 4...178/66/98/198/150/172/96...Set '
    'folder_order= to one of the known orders'
)


def spell(names: Sequence[str]) -> Edit:
    """Other names for the class folders."""
    return rename(dict(zip(CLASSES, names, strict=True)))


def numbers(base: int) -> Edit:
    """Numbers for names, in the native order."""
    return spell([str(base + label) for label in range(7)])


class TestSFEW(DatasetContract):
    kind = SFEW
    classes = CLASSES
    layouts = {
        name: Layout(
            write,
            name if name in ('csv', 'folders') else 'official',
            options=dict(alignment='original') if name == 'original' else {},
            lists=[LIST] if name == 'csv' else [],
            relabel=(LIST, 'Happy', 'Angry') if name == 'csv' else None,
            ordered=True,
        )
        for name, write in WRITERS.items()
    }
    options = (
        dict(alignment='original'),
        dict(val_ratio=0.4),
        dict(val_ratio=0.4, seed=1),
    )
    arguments = {
        'alignment': (
            dict(alignment='cropped'),
            "alignment='cropped' is unknown; expected one of aligned, orig",
        ),
        'label_base': (dict(label_base=2), 'label_base=2 is unknown'),
        'another layout': (
            dict(layout='zip'),
            "expected 'auto', 'official', 'csv', 'folders'",
        ),
        'order of named folders': (dict(folder_order='sfew'), 'are named'),
        'val': (
            dict(split='val'),
            "split='test' is SFEW's official validation folder; for "
            "split='val' set val_ratio (0.1, say)",
        ),
    }
    bad = {
        'val not unpacked': Bad(
            each(
                remove('Val/Val_Aligned_Faces'),
                text('Val/Val_Aligned_Faces_new.zip', b'PK'),
            ),
            '{root}: no folder of the official val split; expected Val/'
            'Val_Aligned_Faces/<Class>; found ...not unpacked: {root}/Val/'
            'Val_Aligned_Faces_new.zip',
            splits=['test'],
            layouts=['official'],
        ),
        'no train': Bad(
            remove('Train'),
            'no folder of the official train split',
            splits=['train'],
            layouts=['official'],
        ),
        'two releases of val': Bad(
            copy(
                'Val/Val_Aligned_Faces',
                'Val/Val_Aligned_Faces_new/Val_Aligned_Faces',
            ),
            '{root}: several folders of the val faces: Val/Val_Aligned_Faces '
            '(14 images), Val/Val_Aligned_Faces_new/Val_Aligned_Faces (14 im',
            layouts=['official'],
        ),
        'a labelled test beside val': Bad(
            copy('val', 'test'),
            'val and test both hold class folders; the labels of SFEW',
            layouts=['folders'],
        ),
        'two folders of a split': Bad(
            copy('val', 'valid'),
            "'val' and 'valid' are both the split 'val'",
            layouts=['folders'],
        ),
        'empty split': Bad(
            remove('val/*/*.png'),
            "the split 'test' is empty",
            splits=['test'],
            layouts=['folders'],
        ),
        **{
            f'not {wanted}': Bad(
                lambda root: None,
                f'nothing of alignment={wanted!r}; it holds {holds}: set '
                f'alignment={other!r}',
                options=dict(alignment=wanted),
                layouts=[other_layout],
            )
            for wanted, other, holds, other_layout in (
                ('aligned', 'original', 'whole frames', 'original'),
                ('original', 'aligned', 'aligned faces', 'official'),
            )
        },
        **{
            f'{case} of {layout}': Bad(
                edit,
                error.replace('{faces}', f'{{root}}/{faces}'),
                cause,
                layouts=[layout],
                **more,
            )
            for layout, faces in FACES.items()
            for case, edit, error, cause, more in (
                (
                    'unknown class folder',
                    image(f'{faces}/Contempt/a.png'),
                    '{faces}/Contempt: unknown class folder with 1 images; '
                    'the classes are',
                    'unknown class folder',
                    {},
                ),
                (
                    'two folders of a class',
                    image(f'{faces}/sadness/a.png'),
                    "'Sad' and 'sadness' are both the class 'Sad'",
                    '',
                    {},
                ),
                (
                    'folder in a class folder',
                    image(f'{faces}/Sad/more/a.png'),
                    '{faces}/Sad: holds the folders more; images are',
                    'folder inside a class folder',
                    {},
                ),
                (
                    'numbered and named',
                    image(f'{faces}/3/a.png'),
                    'numbered and named class folders are mixed',
                    '',
                    {},
                ),
                (
                    'one name twice',
                    image(f'{faces}/Sad/{SAD}.webp'),
                    f'{{faces}}/Sad/{SAD}.webp: the same name as',
                    'duplicate entry',
                    dict(splits=['train']),
                ),
                (
                    'one name in two classes',
                    image(f'{faces}/Surprise/{SAD}.png'),
                    f'{{faces}}/Surprise/{SAD}.png: the same name as',
                    'duplicate entry',
                    dict(splits=['train'], lost=[SAD]),
                ),
                *(
                    (
                        f'numbers from {base} without a meaning',
                        numbers(base),
                        NEEDS_ORDER.format(base, base + 1),
                        '',
                        {},
                    )
                    for base in (0, 1)
                ),
                (
                    'numbers from 0 and to 7',
                    each(numbers(0), image(f'{faces}/7/a.png')),
                    'class folders 0 and 7 both exist',
                    '',
                    {},
                ),
                (
                    'neither number 0 nor 7',
                    each(numbers(0), remove('[TtVv]*/**/[056]')),
                    'neither 0 nor 7 exists',
                    '',
                    dict(options=dict(folder_order='rafdb')),
                ),
            )
        },
        **{
            case: Bad(
                append(LIST, row),
                f'{{list}}, line 44: ...{message}',
                cause,
                layouts=['csv'],
            )
            for case, (row, message, cause) in ROWS.items()
        },
        'blank before a quote': Bad(
            replace(LIST, ',Sad,', ', "sad" ,'),
            '{list}, line 22: no CSV: ',
            'bad quotes',
            count=6,
            lost=[f'_0000{n}.png' for n in (20, 21, 22, 23, 38, 39)],
            layouts=['csv'],
        ),
        **{
            f'{row} contradicts': Bad(
                append(LIST, row),
                f'{{list}}, line 44: ...is already in line {line}, with an',
                'duplicate entry',
                lost=[row[:16]],
                layouts=['csv'],
            )
            for row, line in DOUBLES.items()
        },
        **{
            f'header {header!r}': Bad(
                replace(LIST, HEADER, header),
                f'{{list}}, line 1: header is {header!r}; expected {HEADER!r}',
                layouts=['csv'],
            )
            for header in (
                'image,label,emotion,split',
                'image_name,label,emotion',
                'image_name,label,label,emotion,original_split',
            )
        },
        'empty list': Bad(
            text(LIST, '\n'),
            f'{{list}}: empty; expected the header {HEADER!r}',
            layouts=['csv'],
        ),
        'list of test only': Bad(
            text(LIST, f'{HEADER}\na.png,,,Test_Aligned_Faces\n'),
            f'{{list}}: holds no row {HEADER} of train or val',
            layouts=['csv'],
        ),
        'two numbers of one emotion': Bad(
            replace(LIST, 'Sad', 'Neutral'),
            '{list}: two numbers in the column label mean...4 = Neutral, '
            '5 = Neutral',
            layouts=['csv'],
        ),
        'images of the list not unpacked': Bad(
            each(remove('sfew2.0_images'), text('sfew2.0_images.zip', b'PK')),
            '{root}/sfew2.0_images: no images...not unpacked: '
            '{root}/sfew2.0_images.zip',
            layouts=['csv'],
        ),
        **{
            f'{name}= with a list': Bad(
                lambda root: None,
                f"{{root}}: {name}={value!r} is for the layout 'official' or "
                "'folders'; here is 'csv'",
                options={name: value},
                layouts=['csv'],
            )
            for name, value in (
                ('folder_order', 'rafdb'),
                ('label_base', 0),
                ('alignment', 'original'),
            )
        },
    }


def check(root: Path, found: Found, **options) -> None:
    """Train and test hold exactly what was written."""
    for split in ('train', 'test'):
        got = seen(SFEW(root, split, **options))
        assert sorted(got) == sorted(of(split, found)) != [], split


# ---- class folders ---------------------------------------------------


@pytest.mark.parametrize(
    ('train', 'val'),
    [
        ('Train/Train_Aligned_Faces', 'Val/Val_Aligned_Faces_new'),
        (
            'Train/Train_Aligned_Faces/Train_Aligned_Faces',
            'Val/Val_Aligned_Faces/Val_Aligned_Faces',
        ),
        ('images/Train_Aligned_Faces', 'images/Val_Aligned_Faces'),
        ('train/train_aligned_faces', 'VAL/val_Aligned_faces'),
        ('Train', 'Valid'),
        ('train_set', 'valid_set'),
    ],
)
def test_other_places(tmp_path: Path, train: str, val: str) -> None:
    check(tmp_path, write_folders(tmp_path, 2, 0, train=train, val=val))


SPELLINGS = {
    'lower': [name.lower() for name in CLASSES],
    'upper': [name.upper() for name in CLASSES],
    'nouns': 'anger Disgust fear happiness neutral sadness surprise'.split(),
    'adjectives': 'Angry disgusted Fearful joy Neutral Sad suprise'.split(),
    'in val only': [*(name.lower() for name in CLASSES[:6]), 'Surprise'],
}


@pytest.mark.parametrize('case', SPELLINGS)
@pytest.mark.parametrize('layout', ['official', 'folders'])
def test_spellings(tmp_path: Path, case: str, layout: str) -> None:
    """Names decide, not their sorted place: 'joy' sorts after 'Sad'."""
    found = WRITERS[layout](tmp_path, 2, 0)
    words = SPELLINGS[case]
    spell(words)(next(tmp_path.glob('[Vv]al')) if 'val' in case else tmp_path)
    moved = [
        (
            split,
            path
            if split == 'train' and 'val' in case
            else path.replace(CLASSES[label], words[label]),
            label,
        )
        for split, path, label in found
    ]
    check(tmp_path, moved)


@pytest.mark.parametrize('missing', range(7))
def test_a_missing_class_shifts_no_other(tmp_path: Path, missing: int) -> None:
    found = WRITERS['official'](tmp_path, 2, 0)
    check(tmp_path, found)
    remove(f'*/*/{CLASSES[missing]}')(tmp_path)
    check(tmp_path, [item for item in found if item[2] != missing])


ORDER = 'sad happy anger fear surprise neutral disgust'.split()
PLACE = [5, 3, 0, 2, 6, 4, 1]


@pytest.mark.parametrize('base', [0, 1])
@pytest.mark.parametrize('digits', [1, 2])
@pytest.mark.parametrize('layout', ['official', 'folders'])
def test_folder_order_given(tmp_path: Path, base, digits, layout) -> None:
    found = WRITERS[layout](tmp_path, 2, 0)
    names = [f'{PLACE.index(n) + base:0{digits}d}' for n in range(7)]
    spell(names)(tmp_path)
    found = [(s, p.replace(CLASSES[n], names[n]), n) for s, p, n in found]
    check(tmp_path, found, folder_order=ORDER)


@pytest.mark.parametrize('base', [0, 1])
@pytest.mark.parametrize('less', [0, 1])
def test_exact_counts_of_train_prove_an_order(tmp_path, base, less) -> None:
    for number, label in enumerate(PLACE):
        folder = tmp_path / 'Train/Train_Aligned_Faces' / str(number + base)
        for index in range(TRAIN[label] - less * (label == 6)):
            rewrite(folder / f'{label}_{index}.png', b'x')
        val = tmp_path / 'Val/Val_Aligned_Faces' / folder.name
        rewrite(val / f'{label}.png', b'x')
    if less:
        with pytest.raises(DatasetError, match='their counts are not exactly'):
            SFEW(tmp_path)
        return
    assert SFEW(tmp_path).class_counts == TRAIN
    for path, label in seen(SFEW(tmp_path, 'test')):
        assert Path(path).stem == str(label)


# ---- what lies side by side ------------------------------------------


def test_alignments_and_layouts_side_by_side(tmp_path: Path) -> None:
    found = {
        name: WRITERS[name](tmp_path, 2, 0) for name in ('official', 'csv')
    }
    frames = WRITERS['original'](tmp_path, 2, 0)
    folders = write_folders(
        tmp_path / 'x', 2, 0, train='train', val='val', test=''
    )
    found['folders'] = [(s, f'x/{p}', n) for s, p, n in folders]
    for layout, own in found.items():
        check(tmp_path, own, layout=layout)
    image('Test/Film_000000001_00000001.png')(tmp_path)
    for _ in range(2):
        check(tmp_path, found['official'])
        check(tmp_path, frames, alignment='original')


def test_labelled_test_folder_is_taken_for_val(tmp_path: Path, log) -> None:
    check(
        tmp_path,
        write_folders(tmp_path, 2, 0, train='train', val='test', test=''),
    )
    message = f'{tmp_path}/test: holds class folders; the labels of SFEW'
    assert any(text.startswith(message) for text in log.warnings)


@pytest.mark.parametrize(
    'edit',
    [
        copy('../aside/Sad', 'Train/Train_Aligned_Faces/Sad'),
        copy(
            'Val/Val_Aligned_Faces',
            'Val/Val_Aligned_Faces_new/Val_Aligned_Faces',
        ),
    ],
)
def test_a_folder_that_is_added_is_seen(tmp_path: Path, edit: Edit) -> None:
    root = tmp_path / 'root'
    WRITERS['official'](root, 2, 0)
    move('Train/Train_Aligned_Faces/Sad', '../aside/Sad')(root)
    contract = TestSFEW()
    before = contract.outcome(root, 'official')
    edit(root)
    after = contract.outcome(root, 'official')
    assert after == contract.outcome(root, 'official', cache=False) != before


def test_name_in_both_splits(tmp_path: Path, log) -> None:
    WRITERS['official'](tmp_path, 2, 0)
    name = 'Angry/Filmv_000000000_00000000.png'
    faces = 'Train/Train_Aligned_Faces'
    copy(f'Val/Val_Aligned_Faces/{name}', f'{faces}/{name}')(tmp_path)
    assert len(SFEW(tmp_path)) == 15
    message = "1 images of 'train' are also in the other split (first: "
    assert f'{message}{tmp_path}/{faces}/{name})' in log.warnings


def test_number_of_images_is_logged(tmp_path: Path, log) -> None:
    WRITERS['official'](tmp_path, 2, 0)
    SFEW(tmp_path, 'test')
    assert (
        'SFEW test: n = 7 of 436 frames; the aligned release lacks faces: '
        'give n with every result'
    ) in log.notes
    [message] = log.warnings
    assert '7 images (1/1/1/1/1/1/1)' in message
    assert '436 (77/23/47/73/86/73/57)' in message
    WRITERS['original'](tmp_path, 2, 0)
    SFEW(tmp_path, alignment='original')
    message = f'{tmp_path}/Train/imgs: whole frames, with no box of a face'
    assert any(text.startswith(message) for text in log.warnings)


# ---- the list --------------------------------------------------------


Change = Callable[[list[str]], list[str]]


def rewrite_rows(root: Path, change: Change) -> Path:
    """Other fields in every row, and in the header."""
    path = root / LIST
    rows = [line.split(',') for line in path.read_text().splitlines()]
    path.write_text(''.join(f'{",".join(change(row))}\n' for row in rows))
    return path


def number(
    change: Callable[[int], object],
) -> Callable[[list[str]], list[str]]:
    return lambda row: [
        row[0],
        str(change(int(row[1]))) if row[1].isdecimal() else row[1],
        *row[2:],
    ]


FORMS: dict[str, Change] = {
    'columns in another order': lambda row: [
        '' if row[0] == 'image_name' else '7',
        row[3].title() if row[0] == 'image_name' else row[3],
        row[2],
        row[0],
        row[1],
    ],
    'other words for splits': lambda row: [
        *row[:3],
        row[3]
        .replace('Train_Aligned_Faces', 'train')
        .replace('Val_Aligned_Faces', 'Val_Aligned_Faces_new'),
    ],
    'quotes': lambda row: [f'"{row[0]}"', *row[1:]],
    'other words for classes': lambda row: [
        *row[:2],
        row[2].replace('Sad', 'sadness ').replace('Happy', 'JOY'),
        row[3],
    ],
    'fractions': number(float),
    'numbers from one': number(lambda label: label + 1),
    'numbers in another order': number(PLACE.index),
}


@pytest.mark.parametrize('form', FORMS)
def test_forms_of_the_list(tmp_path: Path, form: str, log) -> None:
    """The emotion decides, whatever the numbers are."""
    found = WRITERS['csv'](tmp_path, 2, 0)
    path = rewrite_rows(tmp_path, FORMS[form])
    check(tmp_path, found)
    message = f'{path}: its numbers are not the alphabetical order 0..6: '
    own = [text for text in log.warnings if text.startswith(message)]
    assert len(own) == 2 * form.startswith('numbers')
    assert all('the names in the column emotion are used' in t for t in own)


def test_list_without_a_header_loses_no_row(tmp_path: Path, log) -> None:
    found = WRITERS['csv'](tmp_path, 2, 0)
    replace(LIST, f'{HEADER}\n', '')(tmp_path)
    check(tmp_path, found)
    assert f'{tmp_path}/{LIST}: no header; read as {HEADER}' in log.notes


def test_rows_of_test_are_passed_over(tmp_path: Path, log) -> None:
    found = WRITERS['csv'](tmp_path, 2, 0)
    append(LIST, 'a.png,,,Test_Aligned_Faces', 'b.png,3.0,Happy,Test')(
        tmp_path
    )
    check(tmp_path, found)
    message = (
        f'{tmp_path}/{LIST}: passed over 2 rows of the official test split'
    )
    assert any(text.startswith(message) for text in log.notes)


def test_a_number_without_one_meaning(tmp_path: Path) -> None:
    """Half of the rows of 5 say Sad, half Fear: none of them is used."""
    found = WRITERS['csv'](tmp_path, 2, 0)
    rows = [f'b_{n}.png,5,Fear,{s}' for n, s in enumerate(['Train'] * 3)]
    append(LIST, *rows)(tmp_path)
    message = 'has the emotion Sad, but its label 5 means no one class'
    with pytest.raises(DatasetError, match=message):
        SFEW(tmp_path)
    check(tmp_path, [i for i in found if i[2] != 5], on_error='skip')


# ---- fuzz ------------------------------------------------------------

GOOD = [
    f'image_{n:06d}.png,{n % 7},{CLASSES[n % 7]},'
    + ('Train_Aligned_Faces' if n < 9 else 'Val_Aligned_Faces')
    for n in range(14)
]
JUNK = (
    '', ' ', '-1', '7', '8', '3.0', '3.', '3.5', '٣', 'sad', 'JOY', 'Sad',
    'contempt', 'Test_Aligned_Faces', 'val_aligned_faces_NEW', 'dev', 'Happy',
    '../x.png', 'a\\b.png', '..', 'image_000001.png', '\x00', '\u2028', ';',
)  # fmt: skip
DIGITS = set('0123456789')
WORDS = (
    'anger angry 0 disgust disgusted 1 fear fearful afraid 2 happiness happy '
    'joy 3 neutral 4 sad sadness 5 surprise surprised suprise 6'
)
SPLITS = {
    **dict.fromkeys(('train', 'training', 'train_set'), 'train'),
    **dict.fromkeys(('val', 'valid', 'validation'), 'val'),
    'test': 'test',
}


def slow_class(text: str) -> int | None:
    words = WORDS.split()
    if text.lower() not in words or text.isdecimal():
        return None
    after = words[words.index(text.lower()) :]
    return int(next(word for word in after if word.isdecimal()))


def slow_number(text: str) -> int | None:
    """0..7, also written as 3. or 3.0."""
    whole, _, fraction = text.partition('.')
    if not 0 < len(whole) < 10 or not set(whole) <= DIGITS:
        return None
    return None if fraction.strip('0') or int(whole) > 7 else int(whole)


def slow_split(text: str) -> str | None:
    name = text.lower()
    for tail in ('_aligned_faces_new', '_aligned_faces'):
        name = name.removesuffix(tail)
    return SPLITS.get(name.strip())


def slow_row(fields: list[str]) -> tuple | str | None:
    """(name, number, label, split); 'test'; None for a malformed row."""
    if len(fields) != 4:
        return None
    name, code, emotion, folder = fields
    split = slow_split(folder)
    if split == 'test':
        return 'test'
    found = slow_number(code), slow_class(emotion), split
    if None in found or not name or name in ('.', '..'):
        return None
    if any(c in '/\\' or ord(c) < 32 or ord(c) == 127 for c in name):
        return None
    return name, *found


def slow_read(data: bytes) -> Read | None:
    """Rows that are to be read; None where the list is to be refused."""
    listed = lines_of(data)
    names = listed[0][1].lower().split(',') if listed else []
    if not listed or {name.strip() for name in names} != set(COLUMNS):
        return None
    fields = [
        [field.strip() for field in line.split(',')] for _, line in listed[1:]
    ]
    rows = [row for own in fields if (row := slow_row(own))]
    good = [row for row in rows if row != 'test']
    meaning = {}
    for number in {row[1] for row in good}:
        labels = [row[2] for row in good if row[1] == number]
        for label in set(labels):
            if labels.count(label) > len(labels) / 2:
                meaning[number] = label
    if not good or len(set(meaning.values())) < len(meaning):
        return None
    good = [row for row in good if meaning.get(row[1]) == row[2]]
    kept = []
    for row in good:
        same = [other for other in good if other[0] == row[0]]
        if same[0] is row and len({other[2:] for other in same}) == 1:
            kept.append(row)
    there = {line.split(',')[0] for line in GOOD}
    reported = len(kept) < len(fields) - rows.count('test')
    found: dict[str, list] = {}
    flawed = []
    for own, theirs in (('train', 'train'), ('test', 'val')):
        every = [(row[0], row[2]) for row in kept if row[3] == theirs]
        found[own] = [item for item in every if item[0] in there]
        flawed += [own] * (reported or len(found[own]) < len(every))
    return found, flawed


@pytest.fixture(scope='module')
def frames(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('fuzz')
    for line in GOOD:
        rewrite(root / 'sfew2.0_images' / line.split(',')[0], b'x')
    return root


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mutated(GOOD, JUNK, ',', HEADER))
def test_mutated_list(frames: Path, data: bytes) -> None:
    assume(b'"' not in data)
    compare(
        frames / LIST,
        data,
        slow_read,
        lambda split, on_error: SFEW(
            frames, split, on_error=on_error, cache=False
        ),
        lambda e: (Path(e['img_path']).name, e['gt_label']),
    )


def test_the_slow_parser_reads_the_list() -> None:
    found, flawed = slow_read('\n'.join([HEADER, *GOOD]).encode()) or (0, 1)
    names = [line.split(',')[0] for line in GOOD]
    every = [(name, n % 7) for n, name in enumerate(names)]
    assert found == {'train': every[:9], 'test': every[9:]}
    assert not flawed
