"""The paper's figures follow from its Table 1 by hand."""

import pytest

from .counts import FrozenShift, Network

GRESNET18 = Network(18, stem_kernel=5, max_pool=False)
GRESNET34 = Network(34, stem_kernel=5, max_pool=False)
RESNET18 = Network(18, stem_kernel=7, max_pool=True)
RESNET34 = Network(34, stem_kernel=7, max_pool=True)


@pytest.mark.parametrize(
    ('network', 'num_orientations', 'parameters'),
    [
        (GRESNET18, 4, 2_804_679),
        (GRESNET34, 4, 5_337_287),
        (RESNET18, 1, 11_180_103),
        (RESNET34, 1, 21_288_263),
    ],
)
def test_parameters(
    network: Network, num_orientations: int, parameters: int
) -> None:
    assert network.parameters(num_orientations) == parameters


@pytest.mark.parametrize(
    ('multiply_adds', 'giga'),
    [
        (GRESNET18.dense(), 1.7106),
        (GRESNET18.dense_expanded(), 1.7558),
        (GRESNET18.factorised(), 0.4525),
        (GRESNET18.factorised_stem_too(), 0.4462),
        (GRESNET18.factorised_folded(), 0.4378),
        (GRESNET34.dense(), 3.5603),
        (GRESNET34.factorised(), 0.9262),
        (Network(18, 5, max_pool=True).dense(), 0.4704),
        (Network(18, 5, max_pool=True).factorised(), 0.1323),
        (RESNET18.dense(), 0.4848),
        (RESNET34.dense(), 0.9650),
        (Network(18, 5, max_pool=False).dense(), 1.7106),
        (Network(18, 7, max_pool=False).dense(), 1.7251),
    ],
)
def test_multiply_adds_of_convolutions(
    multiply_adds: int, giga: float
) -> None:
    assert round(multiply_adds / 1e9, 4) == giga


def test_factorised_figure_has_three_parts() -> None:
    body = GRESNET18.body
    shared = sum(conv.dense() // 4 for conv in body)
    mix = sum(9 * c.channels_out * c.out**2 for c in body if c.kernel == 3)
    stem = GRESNET18.stem.dense()
    assert [round(part / 1e6, 1) for part in (shared, mix, stem)] == [
        423.9,
        13.5,
        15.1,
    ]
    assert shared + mix + stem == GRESNET18.factorised()


@pytest.mark.parametrize(
    ('convolutions', 'network', 'giga'),
    [
        (GRESNET18.dense(), GRESNET18, 1.714),
        (GRESNET18.factorised(), GRESNET18, 0.456),
        (RESNET18.dense(), RESNET18, 0.486),
    ],
)
def test_counter_total(
    convolutions: int, network: Network, giga: float
) -> None:
    total = convolutions + network.norm_flops() + network.pool_flops()
    assert round(total / 1e9, 3) == giga


def test_paper_total_is_convolutions_norms_and_relus() -> None:
    total = GRESNET18.dense() + GRESNET18.norm_flops() + GRESNET18.relu_flops()
    assert round(total / 1e9, 3) == 1.716


@pytest.mark.parametrize(
    ('planes', 'size', 'parameters', 'multiply_adds'),
    [
        (16, 56, 37_632, 602_112),  # before the last block of layer 1
        (64, 14, 2_352, 150_528),  # before the last block of layer 3
    ],
)
def test_frozen_shift(
    planes: int, size: int, parameters: int, multiply_adds: int
) -> None:
    shift = FrozenShift(planes, positions=4 * size * size)
    assert shift.parameters() == parameters
    assert shift.multiply_adds() == multiply_adds


def test_frozen_shift_at_the_stage_input_costs_twice() -> None:
    # Layer 3's input still has layer 2's 32 planes of 28x28.
    shift = FrozenShift(32, positions=4 * 28 * 28)
    assert shift.multiply_adds() == 2 * 150_528


def test_frozen_shift_over_all_channels() -> None:
    assert FrozenShift(64, positions=56 * 56).parameters() == 9_408


def test_shift_sites_agree_with_the_layer_table() -> None:
    last_of = {conv.channels_out: conv.out for conv in GRESNET18.body}
    assert (last_of[64], last_of[256]) == (56, 14)
