"""The network in the form that is exported."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.layers import GConv, set_execution
from csgresnet_mm.models import GResNet

FORMS = ('dense', 'factorised')


class ExportedNetwork(nn.Module):
    """A classifier from images to probabilities, folded for inference.

    Args:
        model: MMPretrain's ImageClassifier in evaluation mode; it is copied.
        info: How it is used.
        form: ``'dense'``, or ``'factorised'``, which needs about a quarter
            of the multiplications in more, smaller operators.
        normalisation: Whether pixels, 0..255 in RGB order (or grey), go in;
            else what is normalised already, in the network's own order.
        logits: Whether scores come out instead of probabilities.

    Shape:
        - Input: (B, channels, H, W)
        - Output: (B, K)

    Raises:
        ValueError: The form is unknown, or is 'factorised' and the network
            has no Gabor convolution.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        model: nn.Module,
        info: ModelInfo,
        form: str = 'dense',
        *,
        normalisation: bool = False,
        logits: bool = False,
    ) -> None:
        super().__init__()
        if form not in FORMS:
            raise ValueError(f'form={form!r} must be one of {FORMS}')
        model = copy.deepcopy(model)
        if form == 'factorised' and not any(
            isinstance(module, GConv) for module in model.modules()
        ):
            raise ValueError(
                "form='factorised': the network has no Gabor convolution, "
                "expected form='dense'"
            )
        set_execution(model, form)
        if isinstance(model.backbone, GResNet):
            model.backbone.switch_to_deploy()
        model.data_preprocessor = None
        model.eval()
        self.model = model
        self.normalisation = normalisation
        self.reverse = normalisation and info.channel_order == 'bgr'
        self.logits = logits
        for name, values in (('mean', info.mean), ('std', info.std)):
            value = torch.tensor(values)[:, None, None]
            self.register_buffer(name, value, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, K)."""
        x = images
        if self.normalisation:
            x = x.float()
            if self.reverse:
                x = x.flip(1)
            x = (x - self.mean) / self.std
        features = self.model.backbone(x)
        if self.model.with_neck:
            features = self.model.neck(features)
        scores = self.model.head(features)
        return scores if self.logits else scores.softmax(1)
