"""What a new user does wrong: each is told in a few lines, exit code 2."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain import get_model
from PIL import Image

from tests.tools.conftest import ROOT

CONFIGS = ROOT / 'configs'
RAFDB, CUSTOM = (CONFIGS / f'csgresnet18_{x}.py' for x in ('rafdb', 'custom'))
SMALL_FACES = CONFIGS / 'csgresnet18_fer2013-48px.py'
TRAIN = 'csgresnet_mm.programs.training.cli:train'
TEST = 'csgresnet_mm.programs.training.cli:test'
SMALL = [
    '--cfg-options',
    'train_cfg.max_epochs=1',
    *(
        f'{loader}_dataloader.{option}'
        for loader in ('train', 'val', 'test')
        for option in (
            'batch_size=4',
            'num_workers=0',
            'persistent_workers=False',
        )
    ),
]


def write_folders(root, names=('angry', 'happy', 'sad')):
    rng = np.random.default_rng(0)
    for name in names:
        (root / name).mkdir(parents=True)
        for index in range(4):
            pixels = rng.integers(0, 256, (24, 24, 3), np.uint8)
            Image.fromarray(pixels).save(root / name / f'{index}.png')


def write_split(root):
    for split in ('train', 'test'):
        write_folders(root / split)
    return root


def write_checkpoint(path, config, classes):
    config = Config.fromfile(config)
    config.model.head.num_classes = len(classes)
    model = get_model(config)
    meta = {'dataset_meta': {'classes': classes}}
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, path)
    return path


def unset(place):
    return TRAIN, [RAFDB], {}, ['RAFDB_ROOT is not set', 'data/RAF-DB']


def misspelt(place):
    given = {'RAFDB_RROT': str(place)}
    return TRAIN, [RAFDB], given, ['RAFDB_ROOT is not set, RAFDB_RROT is']


def wrong_root(place):
    root = str(place / 'RAF-BD')
    (place / 'RAF-DB').mkdir()
    said = [f'{root!r} does not exist', 'has RAF-DB', 'RAFDB_ROOT says so']
    return TRAIN, [RAFDB], {'RAFDB_ROOT': root}, said


def empty_root(place):
    given = {'RAFDB_ROOT': str(place)}
    return TRAIN, [RAFDB], given, [f'{place}', 'RAFDB_ROOT says so']


def too_deep(place):
    write_split(place / 'a' / 'b' / 'c' / 'mine')
    said = [f'{place}: no class folders found', 'CUSTOM_ROOT says so']
    return TRAIN, [CUSTOM], {'CUSTOM_ROOT': str(place)}, said


def wrong_count(place):
    given = {'CUSTOM_ROOT': str(write_split(place)), 'CUSTOM_CLASSES': '5'}
    said = ['CUSTOM_CLASSES=5, but', '3 class folders (angry, happy, sad)']
    return TRAIN, [CUSTOM], given, said


def no_number(place):
    given = {'CUSTOM_CLASSES': 'three'}
    return TRAIN, [CUSTOM], given, ["CUSTOM_CLASSES='three'; expected a whole"]


def config_typo(place):
    name = CONFIGS / 'csgresnet18_rafbd.py'
    said = [f'{name}: no such config', f'did you mean {RAFDB}?']
    return TRAIN, [name], {}, said


def checkpoint_typo(place):
    (place / 'epoch_150.pth').touch()
    path = place / 'epoch_15.pth'
    said = [f'{path}: no such checkpoint', f'{place} has epoch_150.pth']
    return TEST, [RAFDB, path], {}, said


def other_data(place):
    path = write_checkpoint(place / 'x.pth', CUSTOM, ('cat', 'dog', 'fish'))
    given = {'CUSTOM_ROOT': str(write_split(place / 'own'))}
    arguments = [CUSTOM, path, *SMALL]
    return TEST, arguments, given, ['0 cat, 1 dog', '0 angry, 1 happy']


def other_network(place):
    names = ('angry', 'happy', 'sad')
    resnet = CONFIGS / 'resnet18_rafdb.py'
    path = write_checkpoint(place / 'x.pth', resnet, names)
    given = {'CUSTOM_ROOT': str(write_split(place / 'own'))}
    return TEST, [CUSTOM, path, *SMALL], given, [str(path), 'does not fit']


def override(place):
    given = ['--cfg-options', 'train_cfg.max_epoch=3']
    said = ["no 'max_epoch' in train_cfg", 'did you mean train_cfg.max_epochs']
    return TRAIN, [RAFDB, *given], {}, said


def no_classes(place):
    write_folders(place)
    for folder in list(place.iterdir()):
        for path in folder.iterdir():
            path.rename(place / f'{folder.name}{path.name}')
        folder.rmdir()
    said = [f'{place}: no class folders found', 'CUSTOM_ROOT says so']
    return TRAIN, [CUSTOM], {'CUSTOM_ROOT': str(place)}, said


PLAIN = """
_base_ = r'{base}'
data = dict(
    _delete_=True,
    type='CustomDataset',
    data_root=_base_.data_root,
    data_prefix='train',
    pipeline=_base_.train_pipeline,
)
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
"""


def plain_folders(place):
    """The config of somebody who takes MMPretrain's class folders."""
    (place / 'plain.py').write_text(PLAIN.format(base=CUSTOM))
    return TRAIN, [place / 'plain.py'], {'CUSTOM_ROOT': str(place / 'own')}


