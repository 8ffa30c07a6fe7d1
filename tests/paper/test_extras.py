"""tools/reproduce.py needs no more than README's line installs."""

from tests.test_stack import run


def test_reproducing_needs_nothing_of_the_audit():
    program = """
import sys
sys.modules['imagehash'] = None  # as if it were not installed
import csgresnet_mm.paper.cli
import csgresnet_mm.paper.train_one
audit = 'csgresnet_mm.programs.audit'
assert not [m for m in sys.modules if m.startswith(audit)]
try:
    import csgresnet_mm.programs.audit
except ImportError as error:
    assert 'ImageHash' in str(error) or 'imagehash' in str(error), error
else:
    raise AssertionError('the audit does not need ImageHash')
"""
    result = run(program)
    assert result.returncode == 0, result.stderr
