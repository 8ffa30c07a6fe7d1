"""The benchmark of a GPU, as far as there is none: cases, table, goals."""

import json

import pytest
import torch

from csgresnet_mm.apis.measuring.compared_networks import DENSE, OURS
from csgresnet_mm.functional import measured
from csgresnet_mm.programs.benchmark import cuda, goals, measured_table
from csgresnet_mm.programs.benchmark.cases import QUICK, Case
from csgresnet_mm.programs.benchmark.results import Sample, compare
from csgresnet_mm.programs.benchmark.run import float32_precision

STAGES = {(3, 16), (3, 32), (3, 64), (3, 128), (1, 32), (1, 64), (1, 128)}


def cases(section, sizes=cuda.SIZES):
    return list(cuda.SECTIONS[section](sizes, 'cuda'))


def test_every_layer_but_the_stem_has_a_row_for_the_table():
    found = cases('layers')
    assert {(c.row.kernel_size, c.row.planes) for c in found} == STAGES
    assert {c.row.dtype for c in found} == {'float32', 'float16', 'bfloat16'}
    assert {arm.form.execution for c in found for arm in c.arms} == {
        'triton',
        'dense',
    }
    first = found[0].row
    assert (first.stride, first.channels, first.positions) == (1, 64, 56 * 56)
    assert len({c.name for c in found}) == len(found)


@pytest.mark.parametrize('section', ['fp16', 'bf16', 'tf32', 'inference'])
def test_inference_has_each_peer_with_and_without_a_graph(section):
    found = cases(section)
    assert [c.name for c in found] == ['batch 1', 'batch 32', 'batch 256']
    for case in found:
        assert case.arms[0].role == OURS
        assert case.arms[0].form.execution == 'triton'
        for role in {arm.role for arm in case.arms}:
            forms = [a.form for a in case.arms if a.role == role]
            assert all(f.folded and f.channels_last for f in forms)
            assert any(f.graph for f in forms)
    compiled = [a.form.compiled for c in found for a in c.arms]
    assert any(compiled) == (section == 'fp16')


def test_training_is_under_autocast_as_amp_is():
    for case in cases('training'):
        half = case.name.startswith('fp16')
        assert all(a.dtype == torch.float32 for a in case.arms)
        assert all((a.amp == torch.float16) == half for a in case.arms)


def test_trying_out_needs_no_graph_and_no_compiler():
    for section in cuda.SECTIONS:
        for case in cases(section, QUICK):
            assert not any(a.form.graph or a.form.compiled for a in case.arms)


def row(positions, training=False):
    return measured.Row('float16', 3, 1, 4, 64, 16, training, positions)


def measure(*times):
    """Cases of growing size; ours and dense take those milliseconds."""
    found, samples = [], []
    for index, (ours, dense) in enumerate(times):
        name = f'case {index}'
        found.append(Case(name, (), 'fp16', row(100 * (index + 1))))
        for role, form, values in (
            (OURS, 'triton', ours),
            ('dense', 'dense', dense),
        ):
            samples += [
                Sample('layers', name, role, 'layer', form, n, value, 'ms')
                for n, value in enumerate(values)
            ]
    return found, samples


@pytest.mark.parametrize(
    ('times', 'least'),
    [
        ([([1, 1, 1], [2, 2, 2]), ([1, 1, 1], [2, 2, 2])], 100),
        ([([3, 3, 3], [2, 2, 2]), ([1, 1, 1], [2, 2, 2])], 200),
        ([([1, 1, 1], [2, 2, 2]), ([3, 3, 3], [2, 2, 2])], None),
        ([([2, 2, 2], [2, 2, 2])], 100),  # not slower
        ([([1, 1, 3], [2, 1, 1])], None),  # by the lower quartile it is
    ],
)
def test_a_shape_is_taken_from_where_it_stays_faster(times, least):
    expected = [] if least is None else [row(least)]
    assert measured_table.faster_rows(*measure(*times)) == expected


def test_the_table_is_what_auto_reads(tmp_path):
    card = {
        'Card': 'a card',
        'Compute capability': '9.0',
        'Driver': '1',
        'Triton': '3.8.0',
    }
    path = tmp_path / 'measured.json'
    path.write_text(
        measured_table.as_json(card, '2.14', [row(100), row(5, True)])
    )
    assert measured.read(path) == {
        '9.0': {tuple(row(100)[:-1]): 100, tuple(row(5, True)[:-1]): 5}
    }
    assert json.loads(path.read_text())['9.0']['card'] == 'a card'


def test_goals_are_reached_missed_or_not_measured():
    samples = [
        Sample('fp16', 'batch 256', role, role, form, 0, value, 'ms')
        for role, form, value in (
            (OURS, 'triton, deployed', 2.0),
            (OURS, 'factorised', 0.1),
            (DENSE, 'dense', 5.0),
            ('stock ResNet', 'eager', 1.0),
        )
    ]
    lines = goals.verdicts(compare(samples), [row(100)])
    assert lines[0].endswith('dense GResNet / ours: 2.50, goal 2.0: reached')
    assert lines[1].endswith('stock ResNet / ours: 0.50, goal 1.0: missed')
    assert lines[2].endswith('not measured, goal 1.6')
    assert 'layer1: 1 shapes in inference, 0 in training' in lines[6]
    assert 'layer2: 0 shapes' in lines[7]


@pytest.mark.parametrize(
    ('precision', 'switch'), [('fp32', 'ieee'), ('tf32', 'tf32')]
)
def test_the_precision_is_set_for_a_while(precision, switch):
    before = torch.backends.cudnn.conv.fp32_precision
    with float32_precision(precision):
        assert torch.backends.cudnn.conv.fp32_precision == switch
        assert torch.backends.cuda.matmul.fp32_precision == switch
    assert torch.backends.cudnn.conv.fp32_precision == before
    with float32_precision('fp16'):
        assert torch.backends.cudnn.conv.fp32_precision == before
