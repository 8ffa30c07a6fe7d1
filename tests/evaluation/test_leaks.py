"""Leaked and clean test images apart."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mmengine.config import Config
from scipy import stats

from csgresnet_mm.apis.config_data.parts import open_parts
from csgresnet_mm.demo_faces import ensure_demo_faces
from csgresnet_mm.evaluation import Predictions, split_by_leak
from csgresnet_mm.programs.audit.cli import look_over
from csgresnet_mm.programs.audit.report import to_json
from csgresnet_mm.programs.audit.scan import scan
from tests.programs.audit.planting import plant

from .faces_run import faces
from .made import make


def image(split, index, name=None):
    name = name or f'{split}_{index:04d}.jpg'
    return dict(
        split=split,
        index=index,
        path=f'/old/faces/{name}',
        label=0,
        **{'class': 'Anger'},
    )


def report(tmp_path, *, exact=(), near=(), count=10, names=('train', 'test')):
    """A report of the audit; ``exact`` and ``near`` are (across, images)."""
    content = dict(
        splits={name: dict(images=count, root='/old/faces') for name in names},
        findings=[],
        exact_duplicates=[
            dict(across=across, images=images) for across, images in exact
        ],
        near_duplicates=[
            dict(across=across, images=images) for across, images in near
        ],
    )
    path = tmp_path / 'report.json'
    path.write_text(json.dumps(content))
    return path


def test_copies_across_splits_are_leaked_and_nothing_else(tmp_path):
    made = make(10)
    path = report(
        tmp_path,
        exact=[
            (True, [image('train', 3), image('test', 1), image('test', 8)]),
            (False, [image('test', 2), image('test', 3)]),
        ],
        near=[
            (True, [image('test', 5), image('train', 7)]),
            (True, [image('test', 1), image('train', 7)]),
            (False, [image('train', 0), image('train', 1)]),
        ],
    )
    found = split_by_leak(made, path)
    leaked = np.isin(np.arange(10), [1, 5, 8])
    assert found.leaked.names == tuple(np.array(made.names)[leaked])
    assert found.clean.names == tuple(np.array(made.names)[~leaked])
    assert found.leaked.accuracy == pytest.approx(
        100 * made.right[leaked].mean()
    )
    assert found.clean.accuracy == pytest.approx(
        100 * made.right[~leaked].mean()
    )
    assert found.difference == pytest.approx(
        found.leaked.accuracy - found.clean.accuracy
    )


def test_intervals_are_of_each_share(tmp_path):
    made = make(400, sharpness=1)
    path = report(
        tmp_path,
        count=400,
        exact=[
            (True, [image('train', i), image('test', i)]) for i in range(100)
        ],
    )
    found = split_by_leak(made, path)
    for share, rows in (
        (found.leaked, slice(0, 100)),
        (found.clean, slice(100, 400)),
    ):
        right = made.right[rows]
        expected = stats.binom(len(right), right.mean()).ppf([0.025, 0.975])
        # one image more or less
        assert share.interval == pytest.approx(
            100 * expected / len(right), abs=101 / len(right)
        )


def test_without_a_leak_there_is_no_difference(tmp_path):
    found = split_by_leak(make(10), report(tmp_path))
    assert (found.leaked.names, found.leaked.accuracy) == ((), None)
    assert found.leaked.interval is None and found.difference is None
    assert len(found.clean.names) == 10


def test_test_may_be_val_too(tmp_path):
    path = report(
        tmp_path,
        names=('train', 'val, test'),
        exact=[
            (True, [image('train', 0), image('val, test', 4, 'test_0004.jpg')])
        ],
    )
    assert split_by_leak(make(10), path).leaked.names == (
        'data/faces/test_0004.jpg',
    )


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(count=9), 'split test: 9 images; expected the 10'),
        (
            dict(names=('train', 'val')),
            'splits train, val; expected one of te',
        ),
        (
            dict(names=('train', 'test/0', 'test/1')),
            'splits train, test/0, test/1; expected one',
        ),
        (
            dict(exact=[(True, [image('test', 2, 'test_0003.jpg')])]),
            r'test, image 2: /old/faces/test_0003\.jpg; expected .*test_0002',
        ),
    ],
)
def test_a_report_of_other_data_is_refused(tmp_path, options, message):
    path = report(tmp_path, **options)
    with pytest.raises(ValueError, match=message) as caught:
        split_by_leak(make(10), path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize('text', ['{', '[]', '{"splits": {}}', '3'])
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / 'report.json'
    path.write_text(text)
    with pytest.raises(ValueError, match='expected the report.json'):
        split_by_leak(make(10), path)


def test_a_search_that_was_given_up_is_refused(tmp_path):
    path = report(tmp_path)
    content = json.loads(path.read_text())
    content['findings'] = [
        dict(code='near-duplicates-too-many', text='the search was stopped')
    ]
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match='the search was stopped; expected'):
        split_by_leak(make(10), path)


def test_what_was_planted_is_what_the_audit_gives(tmp_path):
    root = ensure_demo_faces(tmp_path / 'faces', num_train=40, num_test=20)
    planted = plant(root, exact=3, near=3)
    config = Config(
        {
            f'{split}_dataloader': dict(dataset=faces(root, split, (40, 20)))
            for split in ('train', 'test')
        }
    )
    parts = open_parts(config, None)
    path = tmp_path / 'report.json'
    path.write_text(to_json(look_over(parts, scan(parts, 0)), {}))
    test = parts[1]
    made = make(20, classes=test.classes)
    made = Predictions(
        made.scores, np.array(test.labels), tuple(test.names), test.classes
    )
    found = split_by_leak(made, path).leaked.names
    assert {name.rpartition('/')[2] for name in found} == {
        pair.test for pair in planted
    }
