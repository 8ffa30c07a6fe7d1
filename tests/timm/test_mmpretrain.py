"""Our timm networks where MMPretrain takes timm's."""

import pytest
import torch

from tests.timm.networks import NAMES, create, images

pytestmark = pytest.mark.timm


@pytest.mark.parametrize('name', NAMES)
def test_timm_backbone_of_mmpretrain(name):
    from mmpretrain.registry import MODELS

    ours = create(name).eval()
    backbone = MODELS.build(
        dict(
            type='TIMMBackbone',
            model_name=name,
            features_only=True,
            out_indices=(1, 4),
        )
    )
    backbone.timm_model.load_state_dict(
        {
            key: value
            for key, value in ours.state_dict().items()
            if not key.startswith(('fc.', 'orientations'))
        }
    )
    backbone.eval()
    wanted = ours.forward_intermediates(images(), indices=[1, 4])[1]
    for found, expected in zip(backbone(images()), wanted, strict=True):
        assert torch.equal(found, expected)