def flat(place):
    write_folders(place / 'own')
    said = ['found angry, happy, sad', 'train/<class>', 'CUSTOM_ROOT says so']
    return *plain_folders(place), said


def notebook(place):
    root = write_split(place / 'own')
    for split in ('train', 'test'):
        (root / split / '.ipynb_checkpoints').mkdir()
    said = ['.ipynb_checkpoints would be a class', 'delete it']
    return *plain_folders(place), said


def unreadable(place):
    root = write_split(place)
    path = root / 'train' / 'sad' / '0.png'
    path.write_bytes(path.read_bytes()[:99])
    given = {'CUSTOM_ROOT': str(root)}
    return TRAIN, [CUSTOM, *SMALL], given, [str(path)]


def missing_extra(place):
    entry = 'csgresnet_mm.programs.audit.cli:main'
    said = ['ImageHash not found', 'pip install']
    return entry, [RAFDB], {'hidden': ['imagehash']}, said


MISTAKES = (
    unset, misspelt, wrong_root, empty_root, too_deep, wrong_count, no_number,
    config_typo, checkpoint_typo, other_data, other_network, override, flat,
    no_classes, notebook, unreadable, missing_extra,
)  # fmt: skip


@pytest.mark.parametrize('mistake', MISTAKES)
def test_E_a_new_users_mistake_is_told(tell, tmp_path, mistake):
    place = tmp_path / 'place'
    place.mkdir()
    entry, arguments, given, said = mistake(place)
    code, told = tell(entry, *arguments, **given)
    print(told)
    assert code == 2, told
    assert told.splitlines()[-1].startswith('error: ')
    assert len(told.splitlines()) <= 8
    assert 'Traceback' not in told
    for part in said:
        assert part in told


@pytest.mark.parametrize('mistake', [unset, config_typo])
def test_E5_a_process_prints_the_line_alone(tmp_path, mistake):
    entry, arguments, _, said = mistake(tmp_path)
    tool = ROOT / 'tools' / f'{entry.rpartition(":")[2]}.py'
    result = subprocess.run(
        [sys.executable, str(tool), *map(str, arguments)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stdout == ''
    (line,) = result.stderr.splitlines()
    assert line.startswith('error: ') and said[0] in line


def test_E_traceback_is_shown_where_it_is_asked_for(tell):
    code, told = tell(TRAIN, 'nothing.py', '--traceback')
    assert code == 2
    assert 'Traceback' in told
    assert told.splitlines()[-1].startswith('error: nothing.py: no such')


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ([], 'the following arguments are required: config'),
        (['x.py', '--lancher', 'none'], 'unrecognized arguments: --lancher'),
        (['--cfg-options', 'a=1', 'x.py'], 'x.py: expected KEY=VALUE'),
        ([CONFIGS], 'is a folder; expected a config'),
        ([ROOT / 'LICENSE'], 'LICENSE is no config, which ends in .py'),
        ([RAFDB, '--resume', 'no.pth'], 'no.pth: no such checkpoint'),
    ],
)
def test_E6_a_wrong_command_line_is_a_line(tell, arguments, said):
    code, told = tell(TRAIN, *arguments)
    assert code == 2, told
    (line,) = told.splitlines()
    assert line.startswith('error: ') and said in line


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('model = dict(', "SyntaxError: '(' was never closed"),
        ('model = dict(depth=deep)', "NameError: name 'deep' is not"),
        ("_base_ = 'none.py'", "none.py'"),
    ],
)
def test_E_a_broken_config_is_named(tell, tmp_path, text, said):
    (tmp_path / 'mine.py').write_text(text)
    code, told = tell(TRAIN, 'mine.py')
    assert code == 2
    (line,) = told.splitlines()
    assert said in line and ('mine.py' in line or 'none.py' in line)


