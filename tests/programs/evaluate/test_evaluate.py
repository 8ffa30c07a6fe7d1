"""The page about a run."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.evaluation import Accuracy, SingleLabelMetric
from mmpretrain.registry import MODELS

from csgresnet_mm.apis.run_folder import read_history
from csgresnet_mm.apis.safe_config import model_as_data
from csgresnet_mm.datasets import errors
from csgresnet_mm.evaluation import Predictions
from csgresnet_mm.programs.evaluate import cli
from csgresnet_mm.programs.evaluate.cli import main
from csgresnet_mm.programs.evaluate.page import worst_mistakes
from tests.apis.small_run import small_config
from tests.evaluation.made import from_pairs

CLASSES = ('anger', 'calm', 'fear', 'joy', 'other')
PICTURES = {'confusion', 'by_class', 'reliability', 'curves'}


def write_faces(place, classes=CLASSES, count=6):
    rng = np.random.default_rng(len(classes))  # others in each split
    for name in classes:
        (place / name).mkdir(parents=True)
        for number in range(count):
            image = rng.integers(0, 256, (36, 36, 3), dtype=np.uint8)
            assert cv2.imwrite(f'{place}/{name}/{number}.png', image)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run's folder, of a narrow network that knows nothing."""
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))
    # MMEngine's logger keeps the stream of the test that made it
    monkeypatch.setattr(errors, 'print_log', lambda *args, **kwargs: None)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / 'run'
    folder.mkdir()
    write_faces(tmp_path / 'faces/train')
    write_faces(tmp_path / 'faces/test', CLASSES[:4])
    config = small_config(base_channels=8)
    # no Resize: what the page needs is less than what a packed network does
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='CenterCrop', crop_size=32),
        dict(type='PackInputs'),
    ]
    for split in ('train', 'val', 'test'):
        config[f'{split}_dataloader'] = dict(
            dataset=dict(
                type='OwnFolders',
                data_root=str(tmp_path / 'faces'),
                split=split,
                pipeline=pipeline,
            )
        )
    config.dump(folder / 'mine.py')
    torch.manual_seed(0)
    model = MODELS.build(model_as_data(Config.fromfile(folder / 'mine.py')))
    meta = {'dataset_meta': {'classes': CLASSES}, 'epoch': 7}
    state = {'state_dict': model.state_dict(), 'meta': meta}
    torch.save(state, folder / 'epoch_7.pth')
    (folder / 'last_checkpoint').write_text('/moved/epoch_7.pth')
    return folder


def write_log(folder, name, lines):
    path = folder / name / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(map(json.dumps, lines)) + '\n')


LOG = [
    dict(loss=2.0, epoch=1, iter=5, step=5),
    dict(loss=1.0, epoch=1, iter=10, step=10),
    {'accuracy/top1': 30.0, 'step': 1},
    dict(loss=0.5, epoch=2, iter=15, step=15),
    {'accuracy/top1': 50.0, 'step': 2},
]


def test_the_page_of_a_run(run, capsys):
    write_log(run, '20260101_000000', LOG)
    main([str(run)])
    out = run / 'evaluation-test'
    assert {path.name for path in out.iterdir()} == {
        'evaluation.html',
        'evaluation.md',
        'figures.json',
        'predictions.npz',
        *(f'{name}.{kind}' for name in PICTURES for kind in ('png', 'svg')),
    }
    made = Predictions.load(out / 'predictions.npz')
    assert len(made) == 24
    text = (out / 'evaluation.md').read_text()
    accuracy = float(Accuracy.calculate(made.given, made.labels))
    assert f'| Accuracy, % | {accuracy:.2f} |' in text
    assert f'accuracy {accuracy:.2f} %' in capsys.readouterr().out
    precision, recall, f1, images = (
        values.tolist()
        for values in SingleLabelMetric.calculate(
            made.given, made.labels, num_classes=5, average=None
        )
    )
    for k in range(4):
        given = (made.given == k).any()
        row = f'| {CLASSES[k]} | {images[k]} | {recall[k]:.1f} | '
        row += f'{precision[k]:.1f} |' if given else '- |'
        assert row in text
    # E9: no image of 'other'
    mean = sum(recall[:4]) / 4
    assert f'| Mean class accuracy, % | {mean:.2f} |' in text
    assert 'Classes without images, left out of the means: other.' in text
    assert '| other | 0 | - |' in text
    assert '| Epoch | 7 |' in text
    assert 'The network is ' in text and 'Expected calibration error' in text
    assert '24 mistakes' in text or ' mistakes: those of which' in text


def test_the_html_needs_nothing_else(run):
    main([str(run)])
    out = run / 'evaluation-test'
    page = (out / 'evaluation.html').read_text()
    assert 'http' not in page
    pictures = re.findall(r'<img src="([^"]+)"', page)
    assert set(pictures) == {f'{x}.png' for x in PICTURES - {'curves'}}
    assert all((out / name).is_file() for name in pictures)
    assert 'No log of training by epochs' in page
    figures = json.loads((out / 'figures.json').read_text())
    assert figures['n'] == 24 and figures['class_recall'][4] is None


def test_of_a_checkpoint_and_a_config(run, tmp_path):
    out = tmp_path / 'there' / 'page'
    config = (run / 'mine.py').rename(tmp_path / 'elsewhere.py')
    arguments = [run / 'epoch_7.pth', '--config', config, '--out', out]
    main([*map(str, arguments), '--split', 'train'])
    text = (out / 'evaluation.md').read_text()
    assert text.startswith('# elsewhere: train\n')
    assert '| Images | 30 |' in text
    assert not (out / 'mistakes.png').exists()


