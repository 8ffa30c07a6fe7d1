"""Where SFEW's class folders lie: aligned faces, whole frames, or repacked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import DatasetError
from ..reading.files import FolderIndex, list_folders
from ..reading.folders import find_split_folders, has_class_folders
from ..reading.names import find_split
from ..reading.report import ReadReport
from .csv_file import official_split

Folders = Callable[[Path], Sequence[str]]
LABELLED = ('train', 'val')
"""SFEW's own splits that have labels; its test has none."""


def find_aligned(
    home: Path, folders: Folders = list_folders
) -> dict[str, list[Path]]:
    """Split to the folders of aligned faces that are there.

    ``Train/Train_Aligned_Faces``, ``Val/Val_Aligned_Faces``,
    ``Val/Val_Aligned_Faces_new/Val_Aligned_Faces``, each also without the
    first part and in any case.

    Args:
        home: Holds Train and Val.
        folders: Gives the names of sub-folders.
    """
    names = folders(home)
    places = [home, *(home / n for n in names if find_split(n) in LABELLED)]
    aligned: dict[str, list[Path]] = defaultdict(list)
    for place in places:
        for path in _aligned_in(place, folders):
            split = official_split(path.name) or ''
            inner = [*_aligned_in(path, folders), path]
            classes = [p for p in inner if has_class_folders(p)]
            if classes and split in LABELLED:
                aligned[split].append(classes[0])
    return dict(aligned)


def _aligned_in(place: Path, folders: Folders) -> list[Path]:
    return [
        place / name
        for name in folders(place)
        if find_split(name) is None and official_split(name) is not None
    ]


def find_frames(
    home: Path, folders: Folders = list_folders
) -> dict[str, list[Path]]:
    """Split to the folders of whole frames: ``Train/imgs``, ``Val/imgs``."""
    frames: dict[str, list[Path]] = defaultdict(list)
    for name in folders(home):
        split = find_split(name)
        if split not in LABELLED:
            continue
        for inner in folders(home / name):
            path = home / name / inner
            if inner.lower() == 'imgs' and has_class_folders(path):
                frames[split].append(path)
    return dict(frames)


def choose_folders(
    home: Path, alignment: str, files: FolderIndex
) -> dict[str, Path]:
    """Split to its one folder, of the layout as distributed.

    Raises:
        DatasetError: There are several for a split, or none of this
            alignment.
    """
    find = find_aligned if alignment == 'aligned' else find_frames
    paths_of = find(home, files.folders)
    for split, paths in paths_of.items():
        if len(paths) > 1:
            counted = ', '.join(
                f'{path.relative_to(home)} ({_count(path, files)} images)'
                for path in paths
            )
            raise DatasetError(
                f'{home}: several folders of the {split} faces: {counted}; '
                'keep one'
            )
    if not paths_of:
        other, holds = (
            ('original', 'whole frames')
            if alignment == 'aligned'
            else ('aligned', 'aligned faces')
        )
        raise DatasetError(
            f'{home}: nothing of alignment={alignment!r}; it holds {holds}: '
            f'set alignment={other!r}'
        )
    return {split: paths[0] for split, paths in paths_of.items()}


def _count(folder: Path, files: FolderIndex) -> int:
    names = files.folders(folder)
    return sum(len(files.images(str(folder / name))) for name in names)


def choose_repacked(home: Path, report: ReadReport) -> dict[str, Path]:
    """Split to its folder, of ``train/<class>`` with ``val`` or ``test``.

    Raises:
        DatasetError: Both val and test have labels: SFEW's test has none.
    """
    splits = find_split_folders(home)
    test = splits.pop('test', None)
    if test is not None and 'val' in splits:
        raise DatasetError(
            f'{home}: {splits["val"].name} and {test.name} both hold class '
            "folders; the labels of SFEW's test are not public, so this is "
            'another division of the images'
        )
    if test is not None:
        report.warn(
            f"{test}: holds class folders; the labels of SFEW's test are not "
            'public, so this is taken for its validation folder'
        )
        splits['val'] = test
    return splits
