"""What every test shares."""

from collections.abc import Iterator

import pytest
from mmengine.registry import DefaultScope


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
