"""Counting parameters and multiply-adds."""

from __future__ import annotations

import logging

from mmengine.logging import MMLogger

from csgresnet_mm.apis.measuring.cost import count
from csgresnet_mm.apis.trained import load_trained
from tests.apis.small_run import write_run


def test_counting_is_silent_and_leaves_the_logger_as_it_was(
    tmp_path, monkeypatch
):
    trained = load_trained(*write_run(tmp_path, 1))
    logger = MMLogger.get_current_instance()
    said = []
    monkeypatch.setattr(logger, 'handle', said.append)
    cost = count(trained.model, trained.info)
    assert said == []
    assert cost.multiply_adds['factorised'] < cost.multiply_adds['dense']
    assert logger.isEnabledFor(logging.WARNING)
    logger.warning('told')
    assert len(said) == 1
