"""What every test shares."""

import os
from collections.abc import Iterator

import pytest
import torch
from mmengine.registry import DefaultScope


def pytest_configure(config: pytest.Config) -> None:
    """Processes that share the cores (``pytest -n 2``) take one each."""
    if hasattr(config, 'workerinput') and 'OMP_NUM_THREADS' not in os.environ:
        os.environ['OMP_NUM_THREADS'] = '1'  # of the programs they start
        torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope='session')
def own_data_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What data sets keep for the next time lies in a folder of this run."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp('data-cache')
        patch.setenv('CSGRESNET_DATA_CACHE', str(folder))
        yield


@pytest.fixture(autouse=True)
def restore_default_scope():
    """A Runner sets MMEngine's default scope for the whole process."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)
