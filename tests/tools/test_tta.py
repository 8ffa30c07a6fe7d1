"""``tools/test.py --tta``: the mean over views."""

import pickle
import sys

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


def test_T1_tta_is_the_mean_of_both_flips(
    run_command, demo_options, trained, tmp_path
):
    plain = ROOT / 'configs' / 'csgresnet18_demo.py'
    flipped = tmp_path / 'flipped.py'
    flipped.write_text(FLIPPED.format(base=plain))
    scores = {}
    for name, config, options in (
        ('plain', plain, []),
        ('flipped', flipped, []),
        ('tta', plain, ['--tta']),
    ):
        out = tmp_path / f'{name}.pkl'
        run_command(
            sys.executable,
            ROOT / 'tools' / 'test.py',
            config,
            trained[0] / 'epoch_1.pth',
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
