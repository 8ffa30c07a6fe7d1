"""tools/test.py on data that number their classes otherwise."""

import re
import sys

from tests.tools.conftest import ROOT


def test_another_order_is_told_or_remapped(
    run_command, demo_options, trained, tmp_path
):
    work_dir, training = trained

    def run(*options, **kwargs):
        return run_command(
            sys.executable,
            ROOT / 'tools' / 'test.py',
            ROOT / 'configs' / 'csgresnet18_demo.py',
            work_dir / 'epoch_1.pth',
            '--work-dir',
            tmp_path,
            '--cfg-options',
            *demo_options,
            'test_dataloader.dataset.class_order=fer2013',
            *options,
            **kwargs,
        )

    told = run(expect=2)
    assert (
        f'{work_dir / "epoch_1.pth"} was trained on 0 Surprise, 1 Fear, '
        '2 Disgust, 3 Happiness, 4 Sadness, 5 Anger, 6 Neutral; test has '
        '0 anger, 1 disgust, 2 fear, 3 happiness, 4 sadness, 5 surprise, '
        '6 neutral'
    ) in told
    remapped = run('custom_hooks.0.remap=True')
    assert 'of 4 of 7 classes of head.fc were moved' in remapped
    pattern = r'accuracy/top1: (\d+\.\d+)'
    assert re.findall(pattern, remapped) == re.findall(pattern, training)[-1:]
