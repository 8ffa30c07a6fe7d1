"""Every way to run a trained network gives the same probabilities."""

import copy

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

from csgresnet_mm.apis.onnx_files import open_session, run_session
from csgresnet_mm.apis.run_images import build_dataset, read_pixels
from csgresnet_mm.apis.safe_config import model_as_data
from csgresnet_mm.apis.trained import load_trained, probabilities
from csgresnet_mm.layers import set_execution
from csgresnet_mm.programs.onnx_export import Options, export_onnx
from csgresnet_mm.programs.onnx_export.quantise import quantise, to_input
from csgresnet_mm.programs.onnx_export.speed import table, time_forms

pytestmark = pytest.mark.onnx


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    """The demo's network after some steps on its faces, and 64 faces."""
    root = tmp_path_factory.mktemp('demo')
    config = Config.fromfile('configs/csgresnet18_demo.py')
    for split in ('train', 'val', 'test'):
        dataset = config[f'{split}_dataloader'].dataset
        dataset.update(
            data_root=str(root / 'faces'), num_train=35, num_test=64
        )
    config.model.backbone.update(base_channels=16, stem_channels=16)
    config.model.head.in_channels = 32
    torch.manual_seed(0)
    model = MODELS.build(model_as_data(config))
    path = root / 'start.pth'
    names = ('Surprise', 'Fear', 'Disgust', 'Happiness', 'Sadness')
    classes = (*names, 'Anger', 'Neutral')
    meta = {'dataset_meta': {'classes': classes}}
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, path)
    trained = load_trained(config, path)
    pixels, labels = read_pixels(build_dataset(trained, 'train'))
    _train(trained.model, to_input(trained, Options(), pixels), labels)
    return trained


def _train(model, images, labels, steps=10):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), 0.02, momentum=0.9)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(x, mode='tensor'), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()


def test_eager_deployed_compiled_and_onnx_agree(demo, tmp_path):
    pixels, _ = read_pixels(build_dataset(demo, 'test'))
    images = to_input(demo, Options(), pixels)
    assert images.shape == (64, 3, 48, 48)
    x = torch.from_numpy(images)
    exact = copy.deepcopy(demo.model).double()
    set_execution(exact, 'dense')
    expected = probabilities(exact, x.double())
    assert expected.std(0).max() > 0.01  # not the same for all faces
    found = {'eager': probabilities(demo.model, x)}
    deployed = copy.deepcopy(demo.model)
    deployed.backbone.switch_to_deploy()
    found['deployed'] = probabilities(deployed, x)
    for name, model in (('eager', demo.model), ('deployed', deployed)):
        torch._dynamo.reset()
        compiled = torch.compile(model.backbone, fullgraph=True)
        with torch.no_grad():
            scores = model.head(model.neck(compiled(x)))
        found[f'{name}, compiled'] = scores.softmax(1)
    for form in ('dense', 'factorised'):
        out = tmp_path / f'{form}.onnx'
        export_onnx(demo, out, Options(form))
        scores = run_session(open_session(out), images)
        found[f'ONNX {form}'] = torch.from_numpy(scores)
    errors = {
        name: float((value.double() - expected).abs().max())
        for name, value in found.items()
    }
    assert len(errors) == 6
    assert max(errors.values()) <= 1e-5, errors


def test_int8_is_smaller_and_about_as_right(demo, tmp_path):
    source, out = tmp_path / 'a.onnx', tmp_path / 'a.int8.onnx'
    options = Options(normalisation=True, input_type='uint8')
    export_onnx(demo, source, options)
    cost = quantise(demo, source, out, options, 21)
    assert (cost.calibrated, cost.images) == (21, 64)
    assert abs(cost.after - cost.before) < 10
    assert out.stat().st_size < 0.5 * source.stat().st_size
    pixels, _ = read_pixels(build_dataset(demo, 'test'))
    images = to_input(demo, options, pixels)
    before = run_session(open_session(source), images)
    after = run_session(open_session(out), images)
    error = np.abs(after - before)
    assert 0 < error.max() < 0.2
    with pytest.raises(ValueError, match="form='factorised' cannot"):
        quantise(demo, source, out, Options('factorised'))


def test_times_stand_beside_dense(demo, tmp_path):
    source, int8 = tmp_path / 'a.onnx', tmp_path / 'a.int8.onnx'
    options = Options(normalisation=True, input_type='uint8')
    export_onnx(demo, source, options)
    quantise(demo, source, int8, options, 7)
    rows = time_forms(
        demo, int8, options, batches=(1, 2), rounds=1, least_ms=1
    )
    names = ['onnx dense', 'onnx factorised', 'onnx int8', 'torch deployed']
    assert [(row.batch, row.name) for row in rows] == [
        (batch, name) for batch in (1, 2) for name in names
    ]
    for row in rows:
        dense = next(r for r in rows if r.batch == row.batch)
        assert row.ratio == row.milliseconds / dense.milliseconds
    assert table(rows).count('\n') == 9
