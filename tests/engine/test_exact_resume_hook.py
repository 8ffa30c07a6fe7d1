"""What a run resumes from, and what a checkpoint may make it do."""

import subprocess
import sys

import pytest
import torch
from tiny_run import log_of, runner

from csgresnet_mm.engine.safe_loading import load_from_local
from csgresnet_mm.engine.saved_paths import localise_paths

HOOKS = [dict(type='SeedingHook'), dict(type='ExactResumeHook')]
SAVING = dict(
    type='CheckpointHook',
    interval=1,
    max_keep_ckpts=2,
    save_best='accuracy/top1',
    backend_args=dict(backend='atomic'),
)


def training(work_dir, epochs=2, resume=True, **options):
    return runner(
        work_dir,
        train={},
        val=dict(test_mode=True),
        epochs=epochs,
        hooks=HOOKS,
        **{
            'default_hooks.checkpoint': SAVING,
            'resume': resume,
            **options,
        },
    )


def trained(work_dir, epochs=2):
    training(work_dir, epochs, resume=False).train()
    return work_dir / f'epoch_{epochs}.pth'


def info_of(path):
    return load_from_local(str(path), 'cpu')['message_hub']['runtime_info']


def change(path, **info):
    checkpoint = load_from_local(str(path), 'cpu')
    checkpoint['message_hub']['runtime_info'].update(info)
    torch.save(checkpoint, path)


def count_validations(run, monkeypatch):
    loop_run, calls = type(run.val_loop).run, []

    def counted(loop):
        calls.append(run.epoch)
        return loop_run(loop)

    monkeypatch.setattr(type(run.val_loop), 'run', counted)
    return calls


def test_a_checkpoint_holds_its_validation(tmp_path, monkeypatch):
    path = trained(tmp_path)
    assert info_of(path)['last_validated'] == 2
    run = training(tmp_path, epochs=3)
    calls = count_validations(run, monkeypatch)
    run.train()
    assert calls == [3]


def test_a_validation_is_made_up_for_once(tmp_path, monkeypatch):
    path = trained(tmp_path)
    change(path, last_validated=1)
    run = training(tmp_path)
    calls = count_validations(run, monkeypatch)
    run.train()
    assert calls == [2]
    assert 'validation of epoch 2 is due' in log_of(run)
    info = info_of(path)
    assert (info['last_validated'], info['epoch'], info['iter']) == (2, 1, 5)


def test_only_what_is_due_is_made_up_for(tmp_path, monkeypatch):
    change(trained(tmp_path), last_validated=0)
    run = training(tmp_path, epochs=3, **{'train_cfg.val_interval': 3})
    calls = count_validations(run, monkeypatch)
    run.train()
    assert calls == [3]


def test_a_foreign_checkpoint_is_left_alone(tmp_path, monkeypatch):
    path = trained(tmp_path)
    checkpoint = load_from_local(str(path), 'cpu')
    hub = checkpoint['message_hub']
    for part in ('runtime_info', 'resumed_keys'):
        hub[part].pop('last_validated')
    torch.save(checkpoint, path)
    run = training(tmp_path)
    calls = count_validations(run, monkeypatch)
    run.train()
    assert calls == []


def test_validation_alone_saves_nothing(tmp_path):
    path = trained(tmp_path)
    before = path.read_bytes()
    saving = {'default_hooks.checkpoint.save_best': None}
    training(tmp_path, resume=False, load_from=str(path), **saving).val()
    assert path.read_bytes() == before


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path):
    path = trained(tmp_path)
    weights = load_from_local(str(path), 'cpu')['state_dict']
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match='epoch_2.pth is damaged'):
        training(tmp_path, load_from=str(path)).train()
    run = training(tmp_path)
    run.train()
    log = log_of(run)
    assert 'epoch_2.pth is damaged (its checksum does not fit)' in log
    assert f'Load checkpoint from {tmp_path}/epoch_1.pth' in log
    again = load_from_local(str(path), 'cpu')['state_dict']
    assert all(torch.equal(again[key], weights[key]) for key in weights)


def test_a_run_without_checkpoints_starts(tmp_path):
    (tmp_path / 'last_checkpoint').touch()  # torn
    run = training(tmp_path, epochs=1)
    run.train()
    assert f'no checkpoint in {tmp_path}: from the start' in log_of(run)


