"""JAFFE: ten Japanese women, seven posed expressions."""

from __future__ import annotations

import re

from mmpretrain.registry import DATASETS

from .base.named_faces import NamedFaces, read_folds
from .reading.layouts import Layout
from .reading.named import NameForm

NAMES = NameForm(
    re.compile(r'(?P<group>[A-Z]{2})\.(?P<code>[A-Z]{2})[0-9]+\.[0-9]+'),
    ('AN', 'DI', 'FE', 'HA', 'NE', 'SA', 'SU'),
    'KA.AN1.39: subject, expression and take, number',
)


@DATASETS.register_module()
class JAFFE(NamedFaces):
    """JAFFE: 213 grey images of 10 subjects, 7 classes.

    As distributed::

        jaffe
        |-- KA.AN1.39.tiff       subject, expression and take, number
        |-- KA.AN2.40.tiff
        `-- ...

    The images may be .jpg or .png as well, and may lie in sub-folders, also
    in those of ``train`` and ``test``:
    their own names say what they are, and a folder named as another class
    is an error. By default each of the 10 folds leaves one subject out.

    Args, errors: see :class:`~.base.named_faces.NamedFaces`.
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
    PUBLISHED = {'all': (30, 29, 32, 31, 30, 31, 30)}
    NAMES = NAMES
    SUBJECTS = 10
    OPTIONS = NamedFaces.OPTIONS
    LAYOUTS = (
        Layout(
            'official',
            NAMES.matches,
            ('KA.AN1.39.tiff', '*.tiff'),
            read_folds,
        ),
    )
