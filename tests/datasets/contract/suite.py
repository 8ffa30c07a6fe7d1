"""The tests that every data set gets; see the package."""

from __future__ import annotations

import os
import pickle
import random
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import (
    FER2013,
    RAFDB,
    SFEW,
    AffectNet,
    CKPlus,
    DatasetError,
    FERDataset,
    FERPlus,
    UnreadableImageError,
)

from . import slow
from .declare import Bad, Found, Layout
from .edits import rewrite

Seen = list[tuple[str, int]]
"""(path below the root, label) of every image that is read."""

ORDERS = {
    'rafdb': RAFDB,
    'fer2013': FER2013,
    'ferplus': FERPlus,
    'affectnet': AffectNet,
    'sfew': SFEW,
    'ckplus': CKPlus,
}
"""Whose order of classes a key of ``class_order=`` is."""
LOAD = [dict(type='LoadImageFromFile')]
LITTER = (
    '.ipynb_checkpoints',
    '__MACOSX',
    '@eaDir',
    '.thumbnails',
    '#recycle',
    '$RECYCLE.BIN',
    'System Volume Information',
    'lost+found',
)
LITTER_FILES = (
    'Thumbs.db',
    'desktop.ini',
    '.DS_Store',
    '._Training_1.jpg',
    '.hidden.csv',
    '~$train.csv',
)
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    'cut': lambda data: data[:-20],
    'no image': lambda data: b'no image',
}
TEXTS: dict[str, Callable[[bytes], bytes]] = {
    'CRLF': lambda data: data.replace(b'\n', b'\r\n'),
    'byte-order mark': lambda data: b'\xef\xbb\xbf' + data,
    'no end of line': lambda data: data.rstrip(b'\n'),
    'white space': lambda data: data.replace(b'\n', b' \t\n'),
    'blank lines': lambda data: data.rstrip(b'\n') + b'\n\n \n',
}
ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    'split': (dict(split='dev'), "split='dev' is unknown; expected 'train'"),
    'layout': (dict(layout='zip'), "layout='zip' is unknown; expected 'auto'"),
    'on_error': (dict(on_error='x'), "on_error='x' is unknown; expected"),
    'val_ratio': (dict(val_ratio=1), 'val_ratio=1 is not in [0, 1)'),
    'class_order': (
        dict(class_order='raf'),
        "class_order='raf' is unknown; expected one of rafdb, ",
    ),
}
OPTIONS = (dict(val_ratio=0.4), dict(seed=1, val_ratio=0.4))


def seen(data: FERDataset) -> Seen:
    """What is read, in order, seen from the root."""
    infos = map(data.get_data_info, range(len(data)))
    return [
        (os.path.relpath(info['img_path'], data.data_root), info['gt_label'])
        for info in infos
    ]


def entries(data: FERDataset) -> list[dict[str, Any]]:
    """All that is known of every image, arrays as lists."""
    return [
        {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in data.get_data_info(index).items()
        }
        for index in range(len(data))
    ]


def of(split: str, found: Found) -> Seen:
    """What a reader gives of a split, in the order it was written."""
    return [(path, label) for own, path, label in found if own == split]


def holds(message: str, parts: str) -> bool:
    """Whether a text holds these parts in turn; ``...`` parts them."""
    pattern = '.*'.join(map(re.escape, parts.split('...')))
    return re.search(pattern, message, re.DOTALL) is not None


def applies(when: Callable[[Layout], bool]) -> Callable[[Any], Any]:
    """Make a test one of those layouts only of which this is so."""

    def mark(function: Any) -> Any:
        function.when = when
        return function

    return mark


of_files = applies(lambda layout: not layout.rows)


