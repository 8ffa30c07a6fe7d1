"""The page of the timm room does what it says."""

import re
from pathlib import Path

import pytest
import torch

from tests.timm.networks import create

pytestmark = pytest.mark.timm

README = Path(__file__).parents[2] / 'csgresnet_mm' / 'timm' / 'README.md'


def test_its_programs_run(tmp_path, monkeypatch):
    text = README.read_text()
    checkpoint = tmp_path / re.search(r"file='(.*)'", text)[1]
    checkpoint.parent.mkdir(parents=True)
    model = create('csgresnet18')
    torch.save({'state_dict': model.state_dict()}, checkpoint)
    monkeypatch.chdir(tmp_path)
    programs = re.findall('```python\n(.*?)```', text, re.DOTALL)
    assert len(programs) == 3
    names = {}
    for program in programs:
        exec(program, names)
    assert names['model'].num_classes == 7
