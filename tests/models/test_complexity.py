"""MMEngine's counter sees every execution; figures derived by hand."""

import pytest
import torch
from mmengine.analysis import (
    FlopAnalyzer,
    complexity_analysis,
    get_model_complexity_info,
)

from csgresnet_mm.layers import set_execution
from csgresnet_mm.models import complexity
from tests.models.builders import classifier
from tests.oracle.counts import Network

BY_HAND = Network(18, 5, max_pool=False)
OPERATORS = ('gabor_conv2d', 'gabor_conv2d_fused')


def gresnet18(execution: str, deploy: bool = False) -> torch.nn.Module:
    model = classifier(512, 128, type='GResNet', depth=18).eval()
    set_execution(model, execution)
    if deploy:
        model.backbone.switch_to_deploy()
    model.forward = model.extract_feat
    return model


def counted(model: torch.nn.Module) -> dict[str, float]:
    with torch.no_grad():
        return get_model_complexity_info(
            model, (3, 112, 112), show_table=False, show_arch=False
        )


def test_figures_of_record() -> None:
    assert round(BY_HAND.dense() / 1e9, 4) == 1.7106
    assert round(BY_HAND.factorised() / 1e9, 4) == 0.4525


@pytest.mark.parametrize(
    'execution',
    ['dense', pytest.param('native', marks=pytest.mark.compiler)],
)
def test_flops_and_activations(execution: str) -> None:
    found = counted(gresnet18(execution))
    convolutions = {
        'dense': BY_HAND.dense(),
        'native': BY_HAND.factorised(),
    }
    rest = BY_HAND.norm_flops() + BY_HAND.pool_flops()
    assert found['flops'] == convolutions[execution] + rest
    outputs = sum(c.channels_out * c.out**2 for c in BY_HAND.convs)
    assert found['activations'] == outputs


@pytest.mark.compiler
def test_flops_of_the_deployed_form() -> None:
    found = counted(gresnet18('native', deploy=True))
    assert found['flops'] == BY_HAND.factorised() + BY_HAND.pool_flops()


def test_flops_of_the_factorised_form() -> None:
    model = gresnet18('factorised')
    counter = FlopAnalyzer(model, (torch.zeros(1, 3, 112, 112),))
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    found = counter.by_operator()
    mixture = sum(
        9 * c.channels_out * c.out**2 for c in BY_HAND.body if c.kernel == 3
    )
    assert found['conv'] == BY_HAND.factorised() - mixture
    # MMEngine reads the cost of einsum from a text with four digits
    assert found['einsum'] == pytest.approx(mixture, rel=5e-4)
    total = found['conv'] + found['einsum']
    assert round(total / 1e9, 4) == 0.4525


def test_mmengines_private_tables_hold_the_operators() -> None:
    assert tuple(complexity.BANK_ARGUMENT) == OPERATORS
    for name in OPERATORS:
        kind = f'csgresnet_mm::{name}'
        assert kind in complexity_analysis._DEFAULT_SUPPORTED_FLOP_OPS
        assert kind in complexity_analysis._DEFAULT_SUPPORTED_ACT_OPS
        schema = getattr(torch.ops.csgresnet_mm, name).default._schema
        names = [argument.name for argument in schema.arguments]
        assert names[:2] == ['x', 'weight']
        assert names[complexity.BANK_ARGUMENT[name]] == 'bank'