class DatasetContract:
    """Subclass it as ``Test...``, and declare what the set is."""

    kind: ClassVar[type[FERDataset]]
    classes: ClassVar[Sequence[str]]
    """In the order of the labels, written down again."""
    layouts: ClassVar[Mapping[str, Layout]]
    """The first one is taken where any will do."""
    splits: ClassVar[Sequence[str]] = ('train', 'test')
    bad: ClassVar[Mapping[str, Bad]] = {}
    arguments: ClassVar[Mapping[str, tuple[dict[str, Any], str]]] = {}
    """Bad options, and a part of what is raised."""
    options: ClassVar[Sequence[dict[str, Any]]] = OPTIONS
    """Options of which each makes the set another one."""
    training: ClassVar[Sequence[str]] = ('train',)
    """The splits to train on."""
    orders: ClassVar[Sequence[str]] = tuple(ORDERS)
    """Keys of ``class_order=`` that hold its classes."""
    apart: ClassVar[tuple[str, str]] = ('a/x', 'b/x')
    """Two places where copies are not taken for one."""

    # what a set may say otherwise

    def key(self, path: str) -> str:
        """The image's name, by which it is split off."""
        return Path(path).stem

    def group(self, path: str) -> str:
        """Its subject or photograph, '' where there is none."""
        return ''

    # helpers

    def parts(self, layout: str) -> Sequence[str]:
        """The splits that a layout has."""
        return self.layouts[layout].splits or self.splits

    def write(self, root: Path, layout: str) -> Found:
        """A good copy."""
        own = self.layouts[layout]
        return own.write(root, own.images, 0)

    def open(
        self, root: Path, layout: str, split: str = 'train', /, **options: Any
    ) -> FERDataset:
        """Read it, with what the layout needs."""
        own = dict(split=split, **self.layouts[layout].options)
        return self.kind(root, **{**own, **options})

    def expect(
        self,
        root: Path,
        layout: str,
        split: str,
        found: Found,
        /,
        **options: Any,
    ) -> FERDataset:
        """Read a split, and compare it with what was written."""
        data = self.open(root, layout, split, **options)
        got, want = seen(data), of(split, found)
        if not self.layouts[layout].ordered:
            got, want = sorted(got), sorted(want)
        assert got == want, f'{layout}, {split}'
        return data

    def refuse(
        self,
        root: Path,
        layout: str,
        split: str,
        error: str,
        /,
        **options: Any,
    ) -> str:
        """Read a split that must be refused; returns the whole message."""
        with pytest.raises(DatasetError) as caught:
            self.open(root, layout, split, **options)
        message = str(caught.value)
        assert holds(message, error), (
            f'{layout}, {split}: {message!r} != {error!r}'
        )
        return message

    def outcome(self, root: Path, layout: str, **options: Any) -> Any:
        """What reading train and test gives, or what is wrong with it."""
        outcomes: list[Any] = []
        for split in self.parts(layout):
            try:
                outcomes.append(
                    entries(self.open(root, layout, split, **options))
                )
            except DatasetError as error:
                outcomes.append(str(error))
        return outcomes

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test a layout, and what it is about."""
        names = set(metafunc.fixturenames)
        simple = {
            'argument': [*ARGUMENTS, *self.arguments],
            'damage': list(DAMAGE),
            'order': self.orders,
            'form': list(TEXTS),
        }
        for name, values in simple.items():
            if name in names:
                metafunc.parametrize(name, values)
        if 'option' in names:
            metafunc.parametrize('option', self.options, ids=str)
        when = getattr(metafunc.function, 'when', lambda layout: True)
        layouts = {n: own for n, own in self.layouts.items() if when(own)}
        pairs: dict[str, list[tuple[str, str]]] = {
            'bad': [
                (layout, bad)
                for bad, own in self.bad.items()
                for layout in own.layouts or layouts
            ],
            'file': [
                (layout, file)
                for layout, own in layouts.items()
                for file in own.lists
            ],
            'split': [
                (layout, split)
                for layout in layouts
                for split in self.parts(layout)
            ],
        }
        for name, own in pairs.items():
            if name in names:
                metafunc.parametrize(('layout', name), own)
                return
        if 'layout' in names:
            metafunc.parametrize('layout', list(layouts))

    # ---- what is read ------------------------------------------------

    def test_every_split(
        self, tmp_path: Path, layout: str, split: str, log: Any
    ) -> None:
        found = self.write(tmp_path, layout)
        assert of(split, found), 'nothing was written: nothing is tested'
        data = self.expect(tmp_path, layout, split, found, pipeline=LOAD)
        labels = [label for _, label in of(split, found)]
        counts = [labels.count(n) for n in range(len(self.classes))]
        assert list(data.class_counts) == counts
        assert tuple(data.metainfo['classes']) == tuple(self.classes)
        assert data.test_mode == (split not in self.training)
        assert data[0]['img'].shape[2] == 3, 'grey images become colour'
        if not self.layouts[layout].rows:
            files = {info['img_path'] for info in entries(data)}
            assert len({Path(path).read_bytes() for path in files}) == (
                len(files)
            ), 'two pictures are the same'
        for info in entries(data):
            path = os.path.relpath(info['img_path'], tmp_path)
            assert info.get('group', '') == self.group(path)
        name = self.kind.__name__
        message = f'{name} {split}: {len(data)} images in {tmp_path} ('
        assert any(text.startswith(message) for text in log.notes)

    def test_folders_above_it(self, tmp_path: Path, layout: str) -> None:
        for number, below in enumerate(self.layouts[layout].below):
            root = tmp_path / str(number)
            found = [
                (split, f'{below}/{path}', label)
                for split, path, label in self.write(root / below, layout)
            ]
            for split in self.parts(layout):
                self.expect(root, layout, split, found)

    def test_litter_is_passed_over(
        self, tmp_path: Path, layout: str, log: Any
    ) -> None:
        found = self.write(tmp_path, layout)
        for split in self.parts(layout):
            self.expect(tmp_path, layout, split, found, cache=False)
        before = list(log)
        log.clear()
        strew(tmp_path)
        for split in self.parts(layout):
            self.expect(tmp_path, layout, split, found, cache=False)
        assert list(log) == before

    def test_built_from_a_config(self, tmp_path: Path, layout: str) -> None:
        found = self.write(tmp_path, layout)
        config = dict(
            type=self.kind.__name__,
            data_root=str(tmp_path),
            split=self.parts(layout)[-1],
            **self.layouts[layout].options,
        )
        for name in ('auto', self.layouts[layout].name):
            data = DATASETS.build(dict(config, layout=name))
            assert type(data) is self.kind
            assert sorted(seen(data)) == sorted(of(config['split'], found))

    def test_pickles(self, tmp_path: Path, layout: str) -> None:
        self.write(tmp_path, layout)
        data = self.open(tmp_path, layout, on_error='skip', pipeline=LOAD)
        again = pickle.loads(pickle.dumps(data))
        assert entries(again) == entries(data)
        assert (again[1]['img'] == data[1]['img']).all()

    def test_order_of_classes(self, tmp_path: Path, order: str) -> None:
        layout = next(iter(self.layouts))
        found = self.write(tmp_path, layout)
        wanted = {initials(n) for n in self.classes}
        names = [
            name
            for name in map(initials, ORDERS[order].METAINFO['classes'])
            if name in wanted or name not in ('ne', 'co')
        ]
        place = [names.index(initials(name)) for name in self.classes]
        moved = [(split, path, place[n]) for split, path, n in found]
        data = self.expect(tmp_path, layout, 'test', moved, class_order=order)
        assert [initials(n) for n in data.metainfo['classes']] == names

    # ---- the cache ---------------------------------------------------

    def test_second_open_says_the_same(
        self, tmp_path: Path, layout: str, split: str, log: Any, cache: Path
    ) -> None:
        self.write(tmp_path, layout)
        first = self.open(tmp_path, layout, split)
        said = list(log)
        log.clear()
        kept = stamps(cache)
        assert kept
        second = self.open(tmp_path, layout, split)
        assert stamps(cache) == kept, 'the index was made anew'
        assert entries(second) == entries(first)
        assert second.fingerprint == first.fingerprint
        assert second.class_counts == first.class_counts
        assert list(log) == said
        fresh = self.open(tmp_path, layout, split, cache=False)
        assert entries(fresh) == entries(first)

    @of_files
    def test_an_image_more_or_less_is_seen(
        self, tmp_path: Path, layout: str
    ) -> None:
        found = self.write(tmp_path, layout)
        path = tmp_path / of('train', found)[0][0]
        before = self.outcome(tmp_path, layout)
        data = path.read_bytes()
        path.unlink()
        gone = self.outcome(tmp_path, layout)
        assert gone == self.outcome(tmp_path, layout, cache=False) != before
        path.write_bytes(data)
        assert self.outcome(tmp_path, layout) == before
        shutil.copy(path, path.with_name(f'{path.stem}9{path.suffix}'))
        more = self.outcome(tmp_path, layout)
        assert more == self.outcome(tmp_path, layout, cache=False)

    @applies(lambda layout: layout.relabel is not None)
    @pytest.mark.parametrize('keep', ['', 'time', 'time and size'])
    def test_a_changed_list_is_seen(
        self, tmp_path: Path, layout: str, keep: str
    ) -> None:
        """Overwritten in place, or put in its place by ``rsync -t``."""
        self.write(tmp_path, layout)
        before = self.outcome(tmp_path, layout)
        file, old, new = self.layouts[layout].relabel or ('', '', '')
        assert len(old) == len(new)
        path = tmp_path / file
        status = path.stat()
        data = path.read_bytes()
        changed = data.replace(old.encode(), new.encode(), 1)
        assert changed != data
        if keep == 'time and size':
            other = path.with_name('other')
            other.write_bytes(changed)
            other.replace(path)
        else:
            path.write_bytes(changed + b'\n' * bool(keep))
        if keep:
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        after = self.outcome(tmp_path, layout)
        assert after == self.outcome(tmp_path, layout, cache=False) != before

    def test_damaged_index_is_made_anew(
        self, tmp_path: Path, log: Any, cache: Path
    ) -> None:
        layout = next(iter(self.layouts))
        self.write(tmp_path, layout)
        good = entries(self.open(tmp_path, layout))
        [path] = [p for p in stamps(cache) if p.parent.name == 'indexes']
        whole = path.read_bytes()
        case = random.Random(0)
        for number in range(8):
            data = bytearray(whole)
            if number % 2:
                data = data[: case.randrange(len(data))]
            else:
                data[case.randrange(len(data))] ^= 1 << case.randrange(8)
            path.write_bytes(data)
            assert entries(self.open(tmp_path, layout)) == good
        path.write_bytes(pickle.dumps('no index'))
        log.clear()
        assert entries(self.open(tmp_path, layout)) == good
        assert any('made anew' in text for text in log.notes)

    def test_options_have_indexes_of_their_own(
        self, tmp_path: Path, option: dict[str, Any], log: Any
    ) -> None:
        layout = next(iter(self.layouts))
        self.write(tmp_path, layout)
        plain = self.outcome(tmp_path, layout)
        said = []
        for cache in (True, True, False):
            log.clear()
            found = self.outcome(tmp_path, layout, cache=cache, **option)
            said.append(list(log))
            assert found != plain
        assert said[0] == said[1] == said[2]

    # ---- what is wrong -----------------------------------------------

    def test_malformed(
        self, tmp_path: Path, layout: str, bad: str, log: Any
    ) -> None:
        """An error with all that it names; skipped, counted and logged."""
        case = self.bad[bad]
        found = self.write(tmp_path, layout)
        case.edit(tmp_path)
        lists = self.layouts[layout].lists
        error = case.error.replace('{root}', str(tmp_path)).replace(
            '{list}', f'{tmp_path}/{lists[0]}' if lists else ''
        )
        left = case.left(found)
        reads: Seen = []

        def skip(split: str) -> None:
            options = dict(case.options, on_error='skip')
            if case.moves:
                reads.extend(
                    seen(self.open(tmp_path, layout, split, **options))
                )
            else:
                self.expect(tmp_path, layout, split, left, **options)

        for split in self.parts(layout):
            if split in case.splits:
                self.refuse(tmp_path, layout, split, error, **case.options)
            else:
                self.expect(tmp_path, layout, split, found, **case.options)
            options = dict(case.options, on_error='skip')
            log.clear()
            if not case.cause and split in case.splits:
                self.refuse(tmp_path, layout, split, error, **options)
                continue
            skip(split)
            report = [text for text in log.warnings if ': skipped ' in text]
            if split in case.splits:
                assert len(report) == 1, f'{bad}: {log.warnings}'
                head = f'skipped {case.count} entries: {case.count} '
                assert f'{head}{case.cause} (first: ' in report[0]
                assert holds(report[0], error)
            else:
                assert not report, f'{bad}: reported by {split} too'
            said = list(log)
            log.clear()
            skip(split)
            assert list(log) == said
        if case.moves:
            assert sorted(reads) == sorted([i[1:] for i in left] * 2)

    @of_files
    def test_empty_image(self, tmp_path: Path, layout: str, log: Any) -> None:
        found = self.write(tmp_path, layout)
        path, _ = of('train', found)[0]
        rewrite(tmp_path / path, b'')
        message = self.refuse(tmp_path, layout, 'train', 'empty')
        assert f'{tmp_path}/{path}' in message and '(0 bytes)' in message
        left = [item for item in found if item[1] != path]
        self.expect(tmp_path, layout, 'train', left, on_error='skip')
        lost = len(of('train', found)) - len(of('train', left))
        message = f': skipped {lost} entries: {lost} empty image (first: '
        assert any(message in text for text in log.warnings)

    @of_files
    def test_missing_image(
        self, tmp_path: Path, layout: str, log: Any
    ) -> None:
        """An error where something names it; else there is one image less."""
        found = self.write(tmp_path, layout)
        path, _ = of('train', found)[0]
        (tmp_path / path).unlink()
        left = [item for item in found if item[1] != path]
        own = self.layouts[layout]
        named = bool(own.lists) or own.named
        if named:
            message = self.refuse(tmp_path, layout, 'train', '')
            assert self.key(path) in message
        for on_error in ['skip'] if named else ['raise', 'skip']:
            options = dict(on_error=on_error)
            if not own.folds:
                self.expect(tmp_path, layout, 'train', left, **options)
                continue
            reads = [  # an image less may move subjects to other folds
                item
                for split in self.parts(layout)
                for item in seen(self.open(tmp_path, layout, split, **options))
            ]
            assert sorted(reads) == sorted(item[1:] for item in left)
        assert named == any('missing image' in text for text in log.warnings)

    # Pillow's, of a TIFF that is cut
    @pytest.mark.filterwarnings('ignore:Corrupt EXIF data:UserWarning')
    @of_files
    def test_damaged_image(
        self, tmp_path: Path, layout: str, damage: str, log: Any
    ) -> None:
        """Found at access: an error; in training the next sample is used."""
        found = self.write(tmp_path, layout)
        for split in self.parts(layout):
            log.clear()
            path = seen(self.open(tmp_path, layout, split))[0][0]
            rewrite(
                tmp_path / path,
                DAMAGE[damage]((tmp_path / path).read_bytes()),
            )
            options = dict(pipeline=LOAD, cache=False)
            data = self.open(tmp_path, layout, split, **options)
            assert len(data) == len(of(split, found))
            with pytest.raises(UnreadableImageError) as caught:
                data[0]
            assert str(tmp_path / path) in str(caught.value)
            data = self.open(
                tmp_path, layout, split, on_error='skip', **options
            )
            if split not in self.training:
                with pytest.raises(UnreadableImageError):
                    data[0]
                assert not data.skipped
                continue
            good = [own for own, _ in seen(data) if own != path]
            for _ in range(2):
                used = os.path.relpath(data[0]['img_path'], tmp_path)
                assert used == good[0]
            lost = sum(own == path for own, _ in seen(data))
            assert sum(data.skipped.values()) == lost
            messages = [text for text in log.warnings if 'next sample' in text]
            assert len(messages) == lost
            assert str(tmp_path / path) in messages[0]

    def test_form_of_a_list(
        self, tmp_path: Path, layout: str, file: str, form: str, log: Any
    ) -> None:
        """What changes no label changes none."""
        found = self.write(tmp_path, layout)
        path = tmp_path / file
        path.write_bytes(TEXTS[form](path.read_bytes()))
        for split in self.parts(layout):
            self.expect(tmp_path, layout, split, found)
        blank = f'{path}: passed over 2 blank lines'
        assert (form == 'blank lines') == (blank in log.notes)

    def test_list_that_is_no_text(
        self, tmp_path: Path, layout: str, file: str
    ) -> None:
        self.write(tmp_path, layout)
        path = tmp_path / file
        path.write_bytes(path.read_bytes() + b'\xe9\n')
        messages = [
            text
            for text in self.outcome(tmp_path, layout)
            if isinstance(text, str)
        ]
        assert messages
        assert all(str(path) in t and 'UTF-8' in t for t in messages)

    # ---- the root ----------------------------------------------------

    def test_missing_root(self, tmp_path: Path) -> None:
        layout = next(iter(self.layouts))
        name = self.kind.__name__
        root = tmp_path / 'no'
        message = f'{name}: data_root={str(root)!r} does not exist'
        self.refuse(root, layout, 'train', message)
        root.write_bytes(b'x')
        self.refuse(root, layout, 'train', 'is a file; a folder is expected')

    def test_wrong_root(self, tmp_path: Path) -> None:
        """The error says what is there, expected, and not unpacked."""
        layout = next(iter(self.layouts))
        (tmp_path / 'photographs').mkdir()
        rewrite(tmp_path / 'photographs' / 'x.txt', b'x')
        rewrite(tmp_path / 'set.zip', b'PK')
        message = self.refuse(
            tmp_path,
            layout,
            'train',
            f'{tmp_path}: no {self.kind.__name__} found here. It holds '
            'photographs/, set.zip',
        )
        assert 'the nearest known layout is ' in message
        assert f'{tmp_path}/set.zip: unpack' in message

    def test_two_roots(self, tmp_path: Path, layout: str) -> None:
        for place in self.apart:
            self.write(tmp_path / place, layout)
        self.refuse(
            tmp_path,
            layout,
            'train',
            f'2 folders look like {self.kind.__name__} in the layout ',
        )

    # ---- options -----------------------------------------------------

    def test_bad_argument(self, tmp_path: Path, argument: str) -> None:
        layout = next(iter(self.layouts))
        self.write(tmp_path, layout)
        options, text = {**ARGUMENTS, **self.arguments}[argument]
        with pytest.raises(ValueError, match=re.escape(text)):
            self.open(tmp_path, layout, **options)

    def test_classes_in_another_order(self, tmp_path: Path) -> None:
        layout = next(iter(self.layouts))
        self.write(tmp_path, layout)
        turned = [*self.classes[1:], self.classes[0]]
        message = f'are those of {self.kind.__name__} in another order'
        with pytest.raises(ValueError, match=message):
            self.open(tmp_path, layout, classes=turned)

    # ---- parts -------------------------------------------------------

    @applies(lambda layout: layout.splits_off)
    @pytest.mark.parametrize('ratio', [0.3, 0.6])
    def test_val_is_split_off_train(
        self, tmp_path: Path, layout: str, ratio: float
    ) -> None:
        """By class, or by subject; test stays as it is."""
        found = self.write(tmp_path, layout)
        own = of('train', found)
        groups = [self.group(path) for path, _ in own]
        for seed in (0, 1):
            # a seed chooses the folds too, where there are any
            options = dict(val_ratio=ratio, seed=seed)
            whole = self.open(tmp_path, layout, seed=seed)
            own = seen(whole)
            if any(groups):
                names = [self.group(path) for path, _ in own]
                chosen = slow.groups_part(names, ratio, seed)
                inside = [
                    item for item in own if self.group(item[0]) in chosen
                ]
            else:
                units = [(self.key(path), label) for path, label in own]
                chosen = slow.classes_part(units, ratio, seed)
                inside = [item for item in own if self.key(item[0]) in chosen]
            val = seen(self.open(tmp_path, layout, 'val', **options))
            assert val == inside
            train = seen(self.open(tmp_path, layout, 'train', **options))
            assert train == [item for item in own if item not in inside]
            if 'test' not in self.parts(layout):
                continue
            test = self.open(tmp_path, layout, 'test', **options)
            plain = self.open(tmp_path, layout, 'test', seed=seed)
            assert seen(test) == seen(plain)

    @applies(lambda layout: layout.folds)
    def test_folds_leave_subjects_out(
        self, tmp_path: Path, layout: str, log: Any
    ) -> None:
        """Every subject is tested once, and never trained on meanwhile."""
        self.write(tmp_path, layout)
        for count, seed in ((10, 0), (3, 0), (5, 1)):
            tested = []
            for fold in range(count):
                options = dict(fold=fold, num_folds=count, seed=seed)
                log.clear()
                test, train = (
                    seen(self.open(tmp_path, layout, split, **options))
                    for split in ('test', 'train')
                )
                every = sorted(test + train)
                own = {self.group(path) for path, _ in test}
                assert not own & {self.group(path) for path, _ in train}
                units = [self.unit(path) for path, _ in every]
                names = [self.group(unit) for unit in dict.fromkeys(units)]
                place = slow.folds(names, count, seed)
                assert own == {n for n, f in place.items() if f == fold}
                message = (
                    f'fold {fold} of {count} (seed {seed}): test is '
                    f'{len(own)} of {len(place)} subjects: '
                    f'{", ".join(sorted(own))}'
                )
                assert message in log.notes
                tested += test
            assert sorted(tested) == every

    @applies(lambda layout: layout.folds and not layout.rows)
    def test_folds_are_of_names_only(
        self, tmp_path: Path, layout: str
    ) -> None:
        """What cannot be used moves no subject to another fold."""
        found = self.write(tmp_path, layout)

        def subjects() -> list[set[str]]:
            return [
                {
                    self.group(path)
                    for path, _ in seen(
                        self.open(
                            tmp_path,
                            layout,
                            'test',
                            fold=fold,
                            num_folds=count,
                            on_error='skip',
                            cache=False,
                        )
                    )
                }
                for count in (5, 10)
                for fold in range(count)
            ]

        before = subjects()
        groups = [self.group(path) for _, path, _ in found]
        gone = set()
        for _, path, _ in found[:10:3]:
            rewrite(tmp_path / path, b'')
            if groups.count(self.group(path)) == 1:
                gone.add(self.group(path))
            assert subjects() == [own - gone for own in before], path

    def unit(self, path: str) -> str:
        """What is counted when folds are made: an image, or a sequence."""
        return path


def initials(name: str) -> str:
    """An expression in any spelling: no two begin with the same letters.

    >>> initials('Happy') == initials('happiness')
    True
    """
    return name[:2].lower()


def stamps(cache: Path) -> dict[Path, tuple[int, int]]:
    """The indexes that are kept, and when each was written."""
    return {
        path: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in cache.rglob('*')
        if path.is_file()
    }


def strew(root: Path) -> None:
    """Litter of every kind into every folder, with contents alike."""
    folders = [root, *(path for path in root.rglob('*') if path.is_dir())]
    for folder in folders:
        files = [path for path in folder.iterdir() if path.is_file()][:1]
        below = [path for path in folder.iterdir() if path.is_dir()][:1]
        for name in LITTER_FILES:
            rewrite(folder / name, b'x')
        for name in LITTER:
            (folder / name).mkdir()
            for path in below:
                (folder / name / path.name).mkdir()
        for path in files:
            shutil.copy(path, folder / f'._{path.name}')
            for name in LITTER:
                shutil.copy(path, folder / name / path.name)
