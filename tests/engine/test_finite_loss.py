"""A loss that is no number: nothing of it reaches the weights."""

import copy
import json
from functools import partial

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModule
from mmengine.optim.optimizer import amp_optimizer_wrapper
from mmpretrain.registry import MODELS
from tiny_run import log_of, model, runner

from csgresnet_mm.engine import FiniteLossHook
from csgresnet_mm.engine.safe_loading import load_from_local

HOOK = dict(type='FiniteLossHook')
SKIP = dict(HOOK, skip=True)


@MODELS.register_module()
class NormalisedPixels(BaseModule):
    """Whose statistics a batch changes before there is a loss."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(3)

    def forward(self, x):
        return (self.norm(x).flatten(1),)


class Poison(Hook):
    """Makes batches NaN or infinite, and keeps states around their step."""

    priority = 'HIGHEST'

    def __init__(self, *iterations, value=float('nan')):
        self.iterations = iterations
        self.value = value
        self.states = []
        self.paths = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter in self.iterations:
            data_batch['inputs'] = data_batch['inputs'].float()
            data_batch['inputs'][1, 0, 0, 0] = self.value
            self.paths = [s.img_path for s in data_batch['data_samples']]
            self.states.append(state_of(runner))

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ):
        if runner.iter in self.iterations:
            self.states.append(state_of(runner))


def state_of(run):
    optimizer = run.optim_wrapper.state_dict()['state']
    return copy.deepcopy((run.model.state_dict(), optimizer))


def tensors(state):
    weights, optimizer = state
    return [
        *weights.values(),
        *(entry['momentum_buffer'] for entry in optimizer.values()),
    ]


def equal(state, other):
    pairs = zip(tensors(state), tensors(other), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def training(work_dir, poison, hook=HOOK, epochs=3, **options):
    run = runner(
        work_dir,
        train={},
        epochs=epochs,
        hooks=[dict(type='SeedingHook'), *([hook] if hook else [])],
        model=dict(model(), backbone=dict(type='NormalisedPixels')),
        **options,
    )
    run.register_hook(poison)
    return run


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_the_run_stops_before_the_weights(tmp_path, value):
    poison = Poison(4, value=value)
    run = training(tmp_path, poison)
    with pytest.raises(FloatingPointError) as caught:
        run.train()
    before, after = poison.states[0], state_of(run)
    for name, weight in run.model.named_parameters():
        assert torch.equal(before[0][name], weight)
        assert weight.grad is None
    assert after[1].keys() == before[1].keys()
    text = str(caught.value)
    assert 'the loss is nan in epoch 2, iteration 5' in text
    assert f'pth: {", ".join(poison.paths)}. The weights are unt' in text


def test_the_batch_is_saved_in_plain_types(tmp_path):
    poison = Poison(4)
    with pytest.raises(FloatingPointError):
        training(tmp_path, poison).train()
    folder = tmp_path / 'nonfinite_loss'
    names = sorted(path.name for path in folder.iterdir())
    assert names == ['iter_5_rank_0.json', 'iter_5_rank_0.pth']
    samples = json.loads((folder / names[0]).read_text())
    assert [sample['img_path'] for sample in samples] == poison.paths
    for sample in samples:
        label, image = sample['img_path'].removesuffix('.png').split('/')
        assert sample['gt_label'] == [int(label)]
        assert sample['sample_idx'] == int(label) * 4 + int(image)
    inputs = torch.load(folder / names[1], weights_only=True)
    assert inputs.shape == (4, 3, 2, 2)
    assert inputs.isnan().nonzero().tolist() == [[1, 0, 0, 0]]


def test_a_step_is_left_out(tmp_path):
    poison = Poison(4, 7)
    run = training(tmp_path, poison, SKIP)
    run.train()
    before, after, before_second, after_second = poison.states
    assert equal(before, after)
    assert equal(before_second, after_second)
    assert not equal(after, before_second)
    assert all(t.isfinite().all() for t in tensors(state_of(run)))
    assert run.message_hub.get_info('skipped_losses') == 2
    assert 'left out, 2 of at most 10' in log_of(run)
    assert (tmp_path / 'nonfinite_loss/iter_8_rank_0.json').is_file()
    assert 'update_params' not in vars(run.optim_wrapper)


def test_the_guard_changes_no_finite_run(tmp_path):
    states = []
    for hook in (None, HOOK, SKIP):
        run = training(tmp_path / str(len(states)), Poison(), hook)
        run.train()
        states.append(state_of(run))
    assert equal(states[0], states[1])
    assert equal(states[0], states[2])


def test_so_many_steps_may_be_left_out(tmp_path):
    run = training(tmp_path, Poison(0, 4, 7), dict(SKIP, limit=2))
    with pytest.raises(FloatingPointError, match='iteration 8.*limit=2'):
        run.train()
    assert run.iter == 7


SAVING = {
    'default_hooks.checkpoint.type': 'CheckpointHook',
    'default_hooks.checkpoint.interval': 1,
}


def test_a_resumed_run_goes_on_counting(tmp_path):
    whole = training(tmp_path / 'whole', Poison(1, 7), SKIP)
    whole.train()
    training(tmp_path / 'killed', Poison(1), SKIP, 2, **SAVING).train()
    path = str(tmp_path / 'killed/epoch_2.pth')
    again = dict(resume=True, load_from=path, **SAVING)
    run = training(tmp_path / 'again', Poison(7), SKIP, **again)
    run.train()
    assert run.message_hub.get_info('skipped_losses') == 2
    assert equal(state_of(run), state_of(whole))
    short = dict(SKIP, limit=1)
    run = training(tmp_path / 'short', Poison(7), short, **again)
    with pytest.raises(FloatingPointError, match='limit=1'):
        run.train()
    saved = load_from_local(path)['message_hub']['runtime_info']
    assert saved['skipped_losses'] == 1


class Breaker(Hook):
    """A step that no loss shows."""

    def after_train_iter(self, runner, *args, **kwargs):
        if runner.iter == 3:
            with torch.no_grad():
                runner.model.head.fc.weight[0, 0] = torch.inf


@pytest.mark.parametrize('hook', [HOOK, SKIP])
def test_weights_that_are_broken_are_reported(tmp_path, hook):
    run = training(tmp_path, Poison(), hook)
    run.register_hook(Breaker())
    with pytest.raises(FloatingPointError, match=r'\(head.fc.weight\): an e'):
        run.train()
    assert run.iter == 4


def test_what_cannot_be_left_out_is_refused(tmp_path):
    accumulating = {'optim_wrapper.accumulative_counts': 3}
    run = training(tmp_path, Poison(), SKIP, **accumulating)
    with pytest.raises(ValueError, match='accumulative_counts=3; 1 is exp'):
        run.train()
    with pytest.raises(FloatingPointError, match='epoch 2, iteration 5'):
        training(tmp_path / '2', Poison(4), **accumulating).train()
    with pytest.raises(ValueError, match='limit=-1'):
        FiniteLossHook(skip=True, limit=-1)


@pytest.fixture
def scaler(monkeypatch):
    """AMP's loss scaling on the CPU, where MMEngine refuses it."""
    monkeypatch.setattr(amp_optimizer_wrapper, 'is_cuda_available', bool)
    monkeypatch.setattr(
        amp_optimizer_wrapper, 'is_npu_available', lambda: True
    )
    monkeypatch.setattr(
        amp_optimizer_wrapper,
        'GradScaler',
        partial(torch.amp.GradScaler, 'cpu', init_scale=2.0**127),
    )
    return {
        'optim_wrapper.type': 'AmpOptimWrapper',
        'optim_wrapper.dtype': 'bfloat16',
    }


