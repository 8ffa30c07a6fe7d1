"""What the data sets are asked for, and cannot do, is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from csgresnet_mm.datasets import (
    FER2013,
    JAFFE,
    KDEF,
    RAFDB,
    SFEW,
    AffectNet,
    CKPlus,
    ExpW,
    FERPlus,
    RAFDBCompound,
)

ALL = (
    AffectNet,
    CKPlus,
    ExpW,
    FER2013,
    FERPlus,
    JAFFE,
    KDEF,
    RAFDB,
    RAFDBCompound,
    SFEW,
)
IGNORED: dict[str, tuple[dict[str, Any], str]] = {
    'data_prefix': (dict(data_prefix='train'), "split=, 'train' say"),
    'prefix of a path': (dict(data_prefix=dict(img_path='x')), 'data_root='),
    'ann_file': (dict(ann_file='list.txt'), 'label_file='),
    'filter_cfg': (dict(filter_cfg=dict(size=1)), 'indices='),
    'with_label': (dict(with_label=False), 'always read'),
    'extensions': (dict(extensions=('.jpg',)), 'every known suffix'),
    'misspelt': (dict(val_ration=0.1), "no argument 'val_ration'"),
}


@pytest.mark.parametrize('kind', ALL)
@pytest.mark.parametrize('case', IGNORED)
def test_F7_what_would_be_ignored_is_refused(
    tmp_path: Path, kind: Any, case: str
) -> None:
    arguments, text = IGNORED[case]
    with pytest.raises(TypeError) as caught:
        kind(tmp_path, lazy_init=True, **arguments)
    assert text in str(caught.value)
    assert str(caught.value).startswith(f'{kind.__name__} takes no ')
    for name in arguments:
        assert name in str(caught.value)


@pytest.mark.parametrize('kind', ALL)
def test_F7_empty_ones_ask_for_nothing(tmp_path: Path, kind: Any) -> None:
    """As MMPretrain's own defaults are, which dumped configs hold."""
    data = kind(
        tmp_path, lazy_init=True, ann_file='', data_prefix='', filter_cfg=None
    )
    assert len(data.ann_file) == 0


def test_F7_what_is_handed_on(tmp_path: Path) -> None:
    data = RAFDB(tmp_path, lazy_init=True, indices=3, max_refetch=5)
    assert (data._indices, data.max_refetch) == (3, 5)
