"""Data sets and a model that disagree on the classes are named in time."""

import mmcv
import numpy as np
import pytest
from tiny_run import log_of, runner

HOOK = [dict(type='ClassOrderHook')]
OTHER = ('Sadness', 'Anger', 'Happiness')


@pytest.mark.parametrize(
    'val',
    [
        dict(order=OTHER),
        dict(named=('Anger', 'Happiness', 'Surprise')),
        dict(named=('Anger', 'Happiness', 'Sadness', 'Surprise')),
        dict(named=('Anger', 'Happiness')),
    ],
    ids=['order', 'name', 'more', 'fewer'],
)
def test_train_and_val_that_differ_raise_before_training(tmp_path, val):
    run = runner(tmp_path, train={}, val=val, hooks=HOOK)
    with pytest.raises(ValueError) as error:
        run.train()
    names = val.get('named') or val['order']
    found = ', '.join(f'{i} {name}' for i, name in enumerate(names))
    assert (
        'train and val number their classes differently: train has '
        f'0 Anger, 1 Happiness, 2 Sadness; val has {found}.'
    ) in str(error.value)
    assert run.iter == 0


def test_spellings_of_an_expression_are_the_same(tmp_path):
    val = dict(named=('angry', 'Happy', 'SAD'))
    runner(tmp_path, train={}, val=val, hooks=HOOK, epochs=1).train()


def test_train_and_test_in_one_runner(tmp_path):
    run = runner(
        tmp_path, train={}, test=dict(order=OTHER), hooks=HOOK, epochs=1
    )
    run.train()
    with pytest.raises(ValueError, match='train and test number'):
        run.test()


def test_data_in_a_wrapper_are_compared(tmp_path):
    parts = [
        dict(type='TinyColours'),
        dict(type='TinyColours', order=OTHER),
    ]
    both = dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=parts,
        ignore_keys=['classes'],
    )
    run = runner(
        tmp_path, train={}, hooks=HOOK, **{'train_dataloader.dataset': both}
    )
    with pytest.raises(ValueError, match='train and train number'):
        run.train()


@pytest.mark.parametrize('count', [2, 4])
def test_another_number_of_outputs_raises(tmp_path, count):
    run = runner(
        tmp_path, train={}, hooks=HOOK, **{'model.head.num_classes': count}
    )
    with pytest.raises(ValueError) as error:
        run.train()
    assert (
        f'head: num_classes={count}, but train has 3 classes: 0 Anger, '
        '1 Happiness, 2 Sadness'
    ) in str(error.value)


def class_folders(root, names):
    for name in names:
        path = root / name / '0.png'
        mmcv.imwrite(np.zeros((2, 2, 3), np.uint8), str(path))
    return dict(
        _delete_=True,
        type='CustomDataset',
        data_root=str(root),
        with_label=True,
        pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')],
    )


def two_tasks(*counts):
    return dict(
        _delete_=True,
        type='MultiTaskHead',
        task_heads={
            f'task{place}': dict(
                type='LinearClsHead', num_classes=count, in_channels=12
            )
            for place, count in enumerate(counts)
        },
    )


@pytest.mark.parametrize('counts', [(3, 12), (12, 3), (3, 3)])
def test_T14_another_task_may_have_other_outputs(tmp_path, counts):
    run = runner(
        tmp_path, train={}, hooks=HOOK, **{'model.head': two_tasks(*counts)}
    )
    assert run.train_loop.epoch == 0  # builds the data
    run.call_hook('before_run')


def test_T14_one_task_has_the_classes_or_the_way_out_is_named(tmp_path):
    run = runner(
        tmp_path, train={}, hooks=HOOK, **{'model.head': two_tasks(12, 5)}
    )
    assert run.train_loop.epoch == 0
    with pytest.raises(
        ValueError, match=r'task0: num_classes=12.*others are free$'
    ):
        run.call_hook('before_run')


def test_folders_whose_case_differs_by_split_raise(tmp_path):
    train = class_folders(tmp_path / 'train', ['anger', 'contempt', 'disgust'])
    val = class_folders(tmp_path / 'val', ['anger', 'Contempt', 'disgust'])
    run = runner(
        tmp_path,
        train={},
        val={},
        hooks=HOOK,
        **{'train_dataloader.dataset': train, 'val_dataloader.dataset': val},
    )
    with pytest.raises(ValueError) as error:
        run.train()
    assert (
        'train has 0 anger, 1 contempt, 2 disgust; val has 0 Contempt, '
        '1 anger, 2 disgust'
    ) in str(error.value)


def test_folders_missing_in_one_split_raise(tmp_path):
    train = class_folders(tmp_path / 'train', ['cat', 'dog', 'owl'])
    val = class_folders(tmp_path / 'val', ['cat', 'owl'])
    run = runner(
        tmp_path,
        train={},
        val={},
        hooks=HOOK,
        **{'train_dataloader.dataset': train, 'val_dataloader.dataset': val},
    )
    with pytest.raises(ValueError, match='val has 0 cat, 1 owl'):
        run.train()


def test_data_that_name_no_classes_are_reported(tmp_path):
    run = runner(tmp_path, test={}, hooks=HOOK)
    run.test_dataloader.dataset._metainfo = {}
    run.test()
    assert 'the data name no classes' in log_of(run)
