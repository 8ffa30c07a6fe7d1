"""FER2013 and FER+ as they are.

Of 35,887 rows 35,714 have the original pixels; one label of PublicTest and
one of PrivateTest differ from the published counts.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from csgresnet_mm.datasets import FER2013, FERPlus
from csgresnet_mm.programs.audit.cli import UNFIT, main

pytestmark = pytest.mark.real

CONFIGS = Path(__file__).parents[2] / 'configs'
TRAIN = (3995, 436, 4097, 7215, 4830, 3171, 4965)
VAL = (467, 56, 496, 895, 652, 416, 607)
TEST = (491, 55, 528, 879, 594, 417, 625)
PLUS = {  # with the CSV; PNG files lack four whose names stand twice
    'train': (8740, 7287, 3149, 3014, 2100, 119, 532, 119),
    'val': (1182, 865, 415, 351, 287, 24, 62, 13),
    'test': (1090, 893, 396, 384, 273, 18, 83, 16),
}


@pytest.mark.parametrize('layout', ['csv', 'folders'])
def test_fer2013_has_the_known_counts(real, layout):
    for split, counts in (('train', TRAIN), ('val', VAL), ('test', TEST)):
        data = FER2013(real / layout, split, cache=False)
        assert data.class_counts == counts
        assert len(data) == sum(counts)


def test_csv_and_folders_hold_the_same_faces(real):
    """JPEG at quality 95 changes pixels a little, and no label."""
    pipeline = [dict(type='LoadImageFromFile', color_type='grayscale')]
    rows, files = (
        FER2013(real / layout, 'val', cache=False, pipeline=pipeline)
        for layout in ('csv', 'folders')
    )
    faces = np.stack([rows[i]['img'] for i in range(len(rows))])
    for label in range(7):
        mine = faces[rows.get_gt_labels() == label].astype(np.int16)
        # in the folders the order is that of the names: rows
        theirs = np.flatnonzero(files.get_gt_labels() == label)
        assert len(mine) == len(theirs)
        for face, index in list(zip(mine, theirs, strict=True))[:50]:
            assert np.abs(face - files[int(index)]['img']).mean() < 3


def test_names_that_stand_twice_are_different_faces(real):
    data = FER2013(real / 'folders', 'train', cache=False)
    paths = [data.get_data_info(i)['img_path'] for i in range(len(data))]
    names = Counter(Path(path).name for path in paths)
    twice = {name for name, count in names.items() if count > 1}
    assert twice == {'Training_8475486.jpg', 'Training_52789098.jpg'}


@pytest.mark.parametrize('layout', ['csv', 'ferplus'])
def test_ferplus_by_majority(real, layout):
    missing = {'train': 3, 'val': 0, 'test': 1} if layout == 'ferplus' else {}
    for split, counts in PLUS.items():
        data = FERPlus(real / layout, split, cache=False)
        assert len(data) == sum(counts) - missing.get(split, 0)
        gone = np.subtract(counts, data.class_counts)
        assert gone.min() >= 0


@pytest.mark.parametrize('layout', ['csv', 'folders'])
def test_audit_gives_the_known_facts(real, layout, tmp_path, capsys):
    config = CONFIGS / 'csgresnet18_fer2013.py'
    root = [
        f'{loader}_dataloader.dataset.data_root={real / layout}'
        for loader in ('train', 'val', 'test')
    ]
    code = main([str(config), '--out', str(tmp_path), '--cfg-options', *root])
    assert code == UNFIT  # test images that are in train, too
    report = json.loads((tmp_path / 'report.json').read_text())
    found = {item['code']: item['count'] for item in report['findings']}
    assert found['exact-duplicates-across'] == 556
    assert found['exact-duplicates-disagree'] == 58
    assert found['blank-disagree'] == 1
    texts = [item['text'] for item in report['findings']]
    assert 'train: blank images: 15, 14 of one value each' in texts
    for text in (
        'test: 288 of 3589 images (8.0%) have an identical twin in train',
        'val: 279 of 3589 images (7.8%) have an identical twin in train',
    ):
        assert text in texts
    (release,) = report['releases'].values()
    assert release['text'] == 'as published but for 2 labels'
    assert report['seconds'] <= 120
    capsys.readouterr()