def test_a_sheet_only_where_asked(run):
    main([str(run), '--sheet', '--worst', '3'])
    out = run / 'evaluation-test'
    image = cv2.imread(str(out / 'mistakes.png'))
    assert image.shape[0] > 112 and image.shape[1] > 3 * 112
    text = (out / 'evaluation.md').read_text()
    assert '(mistakes.png)' in text
    assert re.search(r'3 of \d+ mistakes', text)
    main([str(run)])
    assert not (out / 'mistakes.png').exists()


@pytest.fixture
def audit(run, tmp_path):
    """What the real tool writes where it writes it by default."""
    from csgresnet_mm.programs.audit.cli import main as check

    data = (tmp_path / 'faces/train/calm/0.png').read_bytes()
    (tmp_path / 'faces/test/calm/0.png').write_bytes(data)
    assert check([str(run / 'mine.py'), '--workers', '0']) == 1
    return tmp_path / 'work_dirs/check_dataset/mine/report.json'


def test_twins_are_kept_apart_where_the_audit_was_made(run, audit):
    main([str(run)])
    text = (run / 'evaluation-test' / 'evaluation.md').read_text()
    assert 'By work\\_dirs/check\\_dataset/mine/report.json.' in text
    assert re.search(r'\| with a copy \| 1 \|', text)
    assert re.search(r'\| without \| 23 \|', text)
    audit.rename(run / 'other.json')
    main([str(run), '--leaks', str(run / 'other.json')])
    assert (
        'with a copy | 1 |'
        in (run / 'evaluation-test' / 'evaluation.md').read_text()
    )


def test_an_audit_of_other_data_is_of_no_use(run, audit, capsys):
    (run.parent / 'faces/test/joy/0.png').unlink()
    main([str(run)])
    text = (run / 'evaluation-test' / 'evaluation.md').read_text()
    assert 'was found, but is of no use: ' in text and 'with a copy' in text
    with pytest.raises(SystemExit) as error:
        main([str(run), '--leaks', str(audit)])
    assert error.value.code == 2
    assert 'expected the 23 of the predictions' in capsys.readouterr().err


def test_no_audit_is_reported(run):
    main([str(run)])
    page = (run / 'evaluation-test' / 'evaluation.html').read_text()
    assert 'Not known: the data were not audited' in page


def test_what_is_interrupted_leaves_the_old_page(run, monkeypatch):
    main([str(run)])
    out = run / 'evaluation-test'
    before = {path: path.read_bytes() for path in out.iterdir()}

    def fail(blocks):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, 'to_markdown', fail)
    with pytest.raises(SystemExit) as stopped:
        main([str(run)])
    assert stopped.value.code == 130
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(p.name for p in run.iterdir()) == [
        'epoch_7.pth',
        'evaluation-test',
        'last_checkpoint',
        'mine.py',
    ]


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['nowhere'], 'nowhere: no such file or folder; expected the'),
        (['run', '--checkpoint', 'no.pth'], 'no.pth'),
        (['run', '--out', 'faces'], 'faces: is there already and holds no'),
        (['faces'], 'faces: no config (*.py) is there'),
        (['run', '--leaks', 'run/mine.py'], 'not JSON'),
        (['run', '--worst', '0'], '--worst 0: expected at least 1'),
        (['run', '--split', 'dev'], "invalid choice: 'dev'"),
    ],
)
def test_mistakes_are_one_line(run, arguments, said, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert said in message and 'Traceback' not in message


def test_other_classes_than_the_networks_are_refused(run, tmp_path, capsys):
    (tmp_path / 'faces/train/other').rename(tmp_path / 'faces/train/zeal')
    with pytest.raises(SystemExit):
        main([str(run)])
    assert "expected those of the network, ('anger'" in capsys.readouterr().err


def test_the_surest_mistakes_come_first():
    made = from_pairs([(0, 0), (0, 1), (1, 0), (1, 2)], 3)
    made.scores[3] = (0.02, 0.01, 0.97)
    made.scores[1] = (0.2, 0.7, 0.1)
    assert worst_mistakes(made, 10).tolist() == [3, 2, 1]
    assert worst_mistakes(made, 1).tolist() == [3]


def test_of_an_epoch_that_was_trained_again_the_last_log_counts(tmp_path):
    write_log(tmp_path, '20260101_000000', LOG)
    again = [
        dict(loss=0.25, epoch=2, iter=15, step=15),
        {'accuracy/top1': 75.0, 'step': 2},
        dict(loss=0.1, epoch=3, iter=20, step=20),
    ]
    write_log(tmp_path, '20260102_000000', again)
    assert read_history(tmp_path, 'val') == [
        dict(epoch=1, split='val', loss=1.5, top1=30.0),
        dict(epoch=2, split='val', loss=0.25, top1=75.0),
        dict(epoch=3, split='val', loss=0.1),
    ]


def test_a_log_that_is_none(tmp_path):
    write_log(tmp_path, 'a', LOG[:1])
    path = tmp_path / 'a' / 'vis_data' / 'scalars.json'
    path.write_text(path.read_text() + '{"loss":\n')
    with pytest.raises(ValueError, match=r'scalars\.json, line 2: '):
        read_history(tmp_path, 'val')
