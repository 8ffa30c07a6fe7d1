"""FER2013 repacked as class folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import DatasetError
from .fer_names import (
    fer_split,
    is_fer_name,
    is_plus_name,
    refuse_rafdb,
)
from .reading.files import FolderIndex, image_stem
from .reading.folders import (
    ClassFolders,
    FolderImage,
    find_split_folders,
    folder_images,
)
from .reading.report import ReadReport

BOTH = 'both halves of the test'
"""A test folder whose images may be of PublicTest or of PrivateTest."""
UNOFFICIAL = 'not the official split'
_REPACK = (28821, 7066)


class FerFolders:
    """Images of ``<split>/<class>`` folders, by official split.

    The prefix of a name (``PrivateTest_12.jpg``) says the split, and outranks
    the folder. Without prefixes, a folder ``test`` beside ``train`` alone is
    :data:`BOTH` halves, and ``validation`` beside ``train`` alone is
    :data:`UNOFFICIAL` unless its counts are PublicTest's.

    Args:
        home: Holds the split folders, or the class folders themselves.
        classes: In native order.
        published: Split to its counts; also prove what numbers mean.
        folder_order: What numbered folders mean.
        problems: Takes malformed entries.
        index: Scans folders.

    Attributes:
        splits: Split, or :data:`BOTH`, to its images.
        kind: '', :data:`BOTH` or :data:`UNOFFICIAL`.
    """

    def __init__(
        self,
        home: Path,
        *,
        classes: Sequence[str],
        published: Mapping[str, Sequence[int]],
        folder_order: str | Sequence[str] | None,
        problems: ReadReport,
        index: FolderIndex,
    ) -> None:
        self.home = home
        self.problems = problems
        self.folders = find_split_folders(home)
        reader = ClassFolders(
            self.folders,
            classes,
            published,
            problems,
            index,
            folder_order=folder_order,
        )
        refuse_rafdb(self.folders, index, 'FER2013')
        table, proven = reader.read()
        images = folder_images(table)
        if not proven:
            raise reader.needs_order('they are numbered from 1')
        self.kind = ''
        named = any(fer_split(image_stem(i.name)) for i in images)
        assign = self._by_name if named else self._by_folder
        self.splits: dict[str, list[FolderImage]] = {}
        self._names_again: dict[str, list[str]] = {}
        for split, own in assign(images).items():
            self.splits[split], self._names_again[split] = unique_images(
                own, problems
            )
        if not named and 'val' in self.splits and 'test' not in self.splits:
            found = Counter(image.label for image in self.splits['val'])
            if found != Counter(dict(enumerate(published['val']))):
                self.kind = UNOFFICIAL

    def everything(self) -> list[FolderImage]:
        """All images.

        Raises:
            DatasetError: There is one split only.
        """
        if len(self.splits) < 2:
            raise DatasetError(
                f'{self.home}: holds {", ".join(self.splits)} only; the '
                "paper's split is one of all images"
            )
        for split in self.splits:
            self._tell_names_again(split)
        return [image for own in self.splits.values() for image in own]

    def take(self, split: str) -> list[FolderImage]:
        """The images of a split; what is not official about it is told.

        Raises:
            DatasetError: They cannot be told from others, or are not there.
        """
        if split in self.splits:
            if self.kind == UNOFFICIAL:
                self._tell_unofficial()
            self._tell_names_again(split)
            return self.splits[split]
        if self.kind == BOTH and split == 'test':
            images = self.splits[BOTH]
            self._tell_names_again(BOTH)
            self.problems.warn(
                f'{self.home}: the names (first: {images[0].path}) do not '
                'tell PublicTest from PrivateTest, so these '
                f'{len(images)} images are {BOTH}: results on them are not '
                'comparable with those on PrivateTest (3589)'
            )
            return images
        raise DatasetError(self._no_split(split))

    def _tell_names_again(self, split: str) -> None:
        for text in self._names_again[split]:
            self.problems.warn(text)

    def _tell_unofficial(self) -> None:
        train, val = (len(self.splits.get(s, [])) for s in ('train', 'val'))
        known = ' (a known repack)' * ((train, val) == _REPACK)
        self.problems.warn(
            f'{self.home}: {train}/{val} images in train/validation{known}: '
            f'{UNOFFICIAL} (28709/3589/3589), results are not comparable'
        )

    def _no_split(self, split: str) -> str:
        if self.kind == BOTH and split == 'val':
            return (
                f'{self.home}: the names do not tell PublicTest from '
                'PrivateTest, so there is no official validation split; set '
                'val_ratio (0.1, say) to carve one from train'
            )
        if self.kind == UNOFFICIAL:
            return (
                f'{self.folders["val"]}: {UNOFFICIAL} and no test; evaluate '
                "on split='val'"
            )
        names = ', '.join(str(path) for path in self.folders.values())
        return f'{self.home}: no images of the split {split!r} in {names}'

    # ---- splits ------------------------------------------------------

    def _by_name(
        self, images: Sequence[FolderImage]
    ) -> dict[str, list[FolderImage]]:
        """By prefix; an image that lies in another split is told."""
        by_split: dict[str, list[FolderImage]] = {}
        moved: Counter[str] = Counter()
        altered = []
        for image in images:
            stem = image_stem(image.name)
            split = fer_split(stem)
            if split is None:
                self.problems.add(
                    'no usage in the name',
                    f'{image.path}: starts with none of Training_, '
                    'PublicTest_ and PrivateTest_, as other images here do',
                )
                continue
            is_home = image.split in ('', split) or (
                (image.split, split) == ('test', 'val')
            )
            if not is_fer_name(stem):
                if not is_home:
                    self.problems.add(
                        'altered copy in the wrong split',
                        f'{image.path}: an altered copy of a {split!r} image '
                        f'inside the {image.split!r} folder',
                    )
                    continue
                altered.append(image)
            if not is_home:
                moved[f'{image.split!r} to {split!r}'] += 1
            by_split.setdefault(split, []).append(image)
        self._tell_names(moved, altered)
        return by_split

    def _tell_names(
        self, moved: Counter[str], altered: Sequence[FolderImage]
    ) -> None:
        if moved:
            ways = ', '.join(f'{n} from {way}' for way, n in moved.items())
            self.problems.warn(
                f'{self.home}: image names outrank folder names: {ways}'
            )
        if altered:
            self.problems.warn(
                f'{self.home}: {len(altered)} names are more than a usage '
                f'and a number (first: {altered[0].path}): an altered copy?'
            )

    def _by_folder(
        self, images: Sequence[FolderImage]
    ) -> dict[str, list[FolderImage]]:
        if '' in self.folders:
            raise DatasetError(
                f'{self.home}: neither folders nor names tell train from '
                'test; expected train/<class> and test/<class>, or images '
                'named Training_<number>, PublicTest_<number> and '
                'PrivateTest_<number>'
            )
        by_split: dict[str, list[FolderImage]] = {
            split: [] for split in self.folders
        }
        for image in images:
            by_split[image.split].append(image)
        if 'val' not in by_split and 'test' in by_split:
            by_split[BOTH] = by_split.pop('test')
            self.kind = BOTH
        return by_split


def unique_images(
    images: Sequence[FolderImage], problems: ReadReport
) -> tuple[list[FolderImage], list[str]]:
    """Those not empty, each picture once; and what there is to tell.

    A name is no identity here: the set itself has names in two class folders,
    with another face in each. Where one occurs again the bytes decide: other
    bytes are another sample; the same under another label are kept as the set
    has them; both are told. Under the same label they are a problem, and so
    is a name that occurs twice in one folder, as .jpg and .png say.
    """
    kept: list[FolderImage] = []
    named: dict[str, list[FolderImage]] = {}
    other: list[tuple[FolderImage, FolderImage]] = []
    relabelled: list[tuple[FolderImage, FolderImage]] = []
    for image in images:
        if image.size == 0:
            problems.add('empty image', f'{image.path}: empty image (0 bytes)')
            continue
        before = named.setdefault(image_key(image), [])
        twin = next((old for old in before if _is_same(old, image)), None)
        if twin is not None and twin.label == image.label:
            problems.add(
                'duplicate entry',
                f'{image.path}: the same image as {twin.path}',
            )
            continue
        if twin is not None:
            relabelled.append((twin, image))
        elif before:
            other.append((before[0], image))
        before.append(image)
        kept.append(image)
    return kept, [
        f'{len(pairs)} names occur in another folder again, {what} (first: '
        f'{pairs[0][0].path} and {pairs[0][1].path})'
        for pairs, what in (
            (other, 'with another face: other samples'),
            (relabelled, 'with the same bytes: kept under both labels'),
        )
        if pairs
    ]


def _is_same(first: FolderImage, second: FolderImage) -> bool:
    """Whether two images of one name are one picture."""
    if first.folder == second.folder:
        return True
    return first.size == second.size and (
        Path(first.path).read_bytes() == Path(second.path).read_bytes()
    )


def image_key(image: FolderImage) -> str:
    """The image's own name in the set, or its split, class and name."""
    stem: str = image_stem(image.name)
    if is_fer_name(stem) or is_plus_name(stem):
        return stem
    return _place(image)


def image_keys(images: Sequence[FolderImage]) -> list[str]:
    """A key for each image: :func:`image_key`, unless it occurs again."""
    keys = list(map(image_key, images))
    counts = Counter(keys)
    return [
        key if counts[key] == 1 else _place(image)
        for key, image in zip(keys, images, strict=True)
    ]


def _place(image: FolderImage) -> str:
    return f'{image.split}/{image.label}/{image_stem(image.name)}'
