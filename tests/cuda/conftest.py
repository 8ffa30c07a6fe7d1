"""The tools of tests/tools, for trainings on a GPU."""

from tests.tools.conftest import demo_options, run_command, train

__all__ = ['demo_options', 'run_command', 'train']
