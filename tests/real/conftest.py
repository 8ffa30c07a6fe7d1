"""The real FER2013 and FER+, in the layouts that go round."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope='session')
def real() -> Path:
    """Holds csv/, folders/ and ferplus/."""
    root = os.environ.get('CSGRESNET_REAL_DATA')
    if not root:
        pytest.fail(
            'CSGRESNET_REAL_DATA is not set; expected a folder that holds '
            'csv/, folders/ and ferplus/'
        )
    return Path(root)
