"""The one owner of what a tool says when it cannot go on."""

import logging

import pytest

from csgresnet_mm import program
from csgresnet_mm.datasets import DatasetError
from csgresnet_mm.engine.safe_loading import UnsafeCheckpointError


def wrapped(error):
    """As MMEngine's registries raise what a class raised."""
    try:
        raise error
    except type(error) as inner:
        text = f'class `RAFDB` in csgresnet_mm/datasets/rafdb.py: {inner}'
        try:
            raise type(error)(text)
        except type(error) as outer:
            return outer


@pytest.mark.parametrize(
    ('error', 'line'),
    [
        (ValueError('a\n    b'), 'a b'),
        (DatasetError('x/y: empty'), 'x/y: empty'),
        (wrapped(DatasetError('x/y: empty')), 'x/y: empty'),
        (UnsafeCheckpointError('x.pth was refused'), 'x.pth was refused'),
        (
            FileNotFoundError(2, 'No such file', 'x'),
            "[Errno 2] No such file: 'x'",
        ),
        (
            KeyError('RAFBD is not in the dataset registry'),
            'RAFBD is not in the dataset registry',
        ),
        (KeyError('model'), 'KeyError: model'),
        (KeyError(), 'KeyError'),
        (TypeError('bad'), 'TypeError: bad'),
        (AssertionError(), 'AssertionError'),
        (
            ModuleNotFoundError("No module named 'onnx'", name='onnx.x'),
            "No module named 'onnx': pip install 'csgresnet_mm[onnx]'",
        ),
        (
            ModuleNotFoundError("No module named 'q'", name='q'),
            "No module named 'q'",
        ),
    ],
)
def test_an_error_is_one_line(error, line):
    assert program.describe(error) == line


def test_a_refusal_ends_with_2(capsys):
    @program.command
    def main():
        raise ValueError('no')

    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr() == ('', 'error: no\n')


def test_what_nobody_meant_says_where_to_look(capsys):
    @program.command
    def main():
        raise ZeroDivisionError('x')

    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert said.startswith('error: ZeroDivisionError: x (--traceback shows')


def test_an_interruption_is_a_word(capsys):
    @program.command
    def main():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr().err == 'interrupted\n'


def test_a_code_and_an_end_pass_through():
    assert program.command(lambda: 1)() == 1

    @program.command
    def stopped():
        raise SystemExit(143)

    with pytest.raises(SystemExit) as end:
        stopped()
    assert end.value.code == 143


@pytest.mark.parametrize(
    ('text', 'longest', 'shown'),
    [
        ('Epoch(train) [1]', 15, True),
        ('"FileClient" will be deprecated in future', None, False),
        ('"HardDiskBackend" is the alias of', None, False),
        ('\n'.join('x' * 40), 15, False),
        ('\n'.join('x' * 40), None, True),
    ],
)
def test_E5_noise_and_long_records_are_left_out(text, longest, shown):
    record = logging.LogRecord('x', logging.INFO, '', 0, text, (), None)
    assert program.Quiet(longest).filter(record) is shown


def test_E5_noise_is_left_out_and_the_rest_stays(capsys):
    with program._quiet():
        print('Could not import OneDL')
        print('another line')
    assert capsys.readouterr().out == 'another line\n'
