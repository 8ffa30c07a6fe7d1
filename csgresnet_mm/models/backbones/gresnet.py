"""ResNet with Gabor convolutions."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmcv.cnn import build_conv_layer
from torch import Tensor, nn

from csgresnet_mm.functional import check_orientations, resolve_orientations
from csgresnet_mm.layers import release_layout
from csgresnet_mm.layers.chained_call import run_chained
from csgresnet_mm.layers.deployed_chain import Chain
from csgresnet_mm.models.backbones.csresnet import CSResNet
from csgresnet_mm.models.backbones.gresnet_blocks import (
    GBasicBlock,
    GBottleneck,
)
from csgresnet_mm.models.registry import register_model


@register_model
class GResNet(CSResNet):
    """Gabor-ResNet, and with ``channel_shift`` CS-GResNet.

    CS-GResNet, section 2.1 and Table 1: MMPretrain's ResNet with every
    convolution a :class:`csgresnet_mm.layers.GConv`, a 5x5 stem and no max
    pool. Feature strides are therefore 2, 4, 8, 16, half of ResNet's. Module
    names are ResNet's. The classifier takes the maximum over orientations:
    put the neck ``OrientationMaxPooling`` after ``GlobalAveragePooling``.

    The orientation angles decide what the network computes, but the weights
    do not show them: they are a buffer of the state dict, and loading a state
    with other angles raises.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: Channels of the input image.
        num_orientations: M, the number of orientations.
        scale: The scale index v of the Gabor filters.
        orientations: M angles in radians; None takes (u + 1) * pi / M.
        stem_kernel_size: Kernel size of the first convolution in pixels; of
            no effect with ``deep_stem``.
        with_max_pool: Whether ResNet's max pool follows the stem.
        channel_shift: As in :class:`CSResNet`; ``num_orientations`` is M
            unless given.
        bank: ``'gabor'``, ``'ones'`` or ``'random'``.
        execution: How the convolutions are computed: ``'auto'``, ``'dense'``,
            ``'factorised'``, ``'native'`` or ``'triton'``; it changes no
            weight and no key.
        deploy: Whether to build the form for inference, which loads the
            checkpoints of :meth:`switch_to_deploy`.
        zero_init_residual: Whether the last norm of each block starts at 0.
        kwargs: Arguments of MMPretrain's ResNet, except ``conv_cfg``.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: a tuple, one feature map for each of ``out_indices``
        - orientations (buffer): (M,)

    Raises:
        KeyError: If the depth is unknown.
        ValueError: If ``conv_cfg`` is given, M does not divide a layer's
            channels, or another argument is out of its range.

    Example:
        >>> net = GResNet(18, channel_shift=dict(stage=3))
        >>> net(torch.rand(1, 3, 48, 48))[0].shape
        torch.Size([1, 512, 3, 3])
    """

    arch_settings = {
        18: (GBasicBlock, (2, 2, 2, 2)),
        34: (GBasicBlock, (3, 4, 6, 3)),
        50: (GBottleneck, (3, 4, 6, 3)),
        101: (GBottleneck, (3, 4, 23, 3)),
        152: (GBottleneck, (3, 8, 36, 3)),
    }
    orientations: Tensor

    def __init__(
        self,
        depth: int,
        in_channels: int = 3,
        *,
        num_orientations: int = 4,
        scale: int = 3,
        orientations: Sequence[float] | None = None,
        stem_kernel_size: int = 5,
        with_max_pool: bool = False,
        channel_shift: Mapping[str, Any]
        | Sequence[Mapping[str, Any]]
        | None = None,
        bank: str = 'gabor',
        execution: str = 'auto',
        deploy: bool = False,
        zero_init_residual: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop('conv_cfg', None) is not None:
            raise ValueError(
                'conv_cfg cannot be given: every convolution of GResNet is '
                "a GConv. Use type='ResNet' with conv_cfg for another one"
            )
        angles = resolve_orientations(num_orientations, orientations)
        self.stem_kernel_size = stem_kernel_size
        self.with_max_pool = with_max_pool
        self.deployed = False
        if isinstance(channel_shift, Mapping):
            channel_shift = (channel_shift,)
        super().__init__(
            depth,
            in_channels,
            conv_cfg=dict(
                type='GConv',
                num_orientations=num_orientations,
                scale=scale,
                orientations=angles,
                bank=bank,
                execution=execution,
            ),
            channel_shift=[
                {'num_orientations': num_orientations, **arguments}
                for arguments in channel_shift or ()
            ],
            zero_init_residual=zero_init_residual,
            **kwargs,
        )
        release_layout(self)
        self.register_buffer(
            'orientations', torch.tensor(angles, dtype=torch.float32)
        )
        if deploy:
            self.switch_to_deploy()

    def switch_to_deploy(self) -> None:
        """Turn into the form for inference, in place.

        Batch norms, residual sums and ReLUs are folded into the
        convolutions, in their evaluation mode. The result is not meant for
        training; a second call changes nothing.

        Raises:
            ValueError: If a norm or an activation cannot be folded.
        """
        if self.deployed:
            return
        if self.deep_stem:
            self.stem = nn.Sequential(
                *(
                    layer.conv.switch_to_deploy(layer.norm, relu=True)
                    for layer in self.stem
                )
            )
        else:
            self.conv1 = self.conv1.switch_to_deploy(self.norm1, relu=True)
            setattr(self, self.norm1_name, nn.Identity())
            self.relu = nn.Identity()
        for name in self.res_layers:
            blocks = getattr(self, name)
            for index, block in enumerate(blocks):
                blocks[index] = block.switch_to_deploy()
        self.deployed = True
        self.zero_init_residual = False  # there is no norm to initialise

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Compute the feature maps of (B, in_channels, H, W)."""
        if self.deployed:
            found = run_chained(self, x, self._chain)
            if found is not None:
                return tuple(found)
        features: tuple[Tensor, ...] = super().forward(x)
        return features

    def _chain(self, chain: Chain) -> list[int]:
        x = chain.add(self.stem if self.deep_stem else self.conv1, 0)
        x = chain.add(self.maxpool, x)
        outputs = []
        for index, name in enumerate(self.res_layers):
            x = chain.add(getattr(self, name), x)
            if index in self.out_indices:
                outputs.append(x)
        return outputs

    def _freeze_stages(self) -> None:
        if not self.deployed:
            super()._freeze_stages()

    def _make_stem_layer(self, in_channels: int, stem_channels: int) -> None:
        super()._make_stem_layer(in_channels, stem_channels)
        conv_cfg = dict(self.conv_cfg, expand=True)
        if self.deep_stem:
            self.stem[0].conv = build_conv_layer(
                conv_cfg,
                in_channels,
                stem_channels // 2,
                kernel_size=3,
                stride=2,
                padding=1,
                bias=False,
            )
        else:
            self.conv1 = build_conv_layer(
                conv_cfg,
                in_channels,
                stem_channels,
                kernel_size=self.stem_kernel_size,
                stride=2,
                padding=self.stem_kernel_size // 2,
                bias=False,
            )
        if not self.with_max_pool:
            self.maxpool = nn.Identity()

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *args: Any
    ) -> None:
        loaded = state_dict.get(prefix + 'orientations')
        if loaded is not None:
            check_orientations(
                loaded, self.conv_cfg['orientations'], prefix + 'orientations'
            )
        super()._load_from_state_dict(state_dict, prefix, *args)
