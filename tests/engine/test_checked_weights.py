"""A checkpoint that does not fit raises before training or a test."""

import pytest
import torch
from mmengine.hooks import Hook
from tiny_run import CLASSES, model, runner

from csgresnet_mm.engine.safe_loading import load_from_local

HOOKS = [dict(type='ClassOrderHook'), dict(type='CheckedWeightsHook')]
EMA = dict(type='EMAHook', momentum=0.5)
WEIGHT = 'head.fc.weight'


class Count(Hook):
    def __init__(self):
        self.iterations = 0

    def before_train_iter(self, *args, **kwargs):
        self.iterations += 1

    def before_test_iter(self, *args, **kwargs):
        self.iterations += 1


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp('trained')
    runner(folder, train={}, epochs=1, hooks=[EMA]).train()
    return folder / 'epoch_1.pth'


@pytest.fixture
def changed(trained, tmp_path):
    """Writes the trained checkpoint with another state dict."""

    def change(edit, part='state_dict'):
        checkpoint = load_from_local(str(trained))
        edit(checkpoint[part])
        path = tmp_path / 'changed.pth'
        torch.save(checkpoint, path)
        return path

    return change


USES = ['test', 'load_from', 'resume']


def use(how, work_dir, path, hooks=(), **options):
    """The iterations that ran with a checkpoint."""
    split = 'test' if how == 'test' else 'train'
    run = runner(
        work_dir,
        hooks=[*HOOKS, *hooks],
        load_from=str(path),
        resume=how == 'resume',
        epochs=2,
        **{split: options.pop('data', {})},
        **options,
    )
    count = Count()
    run.register_hook(count)
    try:
        run.test() if how == 'test' else run.train()
    except ValueError:
        assert count.iterations == 0
        raise
    return count.iterations


def rename(state):
    state['head.linear.weight'] = state.pop(WEIGHT)


def cut(state):
    state[WEIGHT] = state[WEIGHT][:, :6]


def poison(state):
    state[WEIGHT][1, 2] = torch.nan


def overflow(state):
    state['head.fc.bias'][0] = torch.inf


def add(state):
    state['neck.weight'] = torch.zeros(1)


def falsify(state):
    state[WEIGHT] = 'weights'


EDITS = [
    (
        rename,
        'fc.weight: in the model, not .*; head.linear.weight: in the file',
    ),
    (
        add,
        'fit the model: neck.weight: in the file, not in the model. To start',
    ),
    (cut, r'fc.weight: found shape \(3, 6\), expected \(3, 12\)'),
    (poison, 'NaN or infinite are head.fc.weight; finite'),
    (overflow, 'NaN or infinite are head.fc.bias; finite'),
    (falsify, 'head.fc.weight.*expected torch.Tensor'),
]


@pytest.mark.parametrize('how', USES)
@pytest.mark.parametrize(('edit', 'message'), EDITS)
def test_what_does_not_fit_raises(changed, tmp_path, how, edit, message):
    path = changed(edit)
    with pytest.raises(ValueError, match=message) as caught:
        use(how, tmp_path / 'run', path)
    assert f'state_dict of checkpoint {path}' in str(caught.value)


@pytest.mark.parametrize('how', USES)
@pytest.mark.parametrize('hooks', [[], [EMA]])
def test_what_fits_is_used(trained, tmp_path, how, hooks):
    expected = dict(test=3, load_from=6, resume=3)[how]
    assert use(how, tmp_path, trained, hooks) == expected


def test_weights_of_a_wrapped_model_fit(changed, tmp_path):
    def wrap(state):
        for key in list(state):
            state[f'module.{key}'] = state.pop(key)

    assert use('test', tmp_path / 'run', changed(wrap)) == 3


def test_a_bare_state_dict_is_looked_at(trained, tmp_path):
    state = load_from_local(str(trained))['state_dict']
    path = tmp_path / 'bare.pth'
    torch.save(state, path)
    assert use('test', tmp_path / 'run', path) == 3
    poison(state)
    torch.save(state, path)
    with pytest.raises(ValueError, match='bare.pth: NaN'):
        use('test', tmp_path / 'run', path)


def test_a_state_that_is_no_dict_raises(trained, tmp_path):
    path = tmp_path / 'list.pth'
    torch.save(dict(state_dict=[1, 2]), path)
    with pytest.raises(ValueError, match='is list; a dict of name'):
        use('test', tmp_path / 'run', path)


