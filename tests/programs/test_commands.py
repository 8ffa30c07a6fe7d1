"""What is wrong with a file is reported in a line, by every command."""

import pytest
import torch
from mmengine.config import Config

from csgresnet_mm.apis.config_data.input_size import (
    check_input_size,
    find_input_size,
)
from csgresnet_mm.apis.predictor import cli as predictor
from csgresnet_mm.apis.trained import MismatchError
from csgresnet_mm.programs.app import cli as app
from csgresnet_mm.programs.convert import cli as convert
from csgresnet_mm.programs.convert import plain
from csgresnet_mm.programs.model_card import cli as model_card
from csgresnet_mm.programs.onnx_export import cli as onnx_export
from tests.apis.small_run import write_run


@pytest.fixture
def run(tmp_path):
    config, checkpoint = write_run(tmp_path, 1)
    config.dump(tmp_path / 'config.py')
    (tmp_path / 'last_checkpoint').write_text(str(checkpoint))
    return tmp_path


def commands(run):
    """Each command on the run, and what names its errors."""
    config, checkpoint = str(run / 'config.py'), str(run / 'epoch_1.pth')
    weights = ['--weights', checkpoint, '--config', config]
    return {
        'convert': (
            convert.main,
            ['plain', config, checkpoint, str(run / 'out')],
        ),
        'export': (onnx_export.main, [config, checkpoint, str(run / 'out')]),
        'card': (model_card.main, [str(run)]),
        'predict': (predictor.main, [str(run / 'photo.png'), *weights]),
        'app': (app.main, weights),
    }


@pytest.mark.parametrize(
    'name', ['convert', 'export', 'card', 'predict', 'app']
)
def test_a_hostile_checkpoint_is_a_line(name, run, capsys, monkeypatch):
    class Payload:
        def __reduce__(self):
            return (run.joinpath('ran').touch, ())

    torch.save({'state_dict': {}, 'x': Payload()}, run / 'epoch_1.pth')
    (run / 'photo.png').write_bytes(b'')
    monkeypatch.setattr(app, 'import_gradio', lambda: None)
    before = sorted(run.rglob('*'))
    main, arguments = commands(run)[name]
    try:
        failed = main(arguments)
    except SystemExit as error:
        failed = error.code
    assert failed in (1, 2)
    message = capsys.readouterr().err
    assert 'epoch_1.pth was refused' in message and 'Traceback' not in message
    assert sorted(run.rglob('*')) == before


def test_another_output_is_a_line(run, capsys, monkeypatch):
    monkeypatch.setattr(plain, 'TOLERANCE', -1.0)
    main, arguments = commands(run)['convert']
    with pytest.raises(SystemExit):
        main(arguments)
    assert 'the plain network differs by' in capsys.readouterr().err
    assert not (run / 'out').exists()
    assert issubclass(MismatchError, RuntimeError)


def test_a_checkpoint_is_not_written_over(run, capsys):
    path = run / 'epoch_1.pth'
    before = path.read_bytes()
    with pytest.raises(SystemExit):
        convert.main(['plain', str(run / 'config.py'), str(path), str(path)])
    assert 'is the checkpoint itself' in capsys.readouterr().err
    assert path.read_bytes() == before


def test_what_cannot_be_quantised_is_refused_first(run, capsys, monkeypatch):
    def export(*arguments):
        raise AssertionError('written')

    monkeypatch.setattr(onnx_export, 'export_onnx', export)
    main, arguments = commands(run)['export']
    with pytest.raises(SystemExit):
        main([*arguments, '--form', 'factorised', '--int8'])
    assert "form='factorised' cannot be quantised" in capsys.readouterr().err


@pytest.mark.parametrize(
    ('weights', 'said'),
    [
        ('.', 'is a folder; expected a file of weights'),
        ('epoch_1.pth', 'needs the config of its run: give it (--config)'),
        ('plain.pth', 'is the plain form, for torch alone'),
    ],
)
def test_E6_weights_are_reported_in_words_of_the_command_line(
    run, capsys, weights, said
):
    (run / 'photo.png').write_bytes(b'')
    main, arguments = commands(run)['convert']
    main([*arguments[:-1], str(run / 'plain.pth')])
    with pytest.raises(SystemExit) as end:
        predictor.main(
            [str(run / 'photo.png'), '--weights', str(run / weights)]
        )
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith('error: ') and said in message
    assert 'model=' not in message


def test_E6_a_plain_file_with_its_config_is_reported(run, capsys):
    main, arguments = commands(run)['convert']
    plain = str(run / 'plain.pth')
    main([*arguments[:-1], plain])
    with pytest.raises(SystemExit):
        main(['pack', str(run / 'config.py'), plain, str(run / 'x')])
    assert 'is the plain form' in capsys.readouterr().err


def test_T9_a_checkpoint_of_another_size_is_refused(run, capsys):
    path = run / 'epoch_1.pth'
    config = Config.fromfile(run / 'config.py')
    saved = torch.load(path, weights_only=False)
    now = find_input_size(config)
    size = 48 if now != (48, 48) else 40
    text = config.pretty_text.replace(f'{now[0]}', f'{size}')
    saved['meta']['cfg'] = text
    torch.save(saved, path)
    main, arguments = commands(run)['export']
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert f'test images are {size}x{size}; those of this config' in message
    assert f'{now[0]}x{now[1]}' in message


@pytest.mark.parametrize(
    'text',
    [
        'open("ran", "w")',
        'test_dataloader = dict(dataset=open("ran", "w"))',
        'test_dataloader = dict(',
        'test_dataloader = dict(dataset=dict(pipeline=7))',
        'test_dataloader = ' + '(' * 9999,
        'x = 1',
    ],
)
def test_the_config_in_a_checkpoint_is_never_run(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    step = dict(type='Resize', scale=32)
    config = dict(test_dataloader=dict(dataset=dict(pipeline=[step])))
    check_input_size(config, {'cfg': text}, 'x.pth')
    assert not list(tmp_path.iterdir())
