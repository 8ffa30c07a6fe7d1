"""Folders of finished runs, made up."""

import json

import numpy as np

from tests.evaluation.made import from_pairs


def make_run(work, run, *, images=100, **right):
    """Write a run.

    Args:
        work: The folder of the plan.
        run: Of the plan.
        images: Of the test set.
        right: Protocol (last, best, honest) to how many images are right.
    """
    folder = work / 'runs' / run.id
    folder.mkdir(parents=True)
    labels = np.arange(images) % 7
    for protocol, count in right.items():
        given = np.where(np.arange(images) < count, labels, (labels + 1) % 7)
        made = from_pairs(zip(labels, given, strict=True), 7)
        made.save(folder / f'{protocol}.npz')
    facts = {
        'run': run.id,
        'protocol': run.protocol,
        'release': 'made up',
        'variant': 'none',
        'fingerprint': [
            {'split': 'test', 'images': images, 'fingerprint': 'f' * 8}
        ],
        'train_seconds': 1.0,
        'peak_memory_mb': 1.0,
    }
    (folder / 'run.json').write_text(json.dumps(facts))
    split = 'val' if run.protocol == 'honest' else 'test'
    curve = [{'epoch': 1, 'loss': 1.0, 'top1': 50.0, 'split': split}]
    (folder / 'curve.json').write_text(json.dumps(curve))
