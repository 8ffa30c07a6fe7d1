"""The written report: tables, ratios, whole files."""

import csv
import os
from pathlib import Path

import pytest

from csgresnet_mm.apis.measuring.compared_networks import (
    OURS,
    SAME_RESOLUTION,
    STOCK,
)
from csgresnet_mm.programs.benchmark import report
from csgresnet_mm.programs.benchmark.results import Sample

PNG = b'\x89PNG\r\n\x1a\n'


def arm(
    role: str, model: str, form: str, value: float, **fields: str
) -> list[Sample]:
    where = {'section': 'inference', 'case': 'batch 8', **fields}
    return [
        Sample(
            where['section'], where['case'], role, model, form, n, value, 'ms'
        )
        for n in range(3)
    ]


NETWORKS = [
    *arm(OURS, 'GResNet-18', 'native, deployed', 10),
    *arm(SAME_RESOLUTION, 'same-resolution ResNet-18', 'eager', 60),
    *arm(SAME_RESOLUTION, 'same-resolution ResNet-18', 'frozen', 35),
    *arm(STOCK, 'stock ResNet-18', 'frozen', 12),
]
LAYERS = [
    *arm(OURS, 'a', 'native', 2, section='layers', case='inference, a'),
    *arm('dense', 'a', 'dense', 3, section='layers', case='inference, a'),
    *arm(OURS, 'b', 'native', 4, section='layers', case='inference, b'),
    *arm('dense', 'b', 'dense', 3, section='layers', case='inference, b'),
]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


def test_files(tmp_path: Path) -> None:
    out = tmp_path / 'new' / 'folder'
    report.write_report(out, {'torch': '2'}, NETWORKS + LAYERS)
    assert {p.name for p in out.iterdir()} == {
        'samples.csv',
        'summary.csv',
        'ratios.csv',
        'report.md',
        'ratios.png',
        'layers.png',
    }
    for name in ('ratios.png', 'layers.png'):
        assert (out / name).read_bytes().startswith(PNG)
    assert len(read(out / 'samples.csv')) == 24
    assert len(read(out / 'summary.csv')) == 8
    ratios = read(out / 'ratios.csv')
    assert [(r['peer'], r['peer_form'], r['peer_over_ours']) for r in ratios][
        :2
    ] == [
        ('same-resolution ResNet-18', 'frozen', '3.5'),
        ('stock ResNet-18', 'frozen', '1.2'),
    ]


def test_markdown_names_baselines_and_forms(tmp_path: Path) -> None:
    report.write_report(tmp_path, {'Threads': '2'}, NETWORKS)
    text = (tmp_path / 'report.md').read_text()
    assert '| Threads | 2 |' in text
    assert '| same-resolution ResNet-18 / ours | stock ResNet-18 / ours |' in (
        text
    )
    assert (
        '| batch 8 | GResNet-18, native, deployed | 10 ms | '
        '**3.50** (3.50 to 3.50) | **1.20** (1.20 to 1.20) |'
    ) in text
    assert '| batch 8 | same-resolution ResNet-18 | frozen | 35 ms |' in text
    assert not (tmp_path / 'layers.png').exists()


def test_depths_share_a_column(tmp_path: Path) -> None:
    samples = []
    for depth, value in ((18, 3), (34, 4)):
        case = {'section': 'growth-depth', 'case': f'depth {depth}'}
        samples += arm(OURS, f'GResNet-{depth}', 'native', 1, **case)
        for role in (SAME_RESOLUTION, STOCK):
            samples += arm(role, f'{role}-{depth}', 'frozen', value, **case)
    report.write_report(tmp_path, {}, samples)
    text = (tmp_path / 'report.md').read_text()
    assert '| same-resolution ResNet / ours | stock ResNet / ours |' in text
    assert '| **4.00** (4.00 to 4.00) | **4.00** (4.00 to 4.00) |' in text


def test_layers_slower_than_dense_are_named(tmp_path: Path) -> None:
    report.write_report(tmp_path, {}, LAYERS)
    text = (tmp_path / 'report.md').read_text()
    assert '| Case | Ours | Median | dense / ours |' in text
    assert 'Slower than dense: inference, b (0.75).' in text
    report.write_report(tmp_path, {}, LAYERS[:6])
    assert (
        'Slower than dense: no layer.' in (tmp_path / 'report.md').read_text()
    )


def test_a_failing_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.write_report(tmp_path, {}, NETWORKS)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(source: object, target: object) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'replace', full)
    with pytest.raises(OSError, match='No space left'):
        report.write_report(tmp_path, {}, LAYERS)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
