"""The card of a run: what it says, and where its figures come from."""

import re
import shutil

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

from csgresnet_mm.apis.run_images import predict_split
from csgresnet_mm.apis.safe_config import model_as_data
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.datasets import RAFDB
from csgresnet_mm.evaluation import Predictions
from csgresnet_mm.programs.model_card.cli import main
from csgresnet_mm.programs.model_card.groups import find_groups

CLASSES = tuple(RAFDB.METAINFO['classes'])
PART = {'dataset': 'DemoFaces', 'split': 'train', 'images': 14}


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A work_dir of a narrow network on a few demo faces."""
    folder = tmp_path_factory.mktemp('run')
    config = Config.fromfile('configs/csgresnet18_demo.py')
    for split in ('train', 'val', 'test'):
        config[f'{split}_dataloader'].dataset.update(
            data_root=str(folder / 'faces'), num_train=14, num_test=21
        )
    config.model.backbone.update(base_channels=16, stem_channels=16)
    config.model.head.in_channels = 32
    torch.manual_seed(0)
    model = MODELS.build(model_as_data(config))
    config.dump(folder / 'config.py')
    parts = [{**PART, 'fingerprint': 'f00d'}]
    meta = {
        'dataset_meta': {'classes': CLASSES},
        'data_fingerprint': {'train': parts},
        'epoch': 3,
    }
    checkpoint = folder / 'epoch_3.pth'
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, checkpoint)
    (folder / 'last_checkpoint').write_text(f'/moved/{checkpoint.name}')
    return folder


def make(folder, *arguments):
    main([str(folder), *map(str, arguments)])
    return (folder / 'MODEL_CARD.md').read_text()


def test_untested_run_is_tested(run):
    text = make(run)
    found = predict_split(
        load_trained(run / 'config.py', run / 'epoch_3.pth'), 'test'
    )
    accuracy = np.mean(found.scores.argmax(1) == found.labels) * 100
    assert f'| Accuracy, % | {accuracy:.2f} |' in text
    assert '21 images of the test split, tested for this card' in text
    assert '**Synthetic.**' in text
    assert '| f00d |' in text
    assert 'epoch 3 of 20; seed 0' in text
    assert 'The test split was evaluated during training' in text
    assert 'Alignment of the faces: ' in text
    assert 'An expression is not an emotion' in text
    assert 'Not measured' in text
    for index, name in enumerate(CLASSES):
        assert f'| {index} | {name} |' in text
    assert re.search(r'Parameters \| [\d,]+ \|', text)
    dense, factorised = (
        int(number.replace(',', ''))
        for number in re.findall(r'Multiply-adds of.* ([\d,]+) \|', text)
    )
    assert factorised < 0.6 * dense
    assert '\n\n\n' not in text


def test_kept_predictions_are_used(run, tmp_path):
    for path in ('config.py', 'epoch_3.pth', 'last_checkpoint'):
        (tmp_path / path).write_bytes((run / path).read_bytes())
    labels = np.repeat(np.arange(7), 40)
    scores = np.eye(7, dtype=np.float32)[labels]
    scores[:70] = np.eye(7, dtype=np.float32)[6]  # the first 70 are wrong
    names = tuple(f'{i}.jpg' for i in range(280))
    kept = Predictions(scores, labels, names, CLASSES)
    kept.save(tmp_path / 'last.npz')
    kept.take(labels == 0).save(tmp_path / 'best.npz')
    text = make(tmp_path)
    assert '280 images of the test split, kept in last.npz' in text
    assert '| Accuracy, % | 75.00 |' in text
    assert '| Surprise | 40 | 0.0 | 0.0 to 8.8 |' in text  # Wilson
    assert '| Fear | 40 | 25.0 | 14.2 to 40.2 |' in text
    assert '| Surprise | 0 | 0 | 0 | 0 | 0 | 0 | 40 |' in text


@pytest.fixture
def annotations(run):
    """Where RAF-DB has what it knows of people; gone after the test."""
    folder = run / 'faces' / 'basic' / 'Annotation'
    yield folder / 'manual'
    shutil.rmtree(folder)


def test_groups_of_people(run, annotations):
    trained = load_trained(run / 'config.py', run / 'epoch_3.pth')
    predictions = predict_split(trained, 'test')  # draws the faces
    annotations.mkdir(parents=True)
    with pytest.raises(ValueError, match='_manu_attri.txt: no such file'):
        find_groups(predictions)
    for index, name in enumerate(predictions.names):
        stem = re.search(r'(test_\d+)_aligned', name)[1]
        codes = (index % 2, index % 3, 4)
        lines = ['1.0 2.0'] * 5 + [str(code) for code in codes]
        path = annotations / f'{stem}_manu_attri.txt'
        path.write_text('\n'.join(lines) + '\n')
    groups = find_groups(predictions)
    assert {k: [len(p) for p in v.values()] for k, v in groups.items()} == {
        'gender': [11, 10],
        'race': [7, 7, 7],
        'age': [21],
    }
    assert list(groups['gender']) == ['male', 'female']
    expected = predictions.names[1::2]
    assert groups['gender']['female'].names == expected
    assert '| age | 70+ | 21 |' in make(run)
    path.write_text('1.0 2.0\n' * 5 + '0\n3\n1\n')
    with pytest.raises(ValueError, match=r"txt, race: '3'; expected 0 to 2"):
        find_groups(predictions)
    path.write_text('1 2 3')
    with pytest.raises(ValueError, match='txt: 3 numbers; expected 13'):
        find_groups(predictions)


@pytest.mark.parametrize(
    ('files', 'message'),
    [
        ((), r'no config \(\*\.py\) is there'),
        (('a.py', 'b.py'), r'a\.py, b\.py are there; expected one config'),
        (('config.py',), 'neither weights.pth nor last_checkpoint'),
    ],
)
def test_incomplete_folders_are_named(files, message, tmp_path, capsys):
    for name in files:
        (tmp_path / name).write_text('model = dict()\n')
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert re.search(message, capsys.readouterr().err)
    with pytest.raises(SystemExit):
        main([str(tmp_path / 'none')])
    assert 'none: no such folder' in capsys.readouterr().err
