"""The table of shapes in which the Triton kernels are faster."""

import json
from pathlib import Path

import pytest

from csgresnet_mm.functional import measured

ROW = {
    'dtype': 'float16',
    'kernel_size': 3,
    'stride': 1,
    'orientations': 4,
    'channels': 64,
    'planes': 16,
    'training': False,
    'positions': 3136,
}


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_reads_a_table(tmp_path) -> None:
    card = {'card': 'some card', 'rows': [ROW, {**ROW, 'training': True}]}
    path = write(tmp_path / 'measured.json', {'9.0': card})
    shape = ('float16', 3, 1, 4, 64, 16)
    assert measured.read(path) == {
        '9.0': {(*shape, False): 3136, (*shape, True): 3136}
    }


def test_the_packaged_table_is_readable_and_names_its_card() -> None:
    path = Path(measured.__file__).with_name('measured.json')
    measured.read(path)
    for card in json.loads(path.read_text()).values():
        assert {'card', 'driver', 'torch', 'triton'} <= set(card)


@pytest.mark.parametrize(
    'content',
    [[], {'9.0': []}, {'9.0': {}}, {'9.0': {'rows': [{'dtype': 'float16'}]}}],
)
def test_another_file_is_refused_by_name(tmp_path, content) -> None:
    path = write(tmp_path / 'measured.json', content)
    with pytest.raises(ValueError, match='measured.json: .*expected compute'):
        measured.read(path)


def test_the_variable_names_another_table(tmp_path, monkeypatch) -> None:
    path = write(tmp_path / 'other.json', {'8.0': {'rows': [ROW]}})
    monkeypatch.setenv(measured.VARIABLE, str(path))
    measured._table.cache_clear()
    try:
        assert list(measured._table()) == ['8.0']
    finally:
        measured._table.cache_clear()
