"""KDEF, beside what the contract holds for every data set."""

import pytest

from csgresnet_mm.datasets import KDEF
from csgresnet_mm.datasets.layouts._images import encode, put
from csgresnet_mm.datasets.layouts.kdef import WRITERS


@pytest.mark.parametrize('split', ['train', 'test'])
@pytest.mark.parametrize('name', WRITERS)
def test_written(tmp_path, name, split):
    written = WRITERS[name](tmp_path, 20, 0)
    own = [(f'{tmp_path}/{p}', n) for s, p, n in written if s == split]
    for views, ends in (('S', 'S.JPG'), (('FL', 'HR'), ('FL.JPG', 'HR.JPG'))):
        data = KDEF(tmp_path, split, views=views)
        infos = data.load_data_list()
        assert {i['group'][0] for i in infos} <= set('FM')
        found = {(i['img_path'], i['gt_label']) for i in infos}
        assert (
            found == {pair for pair in own if pair[0].endswith(ends)} != set()
        )


def test_names_that_the_release_cuts_short(tmp_path):
    put(tmp_path / 'AF31' / 'AF31V.JPG', encode(0))
    WRITERS['official'](tmp_path, 2, 0)
    assert 'F31' in {i['group'] for i in KDEF(tmp_path).load_data_list()}
