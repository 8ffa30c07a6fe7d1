"""What is wrong with a file is told in a line, by every command."""

import pytest
import torch

from csgresnet_mm.apis.convert import cli as convert
from csgresnet_mm.apis.convert import plain
from csgresnet_mm.apis.model_card import cli as model_card
from csgresnet_mm.apis.onnx_export import cli as onnx_export
from csgresnet_mm.apis.page import app
from csgresnet_mm.apis.predictor import cli as predictor
from csgresnet_mm.apis.trained import MismatchError
from tests.apis.small_run import write_run


@pytest.fixture
def run(tmp_path):
    config, checkpoint = write_run(tmp_path, 1)
    config.dump(tmp_path / 'config.py')
    (tmp_path / 'last_checkpoint').write_text(str(checkpoint))
    return tmp_path


def commands(run):
    """Each command on the run, and what tells its errors."""
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
        'page': (app.main, weights),
    }


@pytest.mark.parametrize(
    'name', ['convert', 'export', 'card', 'predict', 'page']
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
    told = capsys.readouterr().err
    assert 'epoch_1.pth was refused' in told and 'Traceback' not in told
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
