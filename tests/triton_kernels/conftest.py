"""Where the kernels run, and how exact."""

import os
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from csgresnet_mm.functional import operators, plans


@pytest.fixture(scope='session')
def device() -> str:
    if torch.cuda.is_available():
        return 'cuda'
    if os.environ.get('TRITON_INTERPRET') != '1':
        pytest.fail('without a GPU set TRITON_INTERPRET=1')
    return 'cpu'


@pytest.fixture(autouse=True)
def full_float32() -> Iterator[None]:
    before = torch.backends.cudnn.conv.fp32_precision
    torch.backends.cudnn.conv.fp32_precision = 'ieee'
    yield
    torch.backends.cudnn.conv.fp32_precision = before


@pytest.fixture(autouse=True)
def silent_numpy() -> Iterator[None]:
    """The interpreter's: it warns of a NaN that a product makes."""
    with np.errstate(all='ignore'):
        yield


@pytest.fixture
def operator_device(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The device whose operators are the Triton kernels."""
    if device == 'cuda':
        yield device
        return
    library = torch.library.Library('csgresnet_mm', 'IMPL')
    for name, kernel in operators.TRITON.items():
        library.impl(name, kernel, 'CPU', allow_override=True)
    monkeypatch.setattr(plans, '_TRITON_DEVICE', 'cpu')
    yield device
    library._destroy()
