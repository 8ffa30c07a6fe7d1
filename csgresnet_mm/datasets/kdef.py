"""KDEF: seventy posing amateur actors, seen from five sides."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from mmpretrain.registry import DATASETS
from numpy.typing import NDArray

from .base.named_faces import NamedFaces, read_folds
from .reading.layouts import Layout
from .reading.named import NameForm
from .reading.table import Table

CLASSES = tuple('Afraid Angry Disgusted Happy Neutral Sad Surprised'.split())
VIEWS = ('FL', 'HL', 'S', 'HR', 'FR')
NAMES = NameForm(
    re.compile(
        r'[AB](?P<group>[FM][0-9]{2})(?P<code>[A-Z]{2})'
        rf'(?P<view>{"|".join(VIEWS)})'
    ),
    tuple(name[:2].upper() for name in CLASSES),
    'AF01ANFL: session, subject, expression, view',
    {'AF31V': 'AF31SAHL', 'AM31H': 'AM31SUHR'},  # cut short in the release
)


@DATASETS.register_module()
class KDEF(NamedFaces):
    """KDEF: 4,900 photographs of 70 subjects, 7 classes.

    All in one folder, or in a folder a subject and session
    (``AF01/AF01ANFL.JPG``). A subject (F01, M01) was taken in two sessions
    (A, B), which no fold parts. Whole photographs: nothing is cropped.

    Args: see :class:`~.base.named_faces.NamedFaces`; and ``views``: those to
    take, of full and half left profile, straight, half and full right.
    """

    METAINFO = {'classes': CLASSES, 'alignment': 'unknown'}
    PUBLISHED = {'all': (700,) * 7}
    NAMES = NAMES
    SUBJECTS = 70
    OPTIONS = (*NamedFaces.OPTIONS, 'views')
    LAYOUTS = (
        Layout('official', NAMES.matches, ('AF01ANFL.JPG',), read_folds),
    )

    def __init__(self, *args: Any, views: Any = VIEWS, **kwargs: Any) -> None:
        self.views = (views,) if isinstance(views, str) else tuple(views)
        if not self.views or not set(self.views) <= set(VIEWS):
            raise ValueError(f'views={views!r}; expected some of {VIEWS}')
        super().__init__(*args, **kwargs)

    def choose(self, table: Table) -> NDArray[np.bool_]:
        """Mask of the views that are asked for."""
        return np.isin(table.extra['view'].astype(str), self.views)