def test_a_moved_run_goes_on(tmp_path):
    trained(tmp_path / 'old', epochs=1)
    (tmp_path / 'old').rename(tmp_path / 'new')
    run = training(tmp_path / 'new')
    run.train()
    assert run.epoch == 2
    info = info_of(tmp_path / 'new/epoch_2.pth')
    assert info['best_ckpt'].startswith(str(tmp_path / 'new/best_'))


def test_one_kept_checkpoint_is_refused(tmp_path):
    run = training(tmp_path, **{'default_hooks.checkpoint.max_keep_ckpts': 1})
    with pytest.raises(ValueError, match=r'max_keep_ckpts=1\) deletes'):
        run.train()


@pytest.mark.parametrize('kind', ['file', 'folder', 'numbers'])
def test_a_checkpoint_cannot_delete(tmp_path, kind):
    victim = tmp_path / 'victim'
    victim.mkdir()
    inner = victim / 'best_thesis.txt'
    inner.write_text('all of it')
    (tmp_path / 'run/epoch_x').mkdir(parents=True)
    path = trained(tmp_path / 'run')
    names = dict(file=str(inner), folder=str(victim), numbers=None)
    change(path, best_ckpt=names[kind], best_score=-1.0)
    if kind == 'numbers':
        name = f'x/../../{victim.name}/best_thesis.txt'
        change(path, keep_ckpt_ids=[name, 1, 2])
    run = training(
        tmp_path / 'run',
        epochs=3,
        **{'default_hooks.checkpoint.filename_tmpl': 'epoch_{}'}
        if kind == 'numbers'
        else {},
        load_from=str(path),
    )
    run.train()
    assert inner.read_text() == 'all of it'
    if kind != 'file':
        assert 'dropped from the checkpoint: ' in log_of(run)


@pytest.mark.parametrize(
    ('info', 'expected'),
    [
        ({'best_ckpt': '/a/best_1.pth'}, {'best_ckpt': '/run/best_1.pth'}),
        ({'best_ckpt': 'C:\\a\\best_1'}, {'best_ckpt': '/run/best_1'}),
        ({'best_ckpt_acc': '/a/last_checkpoint'}, {}),
        ({'best_ckpt': '/a/..'}, {}),
        ({'best_ckpt': '..'}, {}),
        ({'best_ckpt': 'best_\0'}, {}),
        ({'best_ckpt': 7}, {}),
        ({'best_ckpt': None}, {'best_ckpt': None}),
        ({'last_ckpt': '../epoch_1.pth'}, {'last_ckpt': '/run/epoch_1.pth'}),
        ({'last_ckpt': ''}, {}),
        ({'keep_ckpt_ids': [1, 2]}, {'keep_ckpt_ids': [1, 2]}),
        ({'keep_ckpt_ids': ['../x']}, {}),
        ({'keep_ckpt_ids': 'abc'}, {}),
        ({'best_score': '/etc'}, {'best_score': '/etc'}),
    ],
)
def test_paths_move_to_the_run_or_are_dropped(info, expected):
    key = next(iter(info))
    dropped = localise_paths(dict(runtime_info=info), '/run')
    assert info == expected
    assert [line.split('=')[0] for line in dropped] == [key] * (not expected)


@pytest.mark.parametrize('hub', [None, [], {}, dict(runtime_info=[1])])
def test_another_hub_is_refused(hub):
    with pytest.raises(ValueError, match='a dict is expected'):
        localise_paths(hub, '/run')


def test_the_package_alone_changes_nothing():
    code = (
        'import csgresnet_mm\n'
        'from mmengine.fileio.backends.registry_utils import backends\n'
        'from mmpretrain.registry import HOOKS\n'
        'print("atomic" in backends, "SeedingHook" in HOOKS)\n'
        'import csgresnet_mm.engine\n'
        'print("atomic" in backends, type(backends["local"]()).__name__)\n'
    )
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-2:] == [
        'False False',
        'True LocalBackend',
    ]


def test_M1_the_last_validation_is_due_whatever_the_interval(
    tmp_path, monkeypatch
):
    interval = {'train_cfg.val_interval': 3}
    training(tmp_path, 4, resume=False, **interval).train()
    change(tmp_path / 'epoch_4.pth', last_validated=3)
    run = training(tmp_path, 4, **interval)
    calls = count_validations(run, monkeypatch)
    run.train()
    assert calls == [4]
