"""The AffectNet sample that goes round in YOLO's form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from .affectnet_entries import CLASSES, note_left_out
from .errors import DatasetError
from .names import find_class
from .reading.files import FolderIndex, image_stem, unpack_hint
from .reading.folders import find_split_folders
from .reading.layouts import Layout
from .reading.report import ReadReport
from .reading.small_files import read_small_files
from .reading.tables import parse_whole
from .sample import Sample

_MAX_DEPTH = 8
DATA_FILE = 'data.yaml'


def find_splits(folder: Path) -> dict[str, Path]:
    """Split to the folder that holds ``images`` and ``labels``."""
    if not (folder / DATA_FILE).is_file():
        return {}
    splits = find_split_folders(folder, _has_labels)
    splits.pop('', None)
    return splits


def _has_labels(folder: Path) -> bool:
    return (folder / 'labels').is_dir()


class YoloFolder:
    """Reads ``<split>/{images,labels}`` with the classes of ``data.yaml``.

    The ids are those of ``data.yaml``, which are alphabetical there: a label
    is found by its name. The boxes are not used: the images are faces of
    96x96 pixels.

    Args:
        home: Holds data.yaml.
        num_classes: 7 leaves out Contempt.
        files: Reads data.yaml, scans folders.
        problems: Takes images without a label, and label files that do not
            name one class.

    Raises:
        DatasetError: data.yaml gives no names of ours.
    """

    def __init__(
        self,
        home: Path,
        num_classes: int,
        files: FolderIndex,
        problems: ReadReport,
    ) -> None:
        self.path = home / DATA_FILE
        self.num_classes = num_classes
        self.files = files
        self.problems = problems
        self.labels = self._read_names()

    def _read_names(self) -> dict[int, int]:
        """Id to label."""
        text = self.files.text(self.path)
        try:
            self._check_parts(text)
            # plain text, lists and mappings only
            data = yaml.load(text, yaml.BaseLoader)
        except yaml.YAMLError as error:
            raise DatasetError(f'{self.path}: no YAML: {error}') from error
        names = data.get('names') if isinstance(data, dict) else None
        if isinstance(names, list):
            names = {str(key): name for key, name in enumerate(names)}
        if not isinstance(names, dict) or not names:
            raise DatasetError(
                f"{self.path}: key 'names' is {names!r}; a list of class "
                'names is expected'
            )
        if data.get('nc', str(len(names))) != str(len(names)):
            raise DatasetError(
                f"{self.path}: key 'nc' is {data['nc']!r}, but 'names' holds "
                f'{len(names)} classes'
            )
        labels: dict[int, int] = {}
        for text, name in names.items():
            key, label = parse_whole(text), find_class(str(name), CLASSES)
            if key is None or label is None:
                raise DatasetError(
                    f"{self.path}: key 'names', {text!r}: class {name!r} is "
                    f'unknown; expected {", ".join(CLASSES)}'
                )
            if key in labels or label in labels.values():
                raise DatasetError(
                    f"{self.path}: key 'names' holds the id {key} or the "
                    f'class {CLASSES[label]!r} twice: {names}'
                )
            labels[key] = label
        return labels

    def _check_parts(self, text: str) -> None:
        """Refuse YAML that costs far more than its length to read or tell."""
        depth = 0
        for event in yaml.parse(text):
            if isinstance(event, yaml.AliasEvent):
                raise DatasetError(
                    f"{self.path}: uses an alias ('*'); names and paths "
                    'alone are expected'
                )
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise DatasetError(
                    f'{self.path}: nested deeper than {_MAX_DEPTH} levels; '
                    'names and paths alone are expected'
                )

    def read(self, folder: Path) -> list[Sample]:
        """The labelled images of a split.

        Raises:
            DatasetError: There are no images.
        """
        images = self.files.images(f'{folder}/images')
        if not images:
            raise DatasetError(
                f'{folder}/images: no images here{unpack_hint(folder)}'
            )
        self.files.mark_files(f'{folder}/labels', '.txt')
        listed = self._listed(folder, images)
        texts = read_small_files(
            f'{folder}/labels',
            [f'{image_stem(name)}.txt' for name in listed],
            'labels',
        )
        samples = []
        left_out: Counter[int] = Counter()
        for name, text in zip(listed, texts, strict=True):
            label = self._label(
                f'{folder}/labels/{image_stem(name)}.txt', text
            )
            if label is None:
                continue
            if label >= self.num_classes:
                left_out[label] += 1
            elif images[name] == 0:
                self.problems.add(
                    'empty image',
                    f'{folder}/images/{name}: empty image (0 bytes)',
                )
            else:
                samples.append(
                    Sample(f'{folder}/images/{name}', label, image_stem(name))
                )
        note_left_out(str(folder), left_out, self.num_classes, self.problems)
        return samples

    def _listed(self, folder: Path, images: Mapping[str, int]) -> list[str]:
        """Images that have a label file, and label files that have none."""
        left = {
            name.removesuffix('.txt')
            for name in self.files.sizes(f'{folder}/labels')
            if name.endswith('.txt')
        }
        listed = []
        seen: dict[str, str] = {}
        for name in sorted(images):
            stem = image_stem(name)
            if seen.setdefault(stem, name) != name:
                raise DatasetError(
                    f'{folder}/images: {seen[stem]} and {name} belong to the '
                    'same label'
                )
            if stem in left:
                listed.append(name)
            else:
                self.problems.add(
                    'missing label',
                    f'{folder}/labels/{stem}.txt: missing, so '
                    f'{folder}/images/{name} has no label',
                )
        for stem in sorted(left.difference(seen)):
            self.problems.add(
                'missing image',
                f'{folder}/labels/{stem}.txt: no image {stem!r} in '
                f'{folder}/images',
            )
        return listed

    def _label(self, path: str, text: bytes | str) -> int | None:
        """The one class of a label file; None if there is not one."""
        ids = _read_ids(text) if isinstance(text, bytes) else {None}
        key = ids.pop() if len(ids) == 1 else None
        if key in self.labels:
            return self.labels[key]
        found = f'found {text[:60]!r}' if isinstance(text, bytes) else text
        self.problems.add(
            'bad label file',
            f'{path}: {found}; expected "id x y width height" with one id of '
            f'{sorted(self.labels)} ({self.path})',
        )
        return None


def _read_ids(text: bytes) -> set[int | None]:
    """The ids of a label file's lines; None for a malformed line."""
    lines = [line.split() for line in text.decode('latin-1').split('\n')]
    return {
        parse_whole(fields[0]) if len(fields) == 5 else None
        for fields in lines
        if fields
    }


LAYOUT = Layout(
    'yolo',
    lambda folder: bool(find_splits(folder)),
    (DATA_FILE, 'train/labels/*.txt'),
)
