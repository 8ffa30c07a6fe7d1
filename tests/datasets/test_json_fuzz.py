"""JSON that others may have written: a clean error, or made anew."""

import json
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import RAFDB, DatasetError, DemoFaces
from csgresnet_mm.datasets.cache.index import cache_folder
from csgresnet_mm.datasets.layouts import rafdb

FUZZ = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = ('generator', 'version', 'seed', 'num_train', 'num_test')


@FUZZ
@given(
    text=st.binary(max_size=80)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(dict.fromkeys(KEYS, VALUES)).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_a_record_of_the_demo(tmp_path, text):
    path = tmp_path / 'generator.json'
    path.write_bytes(text)
    with pytest.raises(DatasetError, match='generator.json: '):
        DemoFaces(tmp_path)


@FUZZ
@given(
    key=st.sampled_from(
        ['key', 'stamps', 'report', 'values', 'count', 'members']
    ),
    value=VALUES,
)
def test_the_head_of_an_index(tmp_path, monkeypatch, key, value):
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))
    root = tmp_path / 'raf'
    if not root.exists():
        rafdb.write_official(root, 1, 0)
    for path in cache_folder().glob('*.zip'):
        path.unlink()
    count = len(RAFDB(root))
    (path,) = cache_folder().glob('*.zip')
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    head = json.loads(parts['head.json'])
    assert key in head
    head[key] = value
    parts['head.json'] = json.dumps(head).encode()
    with zipfile.ZipFile(path, 'w') as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert len(RAFDB(root)) == count
