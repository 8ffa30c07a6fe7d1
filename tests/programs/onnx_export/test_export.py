"""ONNX files: the network's own outputs, and what the file says."""

import json

import numpy as np
import pytest
import torch

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.onnx_files import EXPORT_KEY, open_session, run_session
from csgresnet_mm.apis.safetensors_model import INFO_KEY
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.programs.onnx_export import Options, export, export_onnx
from csgresnet_mm.programs.onnx_export.cli import main
from tests.apis.small_run import CLASSES, write_run
from tests.programs.onnx_export.counting import count_multiply_adds, load

pytestmark = pytest.mark.onnx


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    return load_trained(*write_run(tmp_path_factory.mktemp('run')))


def metadata(path):
    return {e.key: e.value for e in load(path.read_bytes()).metadata_props}


def expected(trained, x):
    with torch.no_grad():
        return trained.model(x, mode='tensor').softmax(1).numpy()


@pytest.mark.parametrize('form', ['dense', 'factorised'])
def test_one_file_with_dynamic_batch(form, trained, tmp_path):
    out = tmp_path / 'model.onnx'
    assert export_onnx(trained, out, Options(form)) <= 1e-5
    assert [p.name for p in tmp_path.iterdir()] == ['model.onnx']
    session = open_session(out)
    for batch in (1, 5, 64):
        x = torch.randn(batch, 3, 32, 32)
        found = run_session(session, x.numpy())
        wanted = expected(trained, x)
        assert np.abs(found - wanted).max() <= 1e-5
    assert wanted.std(0).max() > 1e-2  # they differ between images
    (entry,) = load(out.read_bytes()).opset_import
    assert session.get_inputs()[0].shape == ['batch', 3, 32, 32]
    assert session.get_outputs()[0].shape == ['batch', 5]
    info = metadata(out)
    assert entry.version == 18
    assert ModelInfo.from_json(info[INFO_KEY]) == trained.info
    assert json.loads(info[EXPORT_KEY]) == {
        'form': form,
        'normalisation': False,
        'input_type': 'float32',
        'output': 'probabilities',
        'opset': 18,
        'int8': False,
    }


def test_factorised_needs_fewer_multiplications(trained, tmp_path):
    counted = {}
    for form in ('dense', 'factorised'):
        content = export.to_onnx(trained, Options(form))
        counted[form] = count_multiply_adds(load(content))
    dense, factorised = counted.values()
    assert 0 < factorised < 0.6 * dense


@pytest.mark.parametrize('to_rgb', [True, False])
@pytest.mark.parametrize('input_type', ['uint8', 'float32'])
def test_pixels_in_rgb_order_go_in(input_type, to_rgb, tmp_path):
    config, checkpoint = write_run(tmp_path)
    config.data_preprocessor.to_rgb = to_rgb
    trained = load_trained(config, checkpoint)
    out = tmp_path / 'model.onnx'
    options = Options(normalisation=True, input_type=input_type)
    export_onnx(trained, out, options)
    bgr = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    # as MMPretrain feeds the network, which reads images blue first
    x = trained.model.data_preprocessor({'inputs': bgr})['inputs']
    images = bgr.flip(1).numpy().astype(input_type)
    found = run_session(open_session(out), images)
    assert np.abs(found - expected(trained, x)).max() <= 1e-5


def test_grey_and_logits(tmp_path):
    trained = load_trained(*write_run(tmp_path, in_channels=1))
    out = tmp_path / 'model.onnx'
    export_onnx(trained, out, Options(logits=True))
    x = torch.randn(3, 1, 32, 32)
    with torch.no_grad():
        wanted = trained.model(x, mode='tensor').numpy()
    found = run_session(open_session(out), x.numpy())
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    assert json.loads(metadata(out)[EXPORT_KEY])['output'] == 'logits'


def test_a_mismatch_leaves_no_file(trained, tmp_path, monkeypatch):
    real = export.ExportedNetwork.forward

    def wrong(self, images):
        return real(self, images) + 1e-4

    monkeypatch.setattr(export.ExportedNetwork, 'forward', wrong)
    out = tmp_path / 'model.onnx'
    with pytest.raises(RuntimeError, match=r'not written: .* by 1\.0e-04'):
        export_onnx(trained, out, Options())
    assert not list(tmp_path.iterdir())


def test_resnet_exports_dense_alone(tmp_path):
    trained = load_trained(*write_run(tmp_path, type='ResNet'))
    assert export_onnx(trained, tmp_path / 'a.onnx', Options()) <= 1e-5
    with pytest.raises(ValueError, match='no Gabor convolution'):
        export_onnx(trained, tmp_path / 'b.onnx', Options('factorised'))


def test_options_are_checked():
    with pytest.raises(ValueError, match='needs normalisation=True'):
        Options(input_type='uint8')
    with pytest.raises(ValueError, match="input_type='int8' must be one"):
        Options(normalisation=True, input_type='int8')


def test_command_line(tmp_path, capsys):
    config, checkpoint = write_run(tmp_path)
    config.dump(tmp_path / 'config.py')
    main([str(tmp_path / 'config.py'), str(checkpoint), '--rounds', '1'])
    output = capsys.readouterr().out
    assert f'Wrote {tmp_path / "epoch_1.onnx"}' in output
    assert ', '.join(CLASSES) in output
    with pytest.raises(SystemExit):
        main([str(tmp_path / 'config.py'), str(tmp_path / 'none.pth')])
    assert 'none.pth: no such checkpoint' in capsys.readouterr().err
