"""Items are taken in a thread, and the thread ends."""

import threading
import time

import pytest

from csgresnet_mm.apis.predictor.read_ahead import read_ahead


def threads():
    return [t for t in threading.enumerate() if t.name == 'read_ahead']


def test_items_come_in_order_and_the_thread_ends():
    assert list(read_ahead(iter(range(100)), 3)) == list(range(100))
    assert not threads()


def test_no_more_are_taken_than_may_wait():
    taken = []
    items = read_ahead((taken.append(i) or i for i in range(100)), 3)
    assert next(items) == 0
    time.sleep(0.3)
    assert len(taken) == 5  # one given, three waiting, one in the hand
    items.close()
    assert not threads() and len(taken) == 5


def test_the_next_is_made_while_one_is_used():
    made = threading.Event()

    def make():
        yield 1
        made.set()
        yield 2

    items = read_ahead(make(), 1)
    next(items)
    assert made.wait(10)
    items.close()


def test_an_error_is_raised_where_the_items_are_used():
    def make():
        yield 1
        raise KeyError('x')

    items = read_ahead(make(), 2)
    assert next(items) == 1
    with pytest.raises(KeyError, match='x'):
        next(items)
    assert not threads()


def test_what_is_never_asked_for_is_never_begun():
    read_ahead(iter(()), 1).close()
    assert not threads()
