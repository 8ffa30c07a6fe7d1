"""The comparison of two networks: its tables, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re

import pytest

from csgresnet_mm.evaluation import (
    bootstrap_intervals,
    difference_intervals,
    mcnemar,
    summarise,
)
from csgresnet_mm.programs.compare import compare, load_predictions, main
from tests.evaluation.made import from_pairs, make

A = make(300, 0, sharpness=1)
B = dataclasses.replace(make(300, 1, sharpness=3), labels=A.labels)


def make_run(folder, **predictions):
    folder.mkdir()
    for protocol, made in predictions.items():
        made.save(folder / f'{protocol}.npz')
    (folder / 'run.json').write_text(json.dumps(dict(run=folder.name)))
    return folder


def cells(text, title):
    """The cells of the row of a table that begins so."""
    (row,) = re.findall(rf'^\| {re.escape(title)} \|(.*)\|$', text, re.M)
    return [cell.strip() for cell in row.split('|')]


def test_figures_intervals_and_differences_are_those_of_evaluation():
    text = compare(('one', 'two'), A, B)
    ours, theirs = summarise(A), summarise(B)
    own, other = bootstrap_intervals(A), bootstrap_intervals(B)
    both = difference_intervals(A, B)
    for title, key in (
        ('Accuracy', 'accuracy'),
        ('Mean class accuracy', 'mean_class_accuracy'),
        ('Macro F1', 'macro_f1'),
        ('Expected calibration error', 'calibration_error'),
    ):
        x, y = getattr(ours, key), getattr(theirs, key)
        assert cells(text, title) == [
            f'{x:.2f} [{own[key].low:.2f}, {own[key].high:.2f}]',
            f'{y:.2f} [{other[key].low:.2f}, {other[key].high:.2f}]',
            f'{y - x:+.2f} [{both[key].low:+.2f}, {both[key].high:+.2f}]',
        ]
    assert text.startswith('A: one  \nB: two\n\n300 images of 5 classes.')


def test_mcnemar_and_classes():
    text = compare(('one', 'two'), A, B)
    test = mcnemar(A, B)
    assert (
        f'only A has {test.only_a} images right, only B {test.only_b}; '
        f'p = {test.p_value:.3g}.'
    ) in text
    ours, theirs = summarise(A), summarise(B)
    for label, name in enumerate(A.classes):
        x, y = ours.class_recall[label], theirs.class_recall[label]
        count = str((A.labels == label).sum())
        assert cells(text, name) == [
            count,
            f'{x:.2f}',
            f'{y:.2f}',
            f'{y - x:+.2f}',
        ]


def test_a_class_without_images_has_no_recall():
    a = from_pairs([(0, 0), (1, 2), (1, 1)], 3)
    a = dataclasses.replace(a, classes=('x|y', 'b', 'c'))
    text = compare(('one', 'two'), a, a)
    assert cells(text, 'c') == ['0', '-', '-', '-']
    assert r'| x\|y | 1 | 100.00 | 100.00 | +0.00 |' in text


def test_leaked_images_apart(tmp_path):
    report = tmp_path / 'report.json'
    shown = [
        dict(split='train', index=0, path='/d/train_0000.jpg'),
        dict(split='test', index=0, path='/d/test_0000.jpg'),
    ]
    report.write_text(
        json.dumps(
            dict(
                splits=dict(test=dict(images=300, root='/d')),
                findings=[],
                exact_duplicates=[dict(across=True, images=shown)],
                near_duplicates=[],
            )
        )
    )
    text = compare(('one', 'two'), A, B, report)
    leaked = cells(text, 'with a copy in another split')
    first = 100 * int(A.right[0])
    assert leaked[0] == '1'
    assert leaked[1] == f'{first:.2f} [{first:.2f}, {first:.2f}]'
    clean = cells(text, 'without')
    assert clean[0] == '299'
    assert clean[2].startswith(f'{100 * B.right[1:].mean():.2f} [')
    report.write_text(report.read_text().replace('true', 'false'))
    text = compare(('one', 'two'), A, B, report)
    assert cells(text, 'with a copy in another split') == ['0', '-', '-']


def test_a_run_gives_honest_before_last_or_what_is_asked_for(tmp_path):
    run = make_run(tmp_path / 'r', last=A, best=B)
    assert load_predictions(run)[0] == 'r (last)'
    name, found = load_predictions(run, 'best')
    assert name == 'r (best)' and found.scores[0, 0] == B.scores[0, 0]
    honest = make_run(tmp_path / 'h', honest=A)
    assert load_predictions(honest)[0] == 'h (val-selected)'
    with pytest.raises(FileNotFoundError, match=r'no best\.npz; found hones'):
        load_predictions(honest, 'best')


@pytest.mark.parametrize('text', ['{', '[]', '{"seed": 0}', '3'])
def test_a_broken_run_is_refused(tmp_path, text):
    run = make_run(tmp_path / 'r', last=A)
    (run / 'run.json').write_text(text)
    with pytest.raises(ValueError, match=r'r/run\.json: .*the key "run"'):
        load_predictions(run)


def test_the_command_prints_and_writes(tmp_path, capsys):
    run = make_run(tmp_path / 'r', last=A)
    B.save(tmp_path / 'b.npz')
    out = tmp_path / 'new' / 'table.md'
    main([str(run), str(tmp_path / 'b.npz'), '--out', str(out)])
    printed = capsys.readouterr().out
    assert printed == out.read_text()
    assert printed == compare(('r (last)', str(tmp_path / 'b.npz')), A, B)


@pytest.mark.parametrize(
    ('other', 'message'),
    [
        (make(299), 'number of images'),
        (make(300, 5), 'labels, '),
        (None, 'no run.json'),
    ],
)
def test_the_command_says_what_is_wrong_in_a_line(
    tmp_path, capsys, other, message
):
    A.save(tmp_path / 'a.npz')
    place = tmp_path / 'b.npz'
    if other is not None:
        other.save(place)
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path / 'a.npz'), str(place)])
    assert caught.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert 'error: ' in last and message in last


@pytest.mark.parametrize('name', ['b.pkl', 'b.npz'])
def test_E8_a_pickle_is_refused_with_the_way_out(tmp_path, capsys, name):
    A.save(tmp_path / 'a.npz')
    place = tmp_path / name
    place.write_bytes(pickle.dumps([{'pred_score': [0.5, 0.5]}]))
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path / 'a.npz'), str(place)])
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f'{place} is a pickle' in line
    assert f'--save-predictions {tmp_path / "b.npz"}' in line


def test_the_protocol_of_files_and_of_people_are_one(tmp_path, capsys):
    run = make_run(tmp_path / 'h', honest=A, last=B)
    for word in ('honest', 'val-selected'):
        main([str(run), str(run), '--protocol', word])
        assert 'A: h (val-selected)' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([str(run), str(run), '--protocol', 'first'])
    error = capsys.readouterr().err
    assert "protocol='first'; expected one of last, best, val-sel" in error
