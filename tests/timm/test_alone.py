"""The networks need torch and timm, and no MM stack."""

import doctest
import importlib.util
from pathlib import Path

import pytest

from tests.test_stack import HIDE, run

pytestmark = pytest.mark.timm

PROGRAM = """
import sys, warnings
warnings.simplefilter('error')
import timm
import csgresnet_mm.timm
import torch
model = timm.create_model('csgresnet18', num_classes=3).eval()
assert model(torch.rand(1, 3, 64, 64)).shape == (1, 3)
loaded = {'mmcv', 'mmengine', 'mmpretrain'} & sys.modules.keys()
assert not loaded, loaded
print(len(timm.list_models('*gresnet*')))
"""


def test_works_without_an_mm_stack():
    where = importlib.util.find_spec('timm').origin
    result = run(HIDE + PROGRAM, Path(where).parents[1])
    assert result.returncode == 0, result.stderr
    assert result.stdout == '5\n'


@pytest.mark.parametrize(
    'name', ['blocks', 'gresnet', 'interface', 'keys', 'weights']
)
def test_examples_of_docstrings(name):
    module = importlib.import_module(f'csgresnet_mm.timm.{name}')
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    modules = ('gresnet', 'keys', 'weights')
    for name in modules:
        module = importlib.import_module(f'csgresnet_mm.timm.{name}')
        assert doctest.testmod(module).attempted > 0
