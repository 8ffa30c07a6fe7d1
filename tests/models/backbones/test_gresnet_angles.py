"""The angles in the state dict, and what loading other angles does."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.runner import load_checkpoint
from mmpretrain.registry import MODELS
from torch import nn

from ..builders import NARROW, backbone, images, randomise

RELEASE = (0, math.pi / 4, math.pi / 2, 3 * math.pi / 4)


def test_the_buffer_holds_the_angles() -> None:
    paper = [(u + 1) * math.pi / 4 for u in range(4)]
    assert backbone().orientations.tolist() == pytest.approx(paper)
    net = backbone(orientations=RELEASE)
    assert net.state_dict()['orientations'].tolist() == pytest.approx(RELEASE)
    assert 'orientations' not in dict(net.named_parameters())


@pytest.mark.parametrize('strict', [True, False])
@pytest.mark.parametrize(
    ('saved', 'found', 'expected'),
    [
        ({'orientations': RELEASE}, r'0\.0, 0\.785', r'0\.785.*, 3\.14159'),
        ({'num_orientations': 2}, r'1\.57\d*, 3\.14\d*\)', r'0\.785'),
        (
            {'orientations': (0.805, *RELEASE[2:], math.pi)},
            r'0\.80',
            r'0\.785',
        ),
    ],
)
def test_other_angles_raise_naming_both(
    saved: dict[str, Any], found: str, expected: str, strict: bool
) -> None:
    state = backbone(**saved).state_dict()
    message = f'orientations: .* angles .*{found}.*this model has.*{expected}'
    with pytest.raises(ValueError, match=message):
        backbone().load_state_dict(state, strict=strict)


def test_the_key_is_named_with_its_prefix() -> None:
    model = nn.ModuleDict({'backbone': backbone()})
    state = nn.ModuleDict(
        {'backbone': backbone(orientations=RELEASE)}
    ).state_dict()
    with pytest.raises(ValueError, match=r'backbone\.orientations: '):
        model.load_state_dict(state)


def test_equal_up_to_rounding_loads() -> None:
    paper = tuple((u + 1) * math.pi / 4 + 0.005 for u in range(4))
    backbone().load_state_dict(backbone(orientations=paper).state_dict())


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('m', [2, 4, 8])
def test_a_coarse_state_loads(dtype: torch.dtype, m: int) -> None:
    width = {'stem_channels': 32, 'base_channels': 32}
    coarse = backbone(num_orientations=m, **width).to(dtype)
    net = backbone(num_orientations=m, **width)
    net.load_state_dict(coarse.state_dict())
    assert net.conv1.weight.dtype == torch.float32
    coarse.load_state_dict(net.state_dict())
    # Saved once more, the angles must still be within the tolerance.
    backbone(num_orientations=m, **width).load_state_dict(net.state_dict())


def test_a_missing_key_is_like_any_other() -> None:
    state = backbone().state_dict()
    del state['orientations']
    with pytest.raises(RuntimeError, match='Missing key.*"orientations"'):
        backbone().load_state_dict(state)
    missing, unexpected = backbone().load_state_dict(state, strict=False)
    assert missing == ['orientations']
    assert unexpected == []


def test_from_the_meta_device() -> None:
    trained = randomise(backbone()).eval()
    net = backbone().eval().to('meta')
    assert net.conv1.weight.is_meta
    net.load_state_dict(trained.state_dict(), assign=True)
    torch.testing.assert_close(net(images())[0], trained(images())[0])
    other = backbone(orientations=RELEASE).to('meta')
    with pytest.raises(ValueError, match='this model has'):
        other.load_state_dict(trained.state_dict(), assign=True)


def test_the_angles_change_the_output_only_through_the_shift_or_order() -> (
    None
):
    # The release's bank is the paper's rotated by one place.
    paper, release = backbone().eval(), backbone(orientations=RELEASE).eval()
    state = randomise(paper).state_dict()
    del state['orientations']
    release.load_state_dict(state, strict=False)
    assert not torch.allclose(paper(images())[0], release(images())[0])
    paper_bank = paper.conv1.bank
    torch.testing.assert_close(release.conv1.bank, paper_bank.roll(1, 0))


@pytest.mark.parametrize('prefix', [None, 'backbone'])
def test_pretrained_round_trip(tmp_path: Path, prefix: str | None) -> None:
    trained = randomise(backbone())
    state = trained.state_dict()
    if prefix:
        state = {f'{prefix}.{key}': value for key, value in state.items()}
        state['head.fc.bias'] = torch.zeros(7)
    path = tmp_path / 'backbone.pth'
    torch.save({'state_dict': state}, path)
    init_cfg = {'type': 'Pretrained', 'checkpoint': str(path)}
    if prefix:
        init_cfg['prefix'] = prefix
    options = {'type': 'GResNet', 'depth': 18, **NARROW}
    for zero in (False, True):
        net = MODELS.build(
            {**options, 'init_cfg': init_cfg, 'zero_init_residual': zero}
        )
        net.init_weights()
        loaded = net.state_dict()
        assert loaded.keys() == trained.state_dict().keys()
        for key, value in trained.state_dict().items():
            assert torch.equal(loaded[key], value), key
    other = MODELS.build(
        {**options, 'init_cfg': init_cfg, 'orientations': RELEASE}
    )
    with pytest.raises(ValueError, match='this model has'):
        other.init_weights()


def test_load_checkpoint_of_mmengine(tmp_path: Path) -> None:
    trained = randomise(backbone())
    path = tmp_path / 'backbone.pth'
    torch.save({'state_dict': trained.state_dict()}, path)
    net = backbone()
    load_checkpoint(net, str(path), map_location='cpu', strict=True)
    assert torch.equal(net.conv1.weight, trained.conv1.weight)
    with pytest.raises(ValueError, match='this model has'):
        load_checkpoint(backbone(orientations=RELEASE), str(path))
