"""Windows as far as Linux can play it (cases P2)."""

import re
import sys

from tests.tools.conftest import ROOT


def test_P2_every_module_is_imported_without_posix(run_command):
    output = run_command(
        sys.executable, '-m', 'tests.without_posix', 'import', cwd=ROOT
    )
    (count,) = re.findall(r'^(\d+) modules$', output, re.M)
    assert int(count) > 250


def test_P2_it_trains_resumes_and_predicts_without_posix(
    run_command, demo_options, tmp_path
):
    output = run_command(
        sys.executable,
        '-m',
        'tests.without_posix',
        'train',
        ROOT / 'configs' / 'csgresnet18_demo.py',
        tmp_path,
        *demo_options,
        cwd=ROOT,
        CSGRESNET_CACHE=str(tmp_path / 'cache'),
    )
    assert output.count('SIGTERM is not heard here') == 2
    assert output.count('does not say when a file is on the disk') == 1
    assert 'no native kernel on' in output
    assert 'resumed epoch: 1' in output
    assert re.search(r'^predicted [A-Z]\w+$', output, re.M)
