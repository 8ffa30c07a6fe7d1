"""``tools/test.py --tta``: the mean over views."""

import pickle
import sys

import pytest
import torch

from tests.tools.conftest import ROOT

FLIPPED = """
_base_ = r'{base}'
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=(56, 56), interpolation='bilinear'),
            dict(type='CenterCrop', crop_size=48),
            dict(type='RandomFlip', prob=1.0),
            dict(type='PackInputs'),
        ]
    )
)
"""


EMA = """
_base_ = r'{base}'
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='EMAHook', update_buffers=True),
]
"""


@pytest.mark.parametrize('averaged', [False, True])
def test_T1_tta_is_the_mean_of_both_flips(
    run_command, demo_options, trained, tmp_path, averaged
):
    plain = ROOT / 'configs' / 'csgresnet18_demo.py'
    asked, checkpoint = plain, trained[0] / 'epoch_1.pth'
    if averaged:
        # beside the averaged weights there are those of the last step
        content = torch.load(checkpoint, weights_only=False)
        content['ema_state_dict'] = {
            f'module.{key}': value
            if key.endswith('orientations')
            else value.abs() + 1
            for key, value in content['state_dict'].items()
        }
        checkpoint = tmp_path / 'ema.pth'
        torch.save(content, checkpoint)
        asked = tmp_path / 'ema.py'
        asked.write_text(EMA.format(base=plain))
    flipped = tmp_path / 'flipped.py'
    flipped.write_text(FLIPPED.format(base=plain))
    scores = {}
    for name, config, options in (
        ('plain', plain, []),
        ('flipped', flipped, []),
        ('tta', asked, ['--tta']),
    ):
        out = tmp_path / f'{name}.pkl'
        run_command(
            sys.executable,
            ROOT / 'tools' / 'test.py',
            config,
            checkpoint,
            '--work-dir',
            tmp_path / name,
            '--out',
            out,
            *options,
            '--cfg-options',
            *demo_options,
        )
        with open(out, 'rb') as file:
            results = pickle.load(file)
        scores[name] = torch.stack([r['pred_score'] for r in results])
    assert not torch.equal(scores['plain'], scores['flipped'])
    mean = (scores['plain'] + scores['flipped']) / 2
    torch.testing.assert_close(scores['tta'], mean, rtol=0, atol=1e-6)
