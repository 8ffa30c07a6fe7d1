"""Predictions in a file: whole, checked, the same bytes, no code."""

from __future__ import annotations

import dataclasses
import os
import zipfile
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.evaluation import Predictions

from .made import make


def equal(a: Predictions, b: Predictions) -> bool:
    return (
        a.names == b.names
        and a.classes == b.classes
        and a.scores.dtype == b.scores.dtype
        and np.array_equal(a.scores, b.scores)
        and np.array_equal(a.labels, b.labels)
    )


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.lists(
        st.text(st.characters(exclude_characters='\0')).filter(
            lambda text: text
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 99),
)
def test_any_names_are_read_as_they_were_written(
    tmp_path_factory, names, seed
):
    path = tmp_path_factory.mktemp('npz') / 'p.npz'
    made = dataclasses.replace(make(len(names), seed), names=tuple(names))
    made.save(path)
    assert equal(Predictions.load(path), made)


def test_the_same_predictions_give_the_same_bytes(tmp_path):
    made = make()
    made.save(tmp_path / 'new' / 'a.npz')
    with patch('time.time', return_value=1e9):
        made.save(tmp_path / 'b.npz')
    first = (tmp_path / 'new' / 'a.npz').read_bytes()
    assert first == (tmp_path / 'b.npz').read_bytes()


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / 'p.npz'
    make(3).save(path)
    with (
        patch('numpy.savez', side_effect=OSError(28, 'full')),
        pytest.raises(OSError, match='full'),
    ):
        make(5).save(path)
    assert len(Predictions.load(path)) == 3
    assert os.listdir(tmp_path) == ['p.npz']


def test_properties_and_parts():
    made = make(50)
    assert made.given.tolist() == [
        max(range(5), key=lambda k: row[k]) for row in made.scores.tolist()
    ]
    part = made.take(made.right)
    assert len(part) == made.right.sum() and part.right.all()
    assert part.names == tuple(
        name
        for name, right in zip(made.names, made.right, strict=True)
        if right
    )
    with pytest.raises(ValueError, match='0 images'):
        made.take(np.zeros(50, bool))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(labels=np.array([0, 5, 1])), 'labels: 5 of image 1 .*0 to 4'),
        (dict(labels=np.array([0, -1, 1])), 'labels: -1 of image 1'),
        (dict(labels=np.array([0, 1])), r'labels: .*\(2,\).*\(3,\)'),
        (dict(labels=np.zeros(3)), 'labels: float64.*int64'),
        (dict(names=('a', 'b')), r'scores: .*\(3, 5\); .*\(2, 5\)'),
        (dict(classes=('a',)), '1 classes; expected .* 2 classes'),
        (dict(scores=np.full((3, 5), 0.2)), 'scores: float64.*float32'),
        (dict(scores=np.full((3, 5), 1, 'f')), 'scores: .*image 0.*sum is 1'),
        (dict(scores=np.full((3, 5), np.nan, 'f')), 'scores: .*image 0'),
        (
            dict(scores=np.tile(np.array([-1, 2, 0, 0, 0], 'f'), (3, 1))),
            'scores: .*image 0',
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(make(3), **change)


def write(path, **changes):
    made = make(3)
    arrays = dict(
        scores=made.scores,
        labels=made.labels,
        names=np.array(made.names),
        classes=np.array(made.classes),
    )
    arrays.update(changes)
    kept = {key: value for key, value in arrays.items() if value is not None}
    np.savez(path, **kept)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(labels=None), r'labels\.npy'),
        (dict(more=np.zeros(1)), r'more\.npy; expected scores\.npy'),
        (dict(names=np.arange(3)), 'names: dtype int64; expected text'),
        (dict(labels=np.array(list('abc'))), 'labels: dtype <U1; .*numbers'),
        (dict(labels=np.array([0, 9, 0])), 'labels: 9 of image 1'),
        (dict(names=np.array('a')), r'names: shape \(\); expected one axis'),
    ],
)
def test_a_bad_file_is_named(tmp_path, changes, message):
    path = tmp_path / 'p.npz'
    write(path, **changes)
    with pytest.raises(ValueError, match=message) as caught:
        Predictions.load(path)
    assert str(caught.value).startswith(str(path))


def test_what_would_grow_when_read_is_refused(tmp_path):
    made = make(3)
    path = tmp_path / 'p.npz'
    np.savez_compressed(
        path,
        scores=np.zeros((10**7, 5), np.float32),
        labels=made.labels,
        names=np.array(made.names),
        classes=np.array(made.classes),
    )
    assert path.stat().st_size < 10**6
    with patch('numpy.lib.format.read_array', side_effect=AssertionError):
        with pytest.raises(
            ValueError, match=r"p\.npz: .*'scores\.npy' is comp"
        ):
            Predictions.load(path)


def test_a_shape_beyond_memory_is_named(tmp_path):
    path = tmp_path / 'p.npz'
    write(path, labels=np.zeros(3, np.int64))
    whole = path.read_bytes()
    # a longer shape in the same header, and the sum that fits
    shape = b"'shape': (3,), }" + b' ' * 16
    huge = b"'shape': (%d,), }" % 2**55
    assert whole.count(shape) >= 1
    members = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            members[name] = archive.read(name)
    content = members['labels.npy']
    members['labels.npy'] = content.replace(shape, huge.ljust(len(shape)))
    assert members['labels.npy'] != content
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r'p\.npz, labels: .*numbers'):
        Predictions.load(path)


def test_no_pickle_is_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'bang'),)

    path = tmp_path / 'p.npz'
    write(path, names=np.array([Bomb()] * 3, object))
    with pytest.raises(ValueError, match='names: Object arrays cannot'):
        Predictions.load(path)
    assert not (tmp_path / 'bang').exists()


def test_torn_and_foreign_files(tmp_path):
    path = tmp_path / 'p.npz'
    make(50).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r'p\.npz: .*expected'):
        Predictions.load(path)
    with zipfile.ZipFile(path, 'w') as archive:
        for key in ('scores', 'labels', 'names', 'classes'):
            archive.writestr(f'{key}.npy', b'no array')
    with pytest.raises(
        ValueError, match=r'p\.npz, scores: .*expected an array of numbers'
    ):
        Predictions.load(path)
    with pytest.raises(FileNotFoundError, match='absent'):
        Predictions.load(tmp_path / 'absent.npz')
