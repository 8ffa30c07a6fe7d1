"""tools/benchmark.py, a tiny run of each kind of section."""

import csv
import statistics
import sys

import pytest

from tests.tools.conftest import ROOT

PNG = b'\x89PNG\r\n\x1a\n'


@pytest.fixture(scope='module')
def benchmark(run_command):
    def run(*arguments, **options):
        tool = ROOT / 'tools' / 'benchmark.py'
        return run_command(sys.executable, tool, *arguments, **options)

    return run


@pytest.fixture(scope='module')
def report(benchmark, tmp_path_factory):
    out = tmp_path_factory.mktemp('benchmark')
    sections = ('inference', 'layers', 'growth-depth')
    output = benchmark(
        '--quick', '--threads', 1, '--out', out, '--sections', *sections
    )
    return out, output


def read(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.compiler
def test_ratios_follow_from_the_samples(report):
    out, _ = report
    samples = read(out / 'samples.csv')
    assert {s['section'] for s in samples} == {
        'inference',
        'layers',
        'growth-depth',
    }

    def median(section, case, model, form):
        values = [
            float(s['value'])
            for s in samples
            if (s['section'], s['case'], s['model'], s['form'])
            == (section, case, model, form)
            and s['unit'] == 'ms'
        ]
        assert len(values) == 3
        return statistics.median(values)

    ratios = read(out / 'ratios.csv')
    for ratio in ratios:
        # a layer's two sides have one name
        where = (ratio['section'], ratio['case'])
        ours = median(*where, ratio['ours'], ratio['ours_form'])
        peer = median(*where, ratio['peer'], ratio['peer_form'])
        assert float(ratio['peer_over_ours']) == pytest.approx(peer / ours)
        forms = {
            (s['role'], s['form'])
            for s in samples
            if (s['section'], s['case'], s['model']) == (*where, ratio['peer'])
            and s['role'] != 'ours'
        }
        assert peer == min(
            median(*where, ratio['peer'], form) for _, form in forms
        )
    peers = {r['peer'] for r in ratios if r['section'] == 'inference'}
    assert peers == {
        'same-resolution ResNet-18',
        'stock ResNet-18',
        'MobileNetV3-large',
        'GResNet-18, max pool',
    }


@pytest.mark.compiler
def test_report_states_the_circumstances(report):
    out, output = report
    text = (out / 'report.md').read_text()
    for fact in ('torch', 'CPU', 'Threads', 'Allocator', 'Device', 'Command'):
        assert f'| {fact} | ' in text
    assert '| Threads | 1 |' in text
    assert '| Allocator | glibc, keeps freed blocks |' in text
    assert 'MALLOC_MMAP_THRESHOLD_=' in text
    assert 'Slower than dense: ' in text
    for name in ('ratios.png', 'layers.png'):
        assert (out / name).read_bytes().startswith(PNG)
    assert f'Wrote {out / "report.md"}' in output


def test_stock_malloc_and_avx2_are_reported(benchmark, tmp_path):
    benchmark(
        '--quick',
        '--rounds',
        1,
        '--stock-malloc',
        '--avx2',
        '--out',
        tmp_path,
        '--sections',
        'bf16',
        'growth-depth',
    )
    text = (tmp_path / 'report.md').read_text()
    assert '| Allocator | stock |' in text
    assert '| CPU capability in torch | AVX2 |' in text
    assert 'MALLOC_' not in text
    assert '## growth-depth' in text
    assert '## bf16' not in text  # AVX2 has none


@pytest.mark.compiler
def test_small_faces_and_neighbours(benchmark, tmp_path):
    benchmark(
        *('--quick', '--rounds', 1, '--out', tmp_path),
        *('--sections', 'small', 'busy'),
    )
    ratios = read(tmp_path / 'ratios.csv')
    cases = {r['case'] for r in ratios if r['section'] == 'busy'}
    for title in ('quiet', 'beside two loaders', 'beside a busy process'):
        assert f'training, batch 2, 32x32, {title}' in cases
        assert f'inference, batch 1, 32x32, {title}' in cases
    cases = {r['case'] for r in ratios if r['section'] == 'small'}
    assert 'inference, batch 1, 32x32' in cases
    assert 'training, fp32, batch 2, 32x32' in cases
    peers = {r['peer'] for r in ratios}
    assert peers == {'same-resolution ResNet-18', 'stock ResNet-18'}
    assert 'GOMP_SPINCOUNT=1000' in (tmp_path / 'report.md').read_text()


@pytest.mark.slow
def test_dry_run_measures_the_cases_of_a_gpu(benchmark, tmp_path):
    benchmark(
        *('--device', 'cuda', '--dry-run', '--out', tmp_path),
        *('--sections', 'layers', 'fp16', 'training'),
    )
    text = (tmp_path / 'report.md').read_text()
    for section in ('layers', 'fp16', 'training'):
        assert f'## {section}\n' in text
    assert '| Device | cpu |' in text
    assert 'auto takes Triton in layer1: ' in text
    assert not (tmp_path / 'measured.json').exists()  # no card was measured


def test_nothing_starts_after_the_minutes(benchmark, tmp_path):
    output = benchmark(
        *('--device', 'cuda', '--dry-run', '--minutes', '1e-9'),
        *('--out', tmp_path, '--sections', 'fp16'),
    )
    assert "fp16: no time from 'batch 1' on" in output


def test_a_gpu_that_is_not_there_is_said(benchmark):
    output = benchmark('--device', 'cuda', expect=2, CUDA_VISIBLE_DEVICES='')
    assert '--device cuda: torch sees no GPU here' in output
    output = benchmark('--sections', 'tf32', expect=2)
    assert '--sections tf32: expected any of inference' in output


def test_unknown_sections_and_numbers_are_refused(benchmark):
    output = benchmark('--sections', 'speed', expect=2)
    assert "invalid choice: 'speed'" in output
    assert '--rounds 0: expected at least 1' in benchmark(
        '--rounds', 0, expect=2
    )
