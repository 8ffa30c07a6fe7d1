"""Controls on generated faces: what must be found, and what must not."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from mmengine.config import Config
from scipy import stats

from csgresnet_mm.apis.config_data.parts import open_parts
from csgresnet_mm.demo_faces import ensure_demo_faces
from csgresnet_mm.evaluation import Predictions, split_by_leak, summarise
from csgresnet_mm.programs.audit.cli import look_over
from csgresnet_mm.programs.audit.report import to_json
from csgresnet_mm.programs.audit.scan import scan
from tests.programs.audit.planting import encode_again

from .faces_run import build, faces, settings
from .made import make

SIZES = 140, 140
"""Training and test images: twenty a class."""
EPOCHS = 25
LIST = 'basic/EmoLabel/list_patition_label.txt'
IMAGES = 'basic/Image/aligned'


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / 'faces'
    return ensure_demo_faces(folder, num_train=SIZES[0], num_test=SIZES[1])


def train(root, work_dir):
    """Predictions for training and test images, after training."""
    found = {}
    config = settings(work_dir, EPOCHS, train=faces(root, 'train', SIZES))
    build(config).train()
    for split in ('train', 'test'):
        dataset = faces(root, split, SIZES, test_mode=True)
        config = settings(work_dir, EPOCHS, test=dataset)
        last = str(work_dir / f'epoch_{EPOCHS}.pth')
        build(config, load_from=last).test()
        found[split] = Predictions.load(work_dir / 'test.npz')
    return found['train'], found['test']


def read_list(root):
    lines = (root / LIST).read_text().splitlines()
    return [line.split() for line in lines]


def write_list(root, rows):
    (root / LIST).write_text('\n'.join(' '.join(row) for row in rows))


def plant_test_in_train(root, share=0.2, seed=0):
    """Copy test images, with their labels, into train; give their names.

    Every other copy is another JPEG of the same picture.
    """
    rows = read_list(root)
    test = [row for row in rows if row[0].startswith('test_')]
    rng = np.random.default_rng(seed)
    chosen = sorted(
        rng.choice(len(test), round(share * len(test)), replace=False)
    )
    planted = []
    for number, place in enumerate(chosen):
        name, label = test[place]
        source = name.replace('.jpg', '_aligned.jpg')
        copy = f'train_{SIZES[0] + 1 + number:05d}'
        data = (root / IMAGES / source).read_bytes()
        if number % 2:
            data, _ = encode_again(data, number)
        (root / IMAGES / f'{copy}_aligned.jpg').write_bytes(data)
        rows.append([f'{copy}.jpg', label])
        planted.append(source)
    write_list(root, rows)
    return planted


def audit(root, path):
    config = Config(
        {
            f'{split}_dataloader': dict(dataset=faces(root, split, SIZES))
            for split in ('train', 'test')
        }
    )
    parts = open_parts(config, None)
    path.write_text(to_json(look_over(parts, scan(parts, 0)), {}))


def test_permuted_labels_of_test_give_chance():
    """The mean over all permutations is sum of p_k q_k, exactly."""
    made = make(300, sharpness=3)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        shuffled = Predictions(
            made.scores,
            rng.permutation(made.labels),
            made.names,
            made.classes,
        )
        found.append(summarise(shuffled).accuracy)
    true, given = (
        np.bincount(x, minlength=5) / 300 for x in (made.labels, made.given)
    )
    expected = 100 * float(true @ given)
    assert summarise(made).accuracy > expected + 50
    error = np.std(found) / 400**0.5
    assert abs(np.mean(found) - expected) < 4 * error


@pytest.mark.slow
def test_a_network_trained_on_permuted_labels_is_at_chance(root, tmp_path):
    rows = read_list(root)
    labels = [label for name, label in rows if name.startswith('train_')]
    rng = np.random.default_rng(0)
    shuffled = [*rng.permutation(labels)]
    write_list(
        root,
        [
            [name, shuffled.pop() if name.startswith('train_') else label]
            for name, label in rows
        ],
    )
    seen, test = map(summarise, train(root, tmp_path / 'run'))
    print(f'train {seen.accuracy:.1f} %, test {test.accuracy:.1f} %')
    assert seen.accuracy > 95  # it learned them by heart
    low, high = stats.binom(SIZES[1], 1 / 7).ppf([0.0005, 0.9995])
    assert low <= test.accuracy / 100 * SIZES[1] <= high


@pytest.mark.slow
def test_planted_test_images_are_named_and_inflate(root, tmp_path):
    clean_root = tmp_path / 'clean'
    shutil.copytree(root, clean_root)
    planted = plant_test_in_train(root)
    audit(root, tmp_path / 'report.json')
    seen, test = train(root, tmp_path / 'run')
    found = split_by_leak(test, tmp_path / 'report.json')
    names = {name.rpartition('/')[2] for name in found.leaked.names}
    print(
        f'train {summarise(seen).accuracy:.1f} %, leaked '
        f'{found.leaked.accuracy:.1f} % {found.leaked.interval}, clean '
        f'{found.clean.accuracy:.1f} % {found.clean.interval}'
    )
    assert names == set(planted)
    assert len(planted) == 28
    assert summarise(seen).accuracy > 95
    assert found.clean.accuracy < 80
    assert found.difference > 10
    # without them in train the same images are no easier than the others
    _, fair = train(clean_root, tmp_path / 'fair')
    same = split_by_leak(fair, tmp_path / 'report.json')
    print(f'not leaked: {same.difference:+.1f} points')
    assert same.difference < found.difference - 10
