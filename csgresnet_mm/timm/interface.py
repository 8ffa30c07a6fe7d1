"""What timm asks of a network, for a stem and four stages of blocks."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from timm.layers import create_classifier
from timm.models import checkpoint_seq
from timm.models._features import feature_take_indices  # in no public place
from torch import Tensor, nn

STAGES = ('layer1', 'layer2', 'layer3', 'layer4')


class StagedNetwork(nn.Module):
    """timm's interface around a stem, four stages and a classifier.

    A subclass makes ``conv1``, ``bn1``, ``act1``, the stages, and
    ``orientation_max``, and sets ``feature_info``, ``num_features``,
    ``num_orientations`` and ``drop_rate``.

    B batch, C channels, M orientations, H and W height and width.
    """

    feature_info: list[dict[str, Any]]
    num_features: int
    num_orientations: int
    drop_rate: float
    grad_checkpointing: bool = False

    def group_matcher(self, coarse: bool = False) -> dict[str, str]:
        """Give patterns that sort parameters into layers, from the stem on.

        Args:
            coarse: Whether a layer is a stage; a block otherwise.
        """
        return {
            'stem': r'^(?:conv1|bn1)',
            'blocks': r'^layer(\d+)' if coarse else r'^layer(\d+)\.(\d+)',
        }

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """Compute blocks again in the backward pass, to save memory."""
        self.grad_checkpointing = enable

    def get_classifier(self, name_only: bool = False) -> str | nn.Module:
        """Give the classifier, or its name."""
        return 'fc' if name_only else self.fc

    def reset_classifier(
        self, num_classes: int, global_pool: str | None = None
    ) -> None:
        """Put another classifier.

        Args:
            num_classes: Number of classes; 0 gives the features before them.
            global_pool: timm's name of a pooling, ``''`` for none; None keeps
                it.
        """
        if global_pool is None:
            global_pool = self.global_pool.pool_type
        weight = next(self.parameters())
        pooled = self.num_features
        if global_pool:
            pooled //= self.num_orientations
        self.global_pool, self.fc = create_classifier(
            pooled, num_classes, pool_type=global_pool
        )
        self.fc.to(weight.device, weight.dtype)
        self.global_pool.train(self.training)
        self.fc.train(self.training)
        self.num_classes = num_classes
        self.head_hidden_size = pooled * self.global_pool.feat_mult()

    def forward_intermediates(
        self,
        x: Tensor,
        indices: int | Sequence[int] | None = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: str = 'NCHW',
        intermediates_only: bool = False,
    ) -> list[Tensor] | tuple[Tensor, list[Tensor]]:
        """Give features of the stem (0) and of the stages (1 to 4).

        Args:
            x: Images, shape (B, in_chans, H, W).
            indices: Which of them; a number takes so many last ones, None
                all.
            norm: Of no effect: features are normalised.
            stop_early: Whether to compute no further than the last of them.
            output_fmt: ``'NCHW'``.
            intermediates_only: Whether to leave out the last features.

        Returns:
            The last features and a list of those asked for, or the list.

        Raises:
            ValueError: If ``output_fmt`` is another.
        """
        if output_fmt != 'NCHW':
            raise ValueError(
                f"output_fmt={output_fmt!r} must be 'NCHW': features are maps"
            )
        taken, last = feature_take_indices(len(STAGES) + 1, indices)
        x = self.act1(self.bn1(self.conv1(x)))
        features = [x]
        for name in STAGES[: last if stop_early else None]:
            x = self._run([getattr(self, name)], x)
            features.append(x)
        intermediates = [features[index] for index in sorted(set(taken))]
        return intermediates if intermediates_only else (x, intermediates)

    def prune_intermediate_layers(
        self,
        indices: int | Sequence[int] = 1,
        prune_norm: bool = False,
        prune_head: bool = True,
    ) -> list[int]:
        """Empty the stages that some features do not need.

        Args:
            indices: As of :meth:`forward_intermediates`.
            prune_norm: Of no effect: there is no last norm.
            prune_head: Whether to remove the classifier; where a stage goes,
                it does.

        Returns:
            Indices of the features.
        """
        taken, last = feature_take_indices(len(STAGES) + 1, indices)
        for name in STAGES[last:]:
            setattr(self, name, nn.Sequential())
        if last < len(STAGES):
            self.num_features = self.feature_info[last]['num_chs']
        if prune_head or last < len(STAGES):
            self.reset_classifier(0, '')
        return taken

    def _run(self, stages: Sequence[nn.Sequential], x: Tensor) -> Tensor:
        if self.grad_checkpointing:
            return checkpoint_seq(stages, x, flatten=True)
        for stage in stages:
            x = stage(x)
        return x

    def forward_features(self, x: Tensor) -> Tensor:
        """Map images (B, in_chans, H, W) to features (B, C, H', W')."""
        x = self.act1(self.bn1(self.conv1(x)))
        return self._run([getattr(self, name) for name in STAGES], x)

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Map features (B, C, H', W') to scores (B, num_classes).

        Args:
            x: Features.
            pre_logits: Whether to give the C/M pooled features instead.

        Raises:
            ValueError: If there is a classifier but no pooling before it.
        """
        x = self.global_pool(x)
        if self.global_pool.pool_type:
            x = self.orientation_max(x)
        elif self.num_classes and not pre_logits:
            raise ValueError(
                f"global_pool='' leaves maps, num_classes={self.num_classes} "
                'needs features: pool them or reset_classifier(0)'
            )
        if self.drop_rate:
            x = F.dropout(x, self.drop_rate, self.training)
        return x if pre_logits else self.fc(x)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, in_chans, H, W) to scores (B, num_classes)."""
        return self.forward_head(self.forward_features(x))

    def init_weights(self, zero_init_last: bool = False) -> None:
        """Draw the weights.

        Args:
            zero_init_last: Whether the last norm of each block starts at 0.
        """
        for module in self.modules():
            if module is not self and hasattr(module, 'init_weights'):
                module.init_weights()
            elif hasattr(module, 'reset_parameters'):
                module.reset_parameters()
        if zero_init_last:
            for name in STAGES:
                for block in getattr(self, name):
                    nn.init.zeros_(block.bn2.weight)
        with torch.no_grad():
            self.orientations.copy_(torch.tensor(self.angles))
