"""The picture of a data set shows what its pipeline gives, and names it."""

import cv2
import matplotlib
import matplotlib.pyplot as plt
import mmcv
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample

from csgresnet_mm.apis.rgb import to_rgb
from csgresnet_mm.programs.browse import browse, caption, main

matplotlib.use('agg')
CLASSES = ('cat', 'dog', 'owl')
CONFIG = """
train_dataloader = dict(dataset=dict(
    type='CustomDataset',
    data_root='{root}',
    with_label=True,
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(8, 8)),
        dict(type='RandomFlip', prob=0.5),
        dict(type='PackInputs'),
    ]))
"""


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close('all')


@pytest.fixture
def config(tmp_path):
    """Three classes of four images: red on the left, blue on the right."""
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, :4, 2] = image[:, 4:, 0] = 200  # BGR
    for name in CLASSES:
        for index in range(4):
            path = tmp_path / 'images' / name / f'{index}.png'
            mmcv.imwrite(image, str(path))
    path = tmp_path / 'mine.py'
    path.write_text(CONFIG.replace('{root}', str(tmp_path / 'images')))
    return path


def titles(figure):
    return [axis.get_title() for axis in figure.axes]


def pictures(figure):
    return [axis.images[0].get_array() for axis in figure.axes]


def test_rows_are_images_of_all_classes_and_columns_draws(config, tmp_path):
    figure = browse(
        Config.fromfile(config), 'train', 3, 8, 0, tmp_path / 'a' / 'out.png'
    )
    names = titles(figure)
    assert len(names) == 24
    assert all(len(set(names[row : row + 8])) == 1 for row in (0, 8, 16))
    assert names == sorted(names)
    assert figure.get_suptitle() == 'mine, train: 12 images (CustomDataset)'
    corners = [tuple(picture[0, 0]) for picture in pictures(figure)]
    assert set(corners) == {(200, 0, 0), (0, 0, 200)}  # RGB, flipped or not
    drawn = cv2.imread(str(tmp_path / 'a' / 'out.png'))
    assert drawn.shape[0] > 300 and drawn.shape[1] > 300
    assert (drawn == (0, 0, 200)).all(axis=2).sum() > 1000
    assert [path.name for path in (tmp_path / 'a').iterdir()] == ['out.png']


def test_images_are_chosen_by_the_seed(config, tmp_path):
    def shown(seed):
        out = tmp_path / 'out.png'
        return titles(
            browse(Config.fromfile(config), 'train', 4, 1, seed, out)
        )

    assert shown(0) == shown(0)
    assert {name for seed in range(8) for name in shown(seed)} == set(CLASSES)
    assert len({tuple(shown(seed)) for seed in range(8)}) > 1


def test_a_small_set_has_a_row_an_image(config, tmp_path):
    figure = browse(
        Config.fromfile(config), 'train', 99, 1, 0, tmp_path / 'out.png'
    )
    assert titles(figure) == ['cat'] * 4 + ['dog'] * 4 + ['owl'] * 4


def test_the_same_seed_draws_the_same(config, tmp_path):
    out = tmp_path / 'out.png'
    read = Config.fromfile(config)

    def flips(seed):
        figure = browse(read, 'train', 2, 12, seed, out)
        return [int(picture[0, 0, 0]) for picture in pictures(figure)]

    assert flips(1) == flips(1) != flips(2)


def test_the_command_line_writes_and_says_so(config, tmp_path, capsys):
    open_before = plt.get_fignums()
    out = tmp_path / 'drawn.png'
    options = ['--number', '2', '--draws', '1', '--out', str(out)]
    main(
        [
            str(config),
            *options,
            '--cfg-options',
            'train_dataloader.dataset.pipeline.1.scale=(5,5)',
        ]
    )
    assert capsys.readouterr().out == f'saved {out}\n'
    assert out.is_file()
    assert plt.get_fignums() == open_before


def test_the_picture_lies_beside_by_default(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main([str(config), '--number', '1', '--draws', '1'])
    assert (tmp_path / 'browse' / 'mine-train.png').is_file()


def test_a_missing_split_is_reported(config, tmp_path):
    with pytest.raises(KeyError, match='mine.py: no val_dataloader'):
        main([str(config), '--split', 'val'])


@pytest.mark.parametrize('option', ['--number', '--draws'])
def test_no_image_at_all_is_refused(config, capsys, option):
    with pytest.raises(SystemExit):
        main([str(config), option, '0'])
    assert f'{option} is 0, 1 is the least' in capsys.readouterr().err


def test_a_failed_drawing_leaves_nothing(config, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError('disk full')

    monkeypatch.setattr(matplotlib.figure.Figure, 'savefig', fail)
    out = tmp_path / 'out' / 'a.png'
    with pytest.raises(OSError, match='disk full'):
        main([str(config), '--out', str(out)])
    assert list(out.parent.iterdir()) == []


def test_blue_green_red_becomes_red_green_blue():
    inputs = torch.tensor([10, 20, 30], dtype=torch.uint8).reshape(3, 1, 1)
    assert to_rgb(inputs).tolist() == [[[30, 20, 10]]]


def test_one_channel_is_grey():
    inputs = torch.tensor([[[10, 20]]], dtype=torch.uint8)
    assert to_rgb(inputs).tolist() == [[[10] * 3, [20] * 3]]


@pytest.mark.parametrize(
    ('low', 'high', 'expected'),
    [(-2.0, 2.0, (0, 255)), (0.0, 1.0, (0, 255)), (3.0, 250.4, (3, 250))],
)
def test_floats_are_stretched_unless_they_are_pixels(low, high, expected):
    found = to_rgb(torch.tensor([[[low, high]]]))[0, :, 0].tolist()
    assert tuple(found) == expected


def test_another_shape_is_reported():
    with pytest.raises(ValueError, match=r'\(2, 4, 4\)'):
        to_rgb(torch.zeros(2, 4, 4))


def test_captions_name_labels_and_soft_labels():
    soft = DataSample().set_gt_label(2)
    soft.set_gt_score(torch.tensor([0.3, 0.0, 0.7]))
    assert caption(soft, CLASSES) == 'owl 0.70\ncat 0.30'
    assert caption(DataSample().set_gt_label(1), CLASSES) == 'dog'
    assert caption(DataSample().set_gt_label(1), None) == '1'
    assert caption(DataSample(), CLASSES) == 'no label'
