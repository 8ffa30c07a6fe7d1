"""ExpW: faces of photographs found by searching the web."""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from .arguments import check_label_base
from .base import FERDataset
from .errors import DatasetError
from .expw_list import Face, read_faces
from .reading.files import describe
from .reading.layouts import Layout
from .reading.report import ReadReport
from .reading.splits import choose_groups
from .sample import Sample

_LISTS = ('label/label.lst', 'label.lst', 'label/label/label.lst')
_PHOTOGRAPHS = ('image/origin', 'origin')
_PACKED = re.compile(r'.*\.(7z|zip|rar|tar|gz|tgz)(\.[0-9]+)*')


def find_list(home: Path) -> Path | None:
    """``label.lst`` below a folder, if it is there."""
    paths = [home / name for name in _LISTS]
    return next((path for path in paths if path.is_file()), None)


@DATASETS.register_module()
class ExpW(FERDataset):
    """ExpW: 91,793 faces in photographs, 7 classes, no official split.

    As distributed, once the volumes ``origin.7z.001``, ... are unpacked
    (``data`` may be left out, as may ``label`` and ``image``)::

        data
        |-- label
        |   `-- label.lst      angry_actor_104.jpg 0 28 113 226 141 22.9 0
        `-- image
            `-- origin         angry_actor_104.jpg

    A line of the list is ``image_name face_id top left right bottom
    confidence label``. A photograph may hold several faces: each is a
    sample, whose ``box`` LoadFace crops with a margin, and whose ``group``
    is the photograph.

    There is no official split: test is a part of the photographs, chosen by
    their names and ``seed`` over the whole list, so that no photograph is on
    both sides and options that leave faces out move none across. ``val`` is
    carved from the rest by ``val_ratio``, by photograph too. Figures are
    comparable only with the same ``test_ratio`` and ``seed``. That two files
    hold the same photograph is not seen here.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        test_ratio: Part of the faces that becomes test, in [0, 1).
        min_confidence: Faces that the detector gave less are left out. Its
            unit is the detector's own score (22.9, say), no probability.
        drop_duplicates: Leave out faces that are listed more than once: all
            but the first, or all of them where their labels differ. They
            are kept by default, and their number is logged.
        label_base: What the lowest label is in the list: 0 (as published),
            1 or 'auto'. A list with neither 0 nor 7 needs it.
        **kwargs: See :class:`FERDataset`.

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
            'Sad',
            'Surprise',
            'Neutral',
        ),
        'alignment': 'none',
    }
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'all': (3671, 3995, 1088, 30537, 10559, 7060, 34883)
    }
    LAYOUTS = (
        Layout(
            'photographs',
            lambda folder: find_list(folder) is not None,
            ('label/label.lst', 'image/origin/*.jpg'),
        ),
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        test_ratio: float = 0.1,
        min_confidence: float | None = None,
        drop_duplicates: bool = False,
        label_base: int | str = 'auto',
        pipeline: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        if not 0 <= test_ratio < 1:
            raise ValueError(f'test_ratio={test_ratio} is not in [0, 1)')
        if min_confidence is not None and not math.isfinite(min_confidence):
            raise ValueError(f'min_confidence={min_confidence} is no number')
        check_label_base(label_base)
        self.test_ratio = test_ratio
        self.min_confidence = min_confidence
        self.drop_duplicates = drop_duplicates
        self.label_base = label_base
        super().__init__(data_root, split, pipeline=pipeline, **kwargs)

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: ReadReport) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        _, home = self.recognise()
        path = find_list(home) or home / _LISTS[0]
        folder = self._find_photographs(home)
        self.layout = f'{path} with {folder}'
        faces = read_faces(
            path, self.files.text(path), problems, base=self.label_base
        )
        in_test = self._choose_test(split, path, faces)
        faces = self._present(path, folder, faces, problems)
        samples = [self._sample(folder, face) for face in faces]
        self.check_counts('the list', samples, self.PUBLISHED['all'], problems)
        faces = self._drop(path, faces, problems)
        return [
            self._sample(folder, face)
            for face in faces
            if (face.name in in_test) == (split == 'test')
        ]

    @staticmethod
    def _sample(folder: Path, face: Face) -> Sample:
        return Sample(
            f'{folder}/{face.name}',
            face.label,
            f'{face.name}/{face.face_id}',
            face.box,
            face.name,
        )

    def _find_photographs(self, home: Path) -> Path:
        """The folder of the photographs; ``origin`` may be in ``origin``."""
        above = [home.parent] if home.name in ('data', 'label') else []
        bases = [home, home / 'data', *above]
        folders = [base / name for base in bases for name in _PHOTOGRAPHS]
        for folder in folders:
            for place in (folder, folder / 'origin'):
                if self.files.images(str(place)):
                    return place
        packed = [
            str(place / name)
            for place in dict.fromkeys(
                place
                for folder in folders
                for place in (folder.parent, folder)
            )
            for name in sorted(self.files.sizes(str(place)))
            if _PACKED.fullmatch(name.lower())
        ]
        raise DatasetError(
            f'{home}: no photographs; expected image/origin/*.jpg, or '
            f'origin/*.jpg; it holds {describe(home)}'
            + (f'; not unpacked: {", ".join(packed)}' if packed else '')
        )

    def _choose_test(
        self, split: str, path: Path, faces: Sequence[Face]
    ) -> set[str]:
        """Names of the photographs of test."""
        if split == 'val':
            raise DatasetError(
                f'{path}: ExpW has no validation split; set val_ratio (0.1, '
                'say) to carve one from train'
            )
        if self.test_ratio == 0:
            if split == 'test':
                raise DatasetError(
                    f"{path}: split='test' with test_ratio=0: all is train"
                )
            return set()
        names = [face.name for face in faces]
        chosen = choose_groups(names, self.test_ratio, self.seed)
        return {name for name, own in zip(names, chosen, strict=True) if own}

    def _present(
        self,
        path: Path,
        folder: Path,
        faces: Sequence[Face],
        problems: ReadReport,
    ) -> list[Face]:
        """Faces whose photograph is there and is not empty."""
        sizes = self.files.images(str(folder))
        present = []
        for face in faces:
            where = f'{path}, line {face.line}'
            size = sizes.get(face.name)
            if size is None:
                problems.add(
                    'missing image',
                    f'{where}: image {face.name!r} is missing; looked for '
                    f'{folder}/{face.name}',
                )
            elif size == 0:
                problems.add(
                    'empty image',
                    f'{where}: image {folder}/{face.name} is empty (0 bytes)',
                )
            else:
                present.append(face)
        return present

    # ---- what options leave out --------------------------------------

    def _drop(
        self, path: Path, faces: Sequence[Face], problems: ReadReport
    ) -> list[Face]:
        """Without duplicates and uncertain faces, as the options say."""
        kept = self._duplicates(path, faces, problems)
        low = self.min_confidence
        if low is None:
            return kept
        sure = [face for face in kept if face.confidence >= low]
        problems.note(
            f'{path}: min_confidence={low} leaves out '
            f'{len(kept) - len(sure)} of {len(kept)} faces'
        )
        return sure

    def _duplicates(
        self, path: Path, faces: Sequence[Face], problems: ReadReport
    ) -> list[Face]:
        """Find faces that are listed more than once, and say how many."""
        same: dict[tuple[str, tuple[float, ...]], list[Face]] = defaultdict(
            list
        )
        for face in faces:
            same[face.name, face.box].append(face)
        repeated = [own for own in same.values() if len(own) > 1]
        if not repeated:
            return list(faces)
        unlike = [own for own in repeated if len({f.label for f in own}) > 1]
        dropped = {face.line for own in repeated for face in own[1:]}
        dropped |= {face.line for own in unlike for face in own}
        fate = (
            f'{len(dropped)} lines are left out'
            if self.drop_duplicates
            else f'all are kept; drop_duplicates=True leaves {len(dropped)} '
            'lines out'
        )
        first, second, *_ = repeated[0]
        problems.warn(
            f'{path}: {len(repeated)} faces are listed more than once '
            f'(first: lines {first.line} and {second.line}), {len(unlike)} '
            f'of them with different labels; {fate}'
        )
        if not self.drop_duplicates:
            return list(faces)
        return [face for face in faces if face.line not in dropped]
