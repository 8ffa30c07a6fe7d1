"""The networks that are compared, and the forms they run in."""

from dataclasses import dataclass

import torch
from mmcv.cnn import fuse_conv_bn
from mmpretrain.registry import MODELS
from torch import nn
from torchvision.models import mobilenet_v3_large

from csgresnet_mm.layers import set_execution

CLASSES = 7

OURS = 'ours'
SAME_RESOLUTION = 'same-resolution ResNet'
STOCK = 'stock ResNet'
MOBILE = 'MobileNetV3-large'
POOLED = 'ours with max pool'
DENSE = 'dense GResNet'


@dataclass(frozen=True)
class ComparedNetwork:
    """One network.

    Args:
        role: ``OURS``, ``SAME_RESOLUTION`` (5x5 stem and no max pool: the
            positions and, dense, the operations of ours), ``STOCK`` (the
            paper's ResNet), ``MOBILE``, ``POOLED`` or ``DENSE`` (ours, as a
            peer on GPUs).
        depth: 18 or 34; MobileNet has none.
        num_orientations: M, of ours.
    """

    role: str
    depth: int = 18
    num_orientations: int = 4

    @property
    def is_gabor(self) -> bool:
        """Whether it is one of ours."""
        return self.role in (OURS, POOLED, DENSE)

    @property
    def name(self) -> str:
        """What tables call it."""
        if self.role == MOBILE:
            return self.role
        if not self.is_gabor:
            return f'{self.role}-{self.depth}'
        name = f'GResNet-{self.depth}'
        if self.num_orientations != 4:
            name += f', M={self.num_orientations}'
        return f'{name}, max pool' if self.role == POOLED else name

    def build(self) -> nn.Module:
        """Build it with random weights and a head of seven classes."""
        if self.role == MOBILE:
            return mobilenet_v3_large(num_classes=CLASSES)
        if self.is_gabor:
            return gabor_classifier(
                self.num_orientations,
                depth=self.depth,
                with_max_pool=self.role == POOLED,
            )
        model = _classifier(
            {'type': 'ResNet', 'depth': self.depth},
            [{'type': 'GlobalAveragePooling'}],
            512,
        )
        if self.role == SAME_RESOLUTION:
            stem = nn.Conv2d(3, 64, 5, stride=2, padding=2, bias=False)
            model.backbone.conv1 = stem
            model.backbone.maxpool = nn.Identity()
        return model


def gabor_classifier(num_orientations: int, **options: object) -> nn.Module:
    """Build a GResNet with random weights and a head of seven classes.

    Args:
        num_orientations: M.
        options: Of the backbone.
    """
    backbone = {'type': 'GResNet', 'num_orientations': num_orientations}
    pooling = {
        'type': 'OrientationMaxPooling',
        'num_orientations': num_orientations,
    }
    return _classifier(
        {**backbone, **options},
        [{'type': 'GlobalAveragePooling'}, pooling],
        512 // num_orientations,
    )


def _classifier(
    backbone: dict[str, object], neck: list[dict[str, object]], features: int
) -> nn.Module:
    return MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': backbone,
            'neck': neck,
            'head': {
                'type': 'LinearClsHead',
                'num_classes': CLASSES,
                'in_channels': features,
            },
        }
    )


@dataclass(frozen=True)
class NetworkForm:
    """How a network runs.

    Args:
        execution: Of Gabor convolutions; None for other networks.
        folded: Whether batch norms are folded, for inference.
        channels_last: Whether weights and images lie channels-last.
        compiled: Whether torch.compile is used.
        frozen: Whether it may treat weights as constants, for inference.
        graph: Whether a CUDA graph of the step is replayed.
    """

    execution: str | None = None
    folded: bool = False
    channels_last: bool = False
    compiled: bool = False
    frozen: bool = False
    graph: bool = False

    @property
    def name(self) -> str:
        """What tables call it."""
        folded = 'BN folded' if self.execution is None else 'deployed'
        parts = [
            (self.execution or '', self.execution is not None),
            (folded, self.folded),
            ('channels-last', self.channels_last),
            ('compiled', self.compiled),
            ('frozen', self.frozen),
            ('CUDA graph', self.graph),
        ]
        return ', '.join(name for name, has in parts if has) or 'eager'

    @property
    def memory_format(self) -> torch.memory_format:
        """Of weights and images."""
        if self.channels_last:
            return torch.channels_last
        return torch.contiguous_format

    def apply(self, model: nn.Module) -> nn.Module:
        """Bring a model into this form, in place; it is compiled lazily.

        Args:
            model: From :meth:`ComparedNetwork.build`, on its device and in
                the mode, training or evaluation, that it is to run in.

        Returns:
            The model to call.
        """
        if self.execution is not None:
            set_execution(model, self.execution)
        if self.folded and self.execution is None:
            fuse_conv_bn(model)
        elif self.folded:
            model.backbone.switch_to_deploy()
        model.to(memory_format=self.memory_format)
        if not self.compiled:
            return model
        # torch.compile reuses what it compiled for an equal network unless
        # the options differ
        options = {'freezing': True} if self.frozen else None
        return torch.compile(
            model, dynamic=False, fullgraph=True, options=options
        )
