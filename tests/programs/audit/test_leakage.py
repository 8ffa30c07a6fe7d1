"""Planted leakage among generated faces, and what the search costs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from mmengine.config import Config

from csgresnet_mm.apis.config_data.parts import open_parts
from csgresnet_mm.demo_faces import ensure_demo_faces
from csgresnet_mm.programs.audit.cli import look_over
from csgresnet_mm.programs.audit.report import to_json
from csgresnet_mm.programs.audit.scan import scan

from .fakes import make_part
from .planting import EXACT, jpeg, plant, smooth_images


def audit_faces(root, num_train, num_test):
    ensure_demo_faces(root, num_train=num_train, num_test=num_test)
    planted = plant(root, exact=40, near=40)
    options = dict(
        type='DemoFaces',
        data_root=str(root),
        num_train=num_train,
        num_test=num_test,
    )
    settings = Config(
        {
            f'{split}_dataloader': dict(dataset=dict(options, split=split))
            for split in ('train', 'test')
        }
    )
    parts = open_parts(settings, None)
    audit = look_over(parts, scan(parts, 0))
    return planted, json.loads(to_json(audit, {}))


def named(report, kind):
    """Pairs of file names that are reported, smaller name second."""
    return {
        tuple(
            sorted(
                (image['path'].rpartition('/')[2] for image in item['images']),
                reverse=True,
            )
        )
        for item in report[kind]
    }


def check_leakage(planted, report):
    """The figures of the requirement; gives recall and precision."""
    exact = {(p.train, p.test) for p in planted if p.kind == EXACT}
    near = {(p.train, p.test) for p in planted if p.kind != EXACT}
    assert len(exact) == len(near) == 40
    assert named(report, 'exact_duplicates') == exact
    found = named(report, 'near_duplicates')
    recall = len(found & near) / len(near)
    precision = len(found & near) / len(found)
    assert recall >= 0.95
    assert precision >= 0.99
    assert all(item['across'] for item in report['near_duplicates'])
    flipped = {(p.train, p.test) for p in planted if 'flipped' in p.kind}
    for item in report['near_duplicates']:
        pair = named({'x': [item]}, 'x').pop()
        assert item['mirrored'] == (pair in flipped)
    assert not report['fit']
    return recall, precision


def test_planted_leakage_is_found(tmp_path):
    check_leakage(*audit_faces(tmp_path / 'faces', 130, 90))


@pytest.mark.parametrize(
    ('train', 'test'),
    [
        pytest.param(800, 200, marks=pytest.mark.slow),
        pytest.param(4000, 1000, marks=pytest.mark.long),
    ],
)
def test_planted_leakage_is_found_among_many_faces(tmp_path, train, test):
    recall, precision = check_leakage(
        *audit_faces(tmp_path / 'faces', train, test)
    )
    print(f'recall {recall:.3f}, precision {precision:.3f}')


def write_images(folder: Path, count: int) -> list[str]:
    """Distinct small images, a hundredth of them a near copy of another."""
    paths = []
    block = 1000
    for start in range(0, count, block):
        images = smooth_images(block, 40, start)
        images[-block // 100 :] = images[: block // 100]
        for number, image in enumerate(images):
            path = folder / f'{start + number:06d}.jpg'
            path.write_bytes(jpeg(image, 95 if number < block // 2 else 70))
            paths.append(str(path))
    return paths


def cpu_seconds() -> float:
    """Of this process and its dead children: others may be at work here."""
    spent = os.times()
    return (
        spent.user + spent.system + spent.children_user + spent.children_system
    )


@pytest.mark.slow
@pytest.mark.speed
def test_time_grows_hardly_faster_than_the_number_of_images(tmp_path):
    seconds = {}
    paths = write_images(tmp_path, 80_000)
    for count in (5_000, 20_000, 80_000):
        part = make_part('train', (count,), names=paths[:count])
        start, clock = cpu_seconds(), time.perf_counter()
        found = scan([part], len(os.sched_getaffinity(0)))
        read, read_clock = cpu_seconds(), time.perf_counter()
        audit = look_over([part], found)
        seconds[count] = cpu_seconds() - start
        assert len(audit.duplicates.near) == count // 100
        print(
            f'{count} images: read in {read - start:.1f} s of CPU time '
            f'({read_clock - clock:.1f} s), compared in '
            f'{cpu_seconds() - read:.1f} s'
        )
    # four times the images, at most 4 ** 1.2 times the time
    for count in (5_000, 20_000):
        assert seconds[4 * count] < 4**1.2 * seconds[count]
