"""KDEF keeps the contract; its views, and names that were cut short."""

from csgresnet_mm.datasets import KDEF
from csgresnet_mm.datasets.layouts.kdef import WRITERS

from .contract import Bad, DatasetContract, Layout
from .contract.edits import image
from .contract.suite import seen

NOBODY = ('AF01ANX.JPG', 'AF01/AF01ANX.JPG')  # one lies beside other images


class TestKDEF(DatasetContract):
    kind = KDEF
    classes = 'Afraid Angry Disgusted Happy Neutral Sad Surprised'.split()
    layouts = {n: Layout(WRITERS[n], 'official', folds=True) for n in WRITERS}
    orders = ()  # Afraid is Fear there
    options = (dict(fold=1), dict(num_folds=3), dict(views=('S', 'HR')))
    arguments = {'views': (dict(views='X'), "views='X'; expected some of")}
    bad = {'name': Bad(image(*NOBODY), '/AF01ANX.JPG: ', 'bad name')}

    def group(self, path):
        return path.split('/')[-1][1:4]


def test_views_and_names_cut_short(tmp_path):
    WRITERS['official'](tmp_path, 4, 0)
    image('AF31V.JPG')(tmp_path)
    names = [p for s in ('train', 'test') for p, _ in seen(KDEF(tmp_path, s))]
    assert 'AF31V.JPG' in names
    kept = {p for p, _ in seen(KDEF(tmp_path, views='S'))}
    assert kept <= {n for n in names if n.endswith('S.JPG')} and kept
