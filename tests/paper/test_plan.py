"""Items become runs: each once, pre-trainings first."""

import pytest

from csgresnet_mm.paper.plan import (
    HONEST,
    ITEMS,
    Run,
    Sizes,
    plan,
    runs_of,
)

DEMO = Sizes(3, demo=True, pretrain=False, ablation_seeds=1, divisors=(16,))


def test_runs_are_there_once_and_in_one_order():
    forward = plan(ITEMS, Sizes())
    assert len({run.id for run in forward}) == len(forward)
    assert plan(reversed(ITEMS), Sizes()) == forward


def test_each_pre_training_comes_before_what_needs_it():
    runs = plan(ITEMS, Sizes())
    for place, run in enumerate(runs):
        if run.needs is not None:
            assert runs.index(run.needs) < place


def test_the_papers_protocols_and_splits():
    assert [run.id for run in runs_of('table4', Sizes(1))] == [
        'csgresnet18_affectnet-fer2013-paper_test_seed0',
        'csgresnet18_affectnet-fer2013_test_seed0',
        'csgresnet18_affectnet-fer2013_honest_seed0',
    ]
    assert len(runs_of('fig3', Sizes(5))) == 4 * 3 * 5
    assert len(runs_of('fig4', Sizes(1, ablation_seeds=1))) == 25 * 3
    assert runs_of('table1', Sizes()) == runs_of('table2', Sizes()) == []


def test_the_demo_is_at_most_40_trainings_on_synthetic_faces():
    runs = plan(ITEMS, DEMO)
    assert len(runs) <= 40
    assert {run.data for run in runs} == {'demo'}
    fig3 = {run.seed for run in runs_of('fig3', DEMO)}
    assert fig3 == {0, 1, 2}
    cells = {run.network for run in runs_of('fig4', DEMO)}
    assert len(cells) == 8 + 1  # and the network without a shift
    assert sum(run.protocol == HONEST for run in runs) == 3


def test_without_pre_training_nothing_is_needed():
    runs = plan(['table3'], Sizes(1, pretrain=False))
    assert [run.needs for run in runs] == [None, None]
    assert runs[0] == Run('csgresnet18', 'rafdb', 'test', 0)


def test_unknown_item_raises():
    with pytest.raises(KeyError):
        runs_of('table9', Sizes())
