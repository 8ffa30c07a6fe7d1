"""A run's log and checkpoints say which data it was trained on."""

import mmcv
import numpy as np
import pytest
from tiny_run import TinyColours, log_of, runner

from csgresnet_mm.datasets.cache.content_hashes import (
    hash_file,
    keep_content_hashes,
)
from csgresnet_mm.engine.hooks.fingerprint_hook import META_KEY, fingerprint
from csgresnet_mm.engine.safe_loading import load_from_local

HOOK = [dict(type='FingerprintHook')]
WARNING = 'are not those of the run that is resumed'


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))


@pytest.fixture
def folders(tmp_path):
    """Class folders, as MMPretrain's CustomDataset reads them."""
    root = tmp_path / 'images'
    for split in ('train', 'val'):
        for number, name in enumerate(('cat', 'dog', 'owl')):
            for index in range(2):
                image = np.full((2, 2, 3), 40 * number + index, np.uint8)
                path = root / split / name / f'{index}.png'
                mmcv.imwrite(image, str(path))
    return root


def custom(root, split):
    return dict(
        _delete_=True,
        type='CustomDataset',
        data_root=str(root),
        data_prefix=split,
        with_label=True,
        pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')],
    )


def train(work_dir, root, **options):
    run = runner(
        work_dir,
        train={},
        val={},
        hooks=HOOK,
        epochs=options.pop('epochs', 1),
        **{
            'train_dataloader.dataset': custom(root, 'train'),
            'val_dataloader.dataset': custom(root, 'val'),
            **options,
        },
    )
    run.train()
    return run


def saved(run):
    path = f'{run.work_dir}/epoch_{run.epoch}.pth'
    return load_from_local(path, 'cpu')['meta'][META_KEY]


def test_the_checkpoint_and_the_log_have_it(tmp_path, folders):
    run = train(tmp_path / 'run', folders)
    data = saved(run)
    assert list(data) == ['train', 'val']
    (part,) = data['train']
    assert part['dataset'] == 'CustomDataset'
    assert part['root'] == str(folders)
    assert part['images'] == 6
    assert len(part['fingerprint']) == 32
    assert 'contents' not in part
    assert part['fingerprint'] != data['val'][0]['fingerprint']
    log = log_of(run)
    assert (
        f'data of train: dataset CustomDataset, root {folders}, images 6, '
        f'fingerprint {part["fingerprint"]}'
    ) in log
    assert 'data of val: ' in log


def test_a_data_sets_own_fingerprint_is_taken():
    class Own(TinyColours):
        fingerprint = 'abc'
        split = 'train'

    assert fingerprint(Own(data_root='/data')) == dict(
        dataset='Own',
        root='/data',
        split='train',
        images=12,
        fingerprint='abc',
    )


def test_all_parts_of_a_wrapper_are_named(tmp_path):
    parts = [dict(type='TinyColours'), dict(type='TinyColours')]
    both = dict(_delete_=True, type='ConcatDataset', datasets=parts)
    run = runner(
        tmp_path,
        train={},
        hooks=HOOK,
        epochs=1,
        **{'train_dataloader.dataset': both},
    )
    run.train()
    assert [part['images'] for part in saved(run)['train']] == [12, 12]


def named(root):
    from mmpretrain.datasets import CustomDataset

    return fingerprint(CustomDataset(data_root=str(root), data_prefix='train'))


def test_it_depends_on_names_sizes_and_labels_not_on_the_place(
    tmp_path, folders
):
    first = named(folders)['fingerprint']
    moved = folders.rename(tmp_path / 'moved')
    assert named(moved)['fingerprint'] == first
    image = moved / 'train' / 'cat' / '0.png'
    image.rename(image.with_name('9.png'))
    renamed = named(moved)['fingerprint']
    image.with_name('9.png').write_bytes(b'longer' * 100)
    resized = named(moved)['fingerprint']
    (moved / 'train' / 'dog').rename(moved / 'train' / 'bee')
    relabelled = named(moved)['fingerprint']
    assert len({first, renamed, resized, relabelled}) == 4


def test_contents_are_hashed_where_they_are_known(folders):
    images = sorted(folders.glob('train/*/*.png'))
    known = {str(path): hash_file(path) for path in images[1:]}
    keep_content_hashes(folders, known)
    assert 'contents' not in named(folders)
    keep_content_hashes(folders, {str(images[0]): hash_file(images[0])})
    first = named(folders)
    assert len(first['contents']) == 32
    assert named(folders) == first
    # as long as before, so names, sizes and labels do not show it
    data = bytearray(images[0].read_bytes())
    data[-1] ^= 1
    images[0].write_bytes(data)
    changed = named(folders)
    assert 'contents' not in changed
    assert changed['fingerprint'] == first['fingerprint']
    keep_content_hashes(folders, {str(images[0]): hash_file(images[0])})
    assert named(folders)['contents'] != first['contents']


def test_a_resumed_run_on_other_data_is_warned(tmp_path, folders):
    path = f'{train(tmp_path / "a", folders).work_dir}/epoch_1.pth'
    again = dict(epochs=2, load_from=path, resume=True)
    run = train(tmp_path / 'b', folders, **again)
    assert WARNING not in log_of(run)
    before = saved(run)['train'][0]['fingerprint']
    (folders / 'train' / 'owl' / '1.png').unlink()
    run = train(tmp_path / 'c', folders, **again)
    after = saved(run)['train'][0]['fingerprint']
    log = log_of(run)
    assert log.count(WARNING) == 1
    assert f"train {WARNING}: fingerprints were [('{before}', 6)]" in log
    assert f"are [('{after}', 5)]" in log


def test_a_fine_tuned_run_is_not_warned(tmp_path, folders):
    path = f'{train(tmp_path / "a", folders).work_dir}/epoch_1.pth'
    (folders / 'train' / 'owl' / '1.png').unlink()
    run = train(tmp_path / 'b', folders, load_from=path)
    assert WARNING not in log_of(run)


def test_a_checkpoint_without_it_resumes(tmp_path, folders):
    run = runner(tmp_path / 'a', train={}, epochs=1)
    run.train()
    path = f'{run.work_dir}/epoch_1.pth'
    assert META_KEY not in load_from_local(path, 'cpu')['meta']
    again = train(tmp_path / 'b', folders, load_from=path, resume=True)
    assert WARNING not in log_of(again)
