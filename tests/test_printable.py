"""Any name of a file can be written (cases P3)."""

import io
import os
import sys

import pytest
from mmengine.logging import MMLogger
from rich.console import Console

from csgresnet_mm.datasets.errors import warn
from csgresnet_mm.printable import print_any_name, printable

NAME = os.fsdecode(b'ger\xe4t.jpg')  # Latin 1: no UTF-8
ALL = f'{NAME} ä 漢'


@pytest.mark.parametrize(
    ('encoding', 'expected'),
    [
        ('utf-8', r'ger\udce4t.jpg ä 漢'),
        ('ascii', r'ger\udce4t.jpg \xe4 \u6f22'),
        ('cp1252', r'ger\udce4t.jpg ä \u6f22'),
    ],
)
@pytest.mark.parametrize('by', [print, lambda text: Console().print(text)])
def test_P3_standard_output_takes_any_name(
    monkeypatch, encoding, expected, by
):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, 'stdout', stream)
    print_any_name()
    by(ALL)
    stream.flush()
    assert stream.buffer.getvalue().decode(encoding).strip() == expected


def test_P3_what_a_notebook_has_for_standard_output_stays(monkeypatch):
    monkeypatch.setattr(sys, 'stdout', io.StringIO())
    print_any_name()
    monkeypatch.setattr(sys, 'stdout', None)  # pythonw
    print_any_name()


def test_P3_a_line_with_such_a_name_is_in_the_log(tmp_path, capfd):
    path = tmp_path / 'log'
    logger = MMLogger.get_instance('names', log_file=str(path))
    try:
        warn(f'{NAME} is unreadable')
    finally:
        MMLogger._instance_dict.popitem()
        for handler in logger.handlers:
            handler.close()
    assert printable(NAME) == r'ger\udce4t.jpg'
    assert r'ger\udce4t.jpg is unreadable' in path.read_text('utf-8')
    assert 'Logging error' not in capfd.readouterr().err
