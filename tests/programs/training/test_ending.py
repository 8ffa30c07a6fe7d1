"""What is printed at the end of a training, without training."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config

from csgresnet_mm.engine.hooks.class_permutation_hook import (
    ClassPermutationHook,
)
from csgresnet_mm.programs.training.ending import describe_end


@pytest.fixture
def runner(tmp_path):
    hook = ClassPermutationHook()
    hook._classes = ('calm', 'surprised', 'unseen')
    hook._confusion = torch.tensor([[3, 1, 0], [0, 4, 0], [0, 0, 0]])
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'epoch_3.pth'))
    (tmp_path / 'mine.py').write_text('train_cfg = dict(by_epoch=True)')
    return SimpleNamespace(
        work_dir=str(tmp_path),
        cfg=Config.fromfile(tmp_path / 'mine.py'),
        hooks=[hook],
        timestamp='now',
        epoch=3,
        max_epochs=3,
    )


def test_E_the_block_has_figures_and_commands(runner, tmp_path):
    message = describe_end(runner, finished=False).splitlines()
    assert f'Checkpoint: {tmp_path / "epoch_3.pth"}' in message
    assert 'Accuracy of the last validation: 87.50 % of 8 images' in message
    assert '  calm       75.00 % of 4' in message
    assert '  surprised 100.00 % of 4' in message
    assert '  unseen         - % of 0' in message
    commands = message[message.index('Next:') + 1 : -1]
    assert len(commands) == 3
    assert all(line.startswith('  python tools/') for line in commands)
    assert str(tmp_path / 'mine.py') in commands[0]


def test_E_the_usual_range_is_reported_where_it_is_known(runner):
    runner.cfg.usual_accuracy = (70, 80)
    message = describe_end(runner, finished=False)
    assert '87.50 % of 8 images; usual: 70 to 80 %' in message


def test_without_the_counting_hook_there_are_no_figures(runner):
    runner.hooks = []
    message = describe_end(runner, finished=False)
    assert 'Accuracy' not in message and 'Checkpoint: ' in message


def test_a_run_that_kept_nothing_names_no_commands(runner, tmp_path):
    (tmp_path / 'last_checkpoint').unlink()
    message = describe_end(runner, finished=False)
    assert 'Next:' not in message and 'Checkpoint' not in message


def test_T9_a_finished_run_is_reported(runner):
    message = describe_end(runner, finished=True)
    assert 'Nothing to train' in message and 'epoch 3 of 3' in message
    assert 'Recall' not in message
    runner.cfg.train_cfg.by_epoch = False
    runner.iter = runner.max_iters = 60
    message = describe_end(runner, finished=True)
    assert (
        'iteration 60 of 60' in message and 'train_cfg.max_iters=' in message
    )


def test_paths_are_quoted_for_the_shell(runner, tmp_path):
    runner.work_dir = str(tmp_path / "it's here")
    (tmp_path / "it's here").mkdir()
    last = tmp_path / "it's here" / 'last_checkpoint'
    last.write_text(str(tmp_path / 'epoch_3.pth'))
    message = describe_end(runner, finished=False)
    assert "it'\"'\"'s here" in message
