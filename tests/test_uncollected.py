"""Imports that the garbage collector leaves alone."""

import gc

import pytest

from csgresnet_mm.uncollected import uncollected


@pytest.fixture(autouse=True)
def thawed():
    """The objects of the other tests are collected again after this one."""
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_in_the_block_and_it_stays():
    gc.unfreeze()
    with uncollected():
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)
    assert not any(each is made for each in gc.get_objects())


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_it_collects_again_after_an_import_that_fails():
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()
