"""The page of the timm room does what it says."""

import re
from pathlib import Path

import pytest

from tests.timm.networks import create

pytestmark = pytest.mark.timm

README = Path(__file__).parents[2] / 'csgresnet_mm' / 'timm' / 'README.md'


def test_its_programs_run(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    text = README.read_text()
    name = re.search(r"file='(.*)'", text)[1]
    save_file(create('csgresnet18').state_dict(), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    programs = re.findall('```python\n(.*?)```', text, re.DOTALL)
    assert len(programs) == 3
    names = {}
    for program in programs:
        exec(program, names)
    assert names['model'].num_classes == 7