ENTRIES = [
    entry
    for tool in sorted((ROOT / 'tools').glob('*.py'))
    for entry in re.findall(r"run\('(.+)'\)", tool.read_text())
]


@pytest.mark.parametrize('entry', ENTRIES)
def test_E5_help_is_free_of_noise(tell, entry):
    code, told = tell(entry, '--help')
    assert code == 0
    assert told.startswith('usage: ')
    assert '--traceback shows where' in told
    if entry == TEST:
        assert '--save-predictions FILE.npz' in told


def test_E1_a_checkpoint_to_start_from_names_its_variable(tell, tmp_path):
    config = CONFIGS / 'csgresnet18_affectnet-pre_rafdb.py'
    code, told = tell(TRAIN, config, RAFDB_ROOT=str(tmp_path))
    assert code == 2
    assert 'work_dirs/csgresnet18_affectnet' in told
    assert 'AFFECTNET_PTH is not set' in told


@pytest.mark.parametrize(
    ('option', 'meant'),
    [
        ('lr=0.1', 'optim_wrapper.optimizer.lr'),
        ('batch_size=8', 'train_dataloader.batch_size'),
        ('epochs=3', 'train_cfg.max_epochs'),
        ('trian_cfg.max_epochs=3', 'train_cfg'),
        ('model.head.numclasses=3', 'model.head.num_classes'),
        ('custom_hooks.99.remap=1', 'expected a number below'),
        ('train_cfg.max_epochs.x=1', 'has nothing inside'),
    ],
)
def test_E_misspelt_overrides_say_what_is_meant(tell, option, meant):
    code, told = tell(TRAIN, RAFDB, '--cfg-options', option)
    assert code == 2
    assert meant in told


@pytest.mark.parametrize(
    ('option', 'copies'),
    [
        ('data_root=x', 'train_dataloader.dataset.data_root'),
        ('train_pipeline.0.type=x', 'train_dataloader.dataset.pipeline'),
        ('max_epochs=3', 'train_cfg.max_epochs'),
    ],
)
def test_a_variable_of_the_config_says_where_its_value_is(
    tell, option, copies
):
    code, told = tell(TRAIN, SMALL_FACES, '--cfg-options', option)
    assert code == 2
    name = option.partition('=')[0].partition('.')[0]
    assert f'nothing reads {name}, a variable of the config file' in told
    assert f'has its value: {copies}' in told


def test_a_variable_may_be_set_beside_what_has_its_value():
    from csgresnet_mm.programs.training.overrides import check_overrides

    places = [f'{s}_dataloader.dataset.data_root' for s in ('train', 'test')]
    options = dict.fromkeys(['data_root', *places], 'x')
    check_overrides(Config.fromfile(RAFDB), options)


def test_a_key_that_only_a_hook_reads_is_taken():
    from csgresnet_mm.programs.training.overrides import check_overrides

    config = Config(dict(share=0.9, optim_wrapper=dict(momentum=0.9)))
    check_overrides(config, dict(share=0.5))


def test_overrides_that_something_reads_are_taken():
    from csgresnet_mm.programs.training.overrides import check_overrides

    options = {
        'sync_bn': 'torch',
        'optim_wrapper.optimizer.nesterov': True,
        'optim_wrapper.accumulative_counts': 2,
        'train_dataloader.pin_memory': False,
        'train_dataloader.dataset.val_ratio': 0.1,
        'train_dataloader.dataset.pipeline.1.backend': 'pillow',
        'model.backbone.drop_path_rate': 0.1,
        'model.backbone.init_cfg.type': 'Pretrained',
        'custom_hooks.0.remap': True,
        'train_cfg.val_begin': 3,
        'default_hooks.checkpoint.save_best': 'auto',
        'work_dir': 'x',
        'my_own': 1,
    }
    check_overrides(Config.fromfile(RAFDB), options)


def test_E_data_of_others_are_only_looked_for(tmp_path):
    from csgresnet_mm.programs.training.data import check_data

    data = dict(type='CIFAR10', data_root=str(tmp_path / 'cifar'))
    config = Config(dict(model={}, train_dataloader=dict(dataset=data)))
    with pytest.raises(ValueError, match='cifar.* does not exist'):
        check_data(config, ['train', 'val'])
    (tmp_path / 'cifar').mkdir()
    check_data(config, ['train', 'val'])
    assert not list((tmp_path / 'cifar').iterdir())
