"""JAFFE: ten Japanese women, seven posed expressions."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from mmpretrain.registry import DATASETS

from .base import FERDataset
from .errors import Problems
from .files import FolderIndex, image_stem, list_folders
from .names import find_class, find_split
from .recognise import Layout
from .sample import Sample
from .subject_folds import check_fold, cut_fold

CODES = ('AN', 'DI', 'FE', 'HA', 'NE', 'SA', 'SU')
SUBJECTS = 10
COUNTS = (30, 29, 32, 31, 30, 31, 30)
"""Published number of images of each class, 213 together."""

_STEM = re.compile(r'([A-Z]{2})\.([A-Z]{2})[0-9]+\.[0-9]+')


class _Face(NamedTuple):
    path: str
    size: int
    subject: str
    label: int


def _holds_faces(folder: Path) -> bool:
    """Whether images here, or in its folders, are named as JAFFE's are."""
    return any(
        _has_own_name(name)
        for place in _places(folder, list_folders)
        for name in os.listdir(place)
    )


def _places(home: Path, folders: Callable[[Path], list[str]]) -> list[Path]:
    """A folder, those in it, and those in its folders of splits."""
    places = [home]
    for name in folders(home):
        below = home / name
        if not os.access(below, os.R_OK | os.X_OK):
            continue
        places.append(below)
        if find_split(name):
            places += [below / inner for inner in folders(below)]
    return places


def parse_stem(stem: str) -> tuple[str, str] | None:
    """Subject and expression of a name, or None if it is no such name.

    >>> parse_stem('KA.AN1.39')
    ('KA', 'AN')
    """
    match = _STEM.fullmatch(stem)
    return None if match is None else (match[1], match[2])


def _has_own_name(name: str) -> bool:
    stem = image_stem(name)
    return stem != name and parse_stem(stem) is not None


@DATASETS.register_module()
class JAFFE(FERDataset):
    """JAFFE: 213 grey images of 10 subjects, 7 classes.

    As distributed::

        jaffe
        |-- KA.AN1.39.tiff       subject, expression and take, number
        |-- KA.AN2.40.tiff
        `-- ...

    The images may be .jpg or .png as well, and may lie in sub-folders, also
    in those of ``train`` and ``test``:
    their own names say what they are, and a folder named as another class
    is an error.

    There is no official split. By default each of the 10 folds leaves one
    subject out: ``split='test'`` is the subject of ``fold``, 'train' the
    nine others; the result is the mean over all folds. With fewer folds,
    each holds several subjects. ``val_ratio`` carves 'val' from train by
    whole subjects. The log names the subjects of the fold.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        fold: From 0.
        num_folds: Number of folds.
        **kwargs: See :class:`FERDataset`. ``seed`` chooses the folds too:
            give train and test the same.

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: nothing known lies there, or an entry is
            malformed (with ``on_error='skip'`` that is counted instead).
    """

    METAINFO = {
        'classes': (
            'Angry',
            'Disgust',
            'Fear',
            'Happy',
            'Neutral',
            'Sad',
            'Surprise',
        ),
        'alignment': 'none',
    }
    GREY = True
    PUBLISHED: ClassVar[Mapping[str, tuple[int, ...]]] = {}
    LAYOUTS = (Layout('official', _holds_faces, ('KA.AN1.39.tiff', '*.tiff')),)

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        fold: int = 0,
        num_folds: int = SUBJECTS,
        **kwargs: Any,
    ) -> None:
        check_fold(fold, num_folds)
        self.fold = fold
        self.num_folds = num_folds
        super().__init__(data_root, split, **kwargs)

    def read_samples(self, split: str, problems: Problems) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        _, home = self.recognise()
        faces = _read_faces(home, self.files, self.native, problems)
        subjects = sorted({face.subject for face in faces})
        if len(subjects) != SUBJECTS:
            problems.warn(
                f'{home}: {len(subjects)} subjects ({", ".join(subjects)}); '
                f'JAFFE has {SUBJECTS}'
            )
        samples = []
        for face in faces:
            if face.size == 0:
                problems.add(
                    'empty image', f'{face.path}: empty image (0 bytes)'
                )
                continue
            key = image_stem(os.path.basename(face.path))
            samples.append(
                Sample(face.path, face.label, key, group=face.subject)
            )
        self.check_counts('all folds together', samples, COUNTS, problems)
        self.layout = f'{home}, fold {self.fold} of {self.num_folds}'
        return cut_fold(
            samples,
            [face.subject for face in faces],
            split=split,
            fold=self.fold,
            num_folds=self.num_folds,
            seed=self.seed,
            problems=problems,
        )


def _read_faces(
    home: Path,
    files: FolderIndex,
    classes: tuple[str, ...],
    problems: Problems,
) -> list[_Face]:
    """All images that are JAFFE's by their names, each once, in order."""
    found: dict[str, _Face] = {}
    for folder in _places(home, files.folders):
        names = sorted(files.images(folder))
        if not any(map(_has_own_name, names)):
            continue
        own = None
        if folder != home:
            own = find_class(folder.name, classes)
        for name in names:
            face = _parse(folder, name, files, problems)
            if face is None:
                continue
            if own not in (None, face.label):
                problems.add(
                    'labels disagree',
                    f'{face.path}: {classes[face.label]} by its name, but '
                    f'its folder is {folder.name!r}',
                )
                continue
            first = found.setdefault(image_stem(name), face)
            if first is not face:
                problems.add(
                    'duplicate entry',
                    f'{face.path}: the same image as {first.path}',
                )
    return list(found.values())


def _parse(
    folder: Path, name: str, files: FolderIndex, problems: Problems
) -> _Face | None:
    """An image whose name says subject and expression."""
    path = f'{folder}/{name}'
    parsed = parse_stem(image_stem(name))
    if parsed is None:
        problems.add(
            'bad name',
            f'{path}: the name does not say whose face it is; expected '
            'KA.AN1.39: subject, expression and take, number',
        )
        return None
    subject, code = parsed
    if code not in CODES:
        problems.add(
            'unknown class',
            f'{path}: expression {code!r} is unknown; expected one of '
            f'{", ".join(CODES)}',
        )
        return None
    size = files.images(folder)[name]
    return _Face(path, size, subject, CODES.index(code))