@pytest.mark.parametrize('edit', [poison, cut])
def test_averaged_weights_are_looked_at(changed, tmp_path, edit):
    def inner(state):
        state[WEIGHT] = state.pop(f'module.{WEIGHT}')
        edit(state)
        state[f'module.{WEIGHT}'] = state.pop(WEIGHT)

    path = changed(inner, 'ema_state_dict')
    with pytest.raises(ValueError, match='^ema_state_dict of checkpoint'):
        use('resume', tmp_path / 'run', path, [EMA])


@pytest.mark.parametrize('how', USES)
def test_another_number_of_classes_raises(trained, tmp_path, how):
    four = dict(order=(*CLASSES, 'Fear'), counts=(4, 4, 4, 4))
    message = 'other classes'
    if how == 'load_from':
        message = r'head.fc.weight.*\(3, 12\).*\(4, 12\).*use init_cfg=dict\('
    with pytest.raises(ValueError, match=message):
        use(how, tmp_path, trained, data=four, model=model(4))


@pytest.mark.parametrize('how', USES)
def test_a_truncated_file_raises(trained, tmp_path, how):
    path = tmp_path / 'cut.pth'
    path.write_bytes(trained.read_bytes()[:-200])
    with pytest.raises(ValueError, match='cut.pth cannot be read.*truncated'):
        use(how, tmp_path / 'run', path)


def test_many_keys_are_cut_short(changed, tmp_path):
    def more(state):
        state.update({f'extra.{i}': torch.zeros(1) for i in range(7)})

    with pytest.raises(
        ValueError, match=r'extra\.4: .* and 2 more\. To start'
    ):
        use('test', tmp_path / 'run', changed(more))


# ---- init_cfg --------------------------------------------------------


def initialise(work_dir, path, prefix=None, part=None):
    """The iterations of a run whose model, or a part, takes the weights."""
    entry = dict(type='Pretrained', checkpoint=str(path))
    if prefix is not None:
        entry['prefix'] = prefix
    settings = model()
    (settings if part is None else settings[part])['init_cfg'] = entry
    run = runner(work_dir, hooks=HOOKS, train={}, epochs=2, model=settings)
    count = Count()
    run.register_hook(count)
    try:
        run.train()
    except ValueError:
        assert count.iterations == 0
        raise
    return count.iterations


@pytest.mark.parametrize('edit', [rename, cut, poison, overflow])
def test_init_cfg_that_does_not_fit_raises(changed, tmp_path, edit):
    path = changed(edit)
    with pytest.raises(ValueError, match=r'head\.fc\.') as caught:
        initialise(tmp_path / 'run', path)
    message = f'checkpoint {path} (init_cfg of the model)'
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(('prefix', 'part'), [(None, None), ('head', 'head')])
def test_init_cfg_that_fits_is_used(trained, tmp_path, prefix, part):
    assert initialise(tmp_path, trained, prefix, part) == 6


def test_init_cfg_without_a_prefix_may_hold_more(changed, tmp_path):
    def add_nan(state):
        state['other.weight'] = torch.full((1,), torch.nan)

    assert initialise(tmp_path / 'run', changed(add_nan)) == 6


def test_a_prefix_selects_exactly_a_part(changed, tmp_path):
    def add_to_head(state):
        state['head.more'] = torch.zeros(1)

    message = (
        r"init_cfg of head, prefix='head'\) does not .* more: in the file, not"
    )
    with pytest.raises(ValueError, match=message):
        initialise(tmp_path / 'run', changed(add_to_head), 'head', 'head')


def test_a_part_that_is_not_there_raises(trained, tmp_path):
    message = (
        r"epoch_1\.pth: no key begins with prefix='neck'; its .* with head"
    )
    with pytest.raises(ValueError, match=message):
        initialise(tmp_path / 'run', trained, 'neck', 'head')


def test_init_cfg_names_a_truncated_file(trained, tmp_path):
    path = tmp_path / 'cut.pth'
    path.write_bytes(trained.read_bytes()[:-200])
    with pytest.raises(ValueError, match='cut.pth cannot be read.*truncated'):
        initialise(tmp_path / 'run', path, 'head', 'head')