def test_what_a_loss_scaler_leaves_out_is_its_own_affair(tmp_path, scaler):
    scaler['model.head.loss.loss_weight'] = 100.0
    run = training(tmp_path, Poison(), epochs=5, **scaler)
    run.train()  # its gradients are infinite until the scale fits
    assert 1 < run.optim_wrapper.loss_scaler.get_scale() < 2.0**127
    assert all(w.isfinite().all() for w in run.model.parameters())


def test_a_loss_left_out_does_not_reach_the_loss_scaler(tmp_path, scaler):
    run = training(tmp_path, Poison(*range(9)), SKIP, **scaler)
    run.train()
    assert run.optim_wrapper.loss_scaler.get_scale() == 2.0**127
    assert run.message_hub.get_info('skipped_losses') == 9


def test_batches_without_names_are_saved(tmp_path):
    hook = FiniteLossHook()
    run = training(tmp_path, Poison())
    hook.before_train_iter(run, 0, dict(inputs=[torch.zeros(2)]))
    message = hook._save(run, torch.tensor(torch.nan))
    assert message.endswith('it names no files')
    path = tmp_path / 'nonfinite_loss/iter_1_rank_0.json'
    assert json.loads(path.read_text()) == []


def test_a_huge_max_norm_logs_the_gradient_and_clips_nothing(tmp_path):
    plain = training(tmp_path / 'plain', Poison())
    plain.train()
    logging = {
        'optim_wrapper.clip_grad.max_norm': 1e30,
        'default_hooks.logger.type': 'LoggerHook',
        'default_hooks.logger.interval': 1,
    }
    run = training(tmp_path / 'logged', Poison(), **logging)
    run.train()
    assert equal(state_of(plain), state_of(run))
    lines = [
        json.loads(line)
        for line in (
            tmp_path / f'logged/{run.timestamp}/vis_data/scalars.json'
        )
        .read_text()
        .splitlines()
    ]
    assert len(lines) == 9
    assert all(line['grad_norm'] > 0 for line in lines)


@pytest.mark.parametrize('size', [0.0, 1e-30, 1.0, 1e18])
def test_a_huge_max_norm_multiplies_by_one_exactly(size):
    weight = torch.nn.Parameter(torch.zeros(64))
    gradient = size * torch.randn(64, generator=torch.Generator())
    weight.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_([weight], max_norm=1e30)
    assert norm == torch.linalg.vector_norm(gradient)
    assert torch.equal(weight.grad, gradient)
