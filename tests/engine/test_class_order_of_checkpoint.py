"""A checkpoint meets data of its own order of classes, or it is said."""

import mmengine
import pytest
import torch
from tiny_run import CLASSES, log_of, model, runner

from csgresnet_mm.engine.safe_loading import load_from_local

HOOK = [dict(type='ClassOrderHook')]
REMAP = [dict(type='ClassOrderHook', remap=True)]
OTHER = ('Sadness', 'Anger', 'Happiness')
BOTH = (
    'was trained on 0 Anger, 1 Happiness, 2 Sadness; {} has 0 Sadness, '
    '1 Anger, 2 Happiness'
)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A checkpoint that names the three colours, in the order of CLASSES."""
    work_dir = tmp_path_factory.mktemp('trained')
    runner(work_dir, train={}, hooks=[dict(type='EMAHook')]).train()
    return str(work_dir / 'epoch_8.pth')


def rewritten(source, path, **meta):
    checkpoint = load_from_local(source, 'cpu')
    checkpoint['meta'].update(meta)
    torch.save(checkpoint, path)
    return str(path)


def test_the_same_order_tests_in_silence(tmp_path, trained):
    run = runner(tmp_path, test={}, hooks=HOOK, load_from=trained)
    assert run.test()['accuracy/top1'] == 100
    assert 'number their classes' not in log_of(run)
    assert 'WARNING - checkpoint' not in log_of(run)


@pytest.mark.parametrize('split', ['val', 'test'])
def test_another_order_raises_naming_both(tmp_path, trained, split):
    run = runner(
        tmp_path,
        hooks=HOOK,
        load_from=trained,
        **{split: dict(order=OTHER)},
    )
    with pytest.raises(ValueError) as error:
        getattr(run, split)()
    assert trained in str(error.value)
    assert BOTH.format(split) in str(error.value)
    assert 'remap=True' in str(error.value)


@pytest.mark.parametrize('split', ['val', 'test'])
def test_a_remap_moves_the_rows(tmp_path, trained, split):
    run = runner(
        tmp_path,
        hooks=REMAP,
        load_from=trained,
        **{split: dict(order=OTHER)},
    )
    assert getattr(run, split)()['accuracy/top1'] == 100
    log = log_of(run)
    assert BOTH.format(split) in log
    assert 'rows of 3 of 3 classes of head.fc were moved' in log
    saved = load_from_local(trained, 'cpu')['state_dict']
    rows = [CLASSES.index(name) for name in OTHER]
    assert torch.equal(run.model.head.fc.weight, saved['head.fc.weight'][rows])
    assert torch.equal(run.model.head.fc.bias, saved['head.fc.bias'][rows])


def test_a_remap_moves_the_averaged_weights_too(tmp_path, trained):
    run = runner(
        tmp_path,
        test=dict(order=OTHER),
        hooks=[*REMAP, dict(type='EMAHook')],
        load_from=trained,
    )
    assert run.test()['accuracy/top1'] == 100


def test_a_remap_names_the_spellings_of_both(tmp_path, trained):
    run = runner(
        tmp_path,
        test=dict(order=OTHER, named=('sad', 'ANGRY', 'joy')),
        hooks=REMAP,
        load_from=trained,
    )
    assert run.test()['accuracy/top1'] == 100
    assert 'test has 0 sad, 1 ANGRY, 2 joy' in log_of(run)


@pytest.mark.parametrize('hooks', [HOOK, REMAP], ids=['raise', 'remap'])
def test_other_classes_raise_in_a_test(tmp_path, trained, hooks):
    run = runner(
        tmp_path,
        test=dict(named=('Anger', 'Happiness', 'Fear')),
        hooks=hooks,
        load_from=trained,
    )
    with pytest.raises(ValueError) as error:
        run.test()
    assert 'test has 0 Anger, 1 Happiness, 2 Fear: these are other' in str(
        error.value
    )


@pytest.mark.parametrize('hooks', [HOOK, REMAP], ids=['raise', 'remap'])
def test_a_run_is_never_resumed_on_another_order(tmp_path, trained, hooks):
    run = runner(
        tmp_path,
        train=dict(order=OTHER),
        hooks=hooks,
        load_from=trained,
        resume=True,
    )
    with pytest.raises(ValueError) as error:
        run.train()
    assert BOTH.format('train') in str(error.value)
    assert 'can only be resumed on the order' in str(error.value)


def test_a_run_is_not_resumed_on_other_classes(tmp_path, trained):
    run = runner(
        tmp_path,
        train=dict(named=('Anger', 'Happiness', 'Fear')),
        hooks=HOOK,
        load_from=trained,
        resume=True,
    )
    with pytest.raises(ValueError, match='these are other classes'):
        run.train()


def test_a_run_resumes_on_its_own_order(tmp_path, trained):
    run = runner(
        tmp_path,
        train={},
        hooks=HOOK,
        epochs=9,
        load_from=trained,
        resume=True,
    )
    run.train()
    assert run.epoch == 9


def test_training_from_another_order_raises_or_remaps(tmp_path, trained):
    arguments = dict(train=dict(order=OTHER), load_from=trained, epochs=1)
    with pytest.raises(ValueError, match='every result would be wrong'):
        runner(tmp_path, hooks=HOOK, **arguments).train()
    arguments['optim_wrapper.optimizer.lr'] = 0.0
    run = runner(tmp_path, hooks=REMAP, val=dict(order=OTHER), **arguments)
    run.train()
    assert run.val()['accuracy/top1'] == 100


def test_fine_tuning_on_other_classes_is_explained(tmp_path, trained):
    cats = ('cat', 'dog', 'owl')
    run = runner(
        tmp_path,
        train=dict(named=cats),
        test=dict(named=cats),
        hooks=HOOK,
        load_from=trained,
        epochs=1,
    )
    run.train()
    assert 'train has 0 cat, 1 dog, 2 owl: fine-tuning on' in log_of(run)
    assert "prefix='backbone'" in log_of(run)
    run.test()  # what was trained on cats is tested on cats


def test_a_checkpoint_loaded_by_hand_is_compared(tmp_path, trained):
    for hooks in (HOOK, REMAP):
        run = runner(tmp_path, test=dict(order=OTHER), hooks=hooks)
        run.load_checkpoint(trained)
        with pytest.raises(ValueError, match='in another order'):
            run.test()


def test_a_checkpoint_without_classes_is_reported(tmp_path, trained):
    bare = rewritten(trained, tmp_path / 'bare.pth', dataset_meta=None)
    run = runner(tmp_path, test={}, hooks=HOOK, load_from=bare)
    run.test()
    assert f'{bare} names no classes' in log_of(run)
    run = runner(
        tmp_path / 'b', train={}, hooks=HOOK, load_from=bare, epochs=1
    )
    run.train()
    assert 'names no classes' not in log_of(run)


def test_results_carry_the_classes(tmp_path, trained):
    out = tmp_path / 'results.pkl'
    run = runner(
        tmp_path,
        test=dict(order=OTHER),
        hooks=REMAP,
        load_from=trained,
        test_evaluator=[
            dict(type='Accuracy', topk=(1,)),
            dict(type='DumpResults', out_file_path=str(out)),
        ],
    )
    run.test()
    results = mmengine.load(out)
    assert len(results) == 12
    assert all(result['classes'] == OTHER for result in results)


def test_test_time_augmentation_is_compared_too(tmp_path, trained):
    tta = dict(_delete_=True, type='AverageClsScoreTTA', module=model())
    run = runner(
        tmp_path,
        test=dict(order=OTHER),
        hooks=HOOK,
        load_from=trained,
        model=tta,
    )
    with pytest.raises(ValueError, match='in another order'):
        run.test()


# ---- init_cfg --------------------------------------------------------


def initialised(work_dir, checkpoint, part=None, data=None, **model_options):
    """A run whose model, or a part of it, starts from the checkpoint."""
    settings = model(**model_options)
    entry = dict(type='Pretrained', checkpoint=checkpoint)
    if part is None:
        settings['init_cfg'] = entry
    else:
        settings[part]['init_cfg'] = dict(entry, prefix=part)
    return runner(
        work_dir, train=data or {}, epochs=1, hooks=HOOK, model=settings
    )


@pytest.mark.parametrize('part', [None, 'head'])
def test_init_cfg_of_another_order_raises(tmp_path, trained, part):
    run = initialised(tmp_path, trained, part, dict(order=OTHER))
    with pytest.raises(ValueError) as error:
        run.train()
    assert f'checkpoint {trained} (init_cfg of {part or "the model"})' in str(
        error.value
    )
    assert BOTH.format('train') in str(error.value)


def test_init_cfg_of_the_same_order_trains_in_silence(tmp_path, trained):
    run = initialised(tmp_path, trained)
    run.train()
    assert 'was trained on' not in log_of(run)


def test_init_cfg_of_other_classes_warns(tmp_path, trained):
    run = initialised(
        tmp_path, trained, data=dict(order=('Anger', 'cat', 'dog'))
    )
    run.train()
    assert 'A head of the same shape keeps its weights' in log_of(run)


def test_init_cfg_of_a_backbone_names_no_classes(tmp_path, trained):
    """TinyPixels has no weights, so that nothing is left for its prefix."""
    part = rewritten(trained, tmp_path / 'part.pth')
    checkpoint = load_from_local(part, 'cpu')
    checkpoint['state_dict'] = {'backbone.unused': torch.zeros(1)}
    torch.save(checkpoint, part)
    run = initialised(tmp_path / 'run', part, 'backbone', dict(order=OTHER))
    run.train()
    assert 'was trained on' not in log_of(run)
