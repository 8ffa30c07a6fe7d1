"""demo/tour.ipynb runs from its first cell to its last."""

import re
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.tour

NOTEBOOK = Path(__file__).parents[1] / 'demo' / 'tour.ipynb'


def read_notebook():
    import nbformat

    return nbformat.read(NOTEBOOK, as_version=4)


def test_no_output_is_kept_in_the_file():
    for cell in read_notebook().cells:
        assert not cell.get('outputs')
        assert cell.get('execution_count') is None


def test_the_tour(tmp_path):
    from nbclient import NotebookClient

    notebook = read_notebook()
    start = time.monotonic()
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name='python3',
        resources={'metadata': {'path': str(tmp_path)}},
    ).execute()
    seconds = time.monotonic() - start
    outputs = [
        output for cell in notebook.cells for output in cell.get('outputs', ())
    ]
    text = ''.join(
        output.get('text', '') + output.get('data', {}).get('text/plain', '')
        for output in outputs
        if output.get('name') != 'stderr'
    )
    assert "'csgresnet18_rafdb'" in text
    assert 'csgresnet18_fer2013-48px: 2.80 M parameters' in text
    figures = re.search(r'(\d+) % of .*; chance: (\d+) %', text)
    accuracy, chance = map(int, figures.groups())
    assert accuracy > chance + 10
    classes = ('Happiness', 'Surprise')
    for name in classes:
        assert re.search(rf'{name}: ({"|".join(classes)}) \(\d+%\)', text)
    pictures = [o for o in outputs if 'image/png' in o.get('data', {})]
    assert len(pictures) == 2
    print(f'{accuracy} %, {seconds:.0f} s')
