"""The rest of setup.cfg: a wheel has configs and tools in ``.mim``.

In a checkout ``csgresnet_mm/.mim`` has only what MMEngine looks for there:
the index, and the fragments of ``csgresnet_mm::_base_/...``, each a line that
names the real one (no links: git on Windows makes none). ``mim train
csgresnet_mm NAME.py`` searches the whole checkout of an editable install,
links followed, and refuses a name that it finds twice: so the rest is copied
at build time.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PARTS = ('configs', 'tools')
INDEX = 'model-index.yml'


def mim_files(root: Path) -> list[Path]:
    """Files of a checkout that belong into ``.mim``, relative to it."""
    found = [path for part in PARTS for path in (root / part).rglob('*')]
    files = [
        path.relative_to(root)
        for path in found
        if path.is_file() and '__pycache__' not in path.parts
    ]
    return sorted([*files, Path(INDEX)])


class BuildPy(build_py):
    """Puts them into wheels, and into sdists where they lie."""

    def run(self) -> None:
        """Build as ever, then add the files; an editable install has none."""
        super().run()
        if self.editable_mode:
            return
        for file in mim_files(Path.cwd()):
            target = Path(self.build_lib, 'csgresnet_mm', '.mim', file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)

    def get_source_files(self) -> list[str]:
        """What an sdist takes."""
        files = [str(file) for file in mim_files(Path.cwd())]
        return [*super().get_source_files(), *files]


setup(cmdclass={'build_py': BuildPy})
