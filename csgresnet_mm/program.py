"""How the tools here start and end: the one owner of what a user reads.

Exit codes: 0 all is well; 1 what the tool looked for is wrong; 2 it could not
do its work: one line ``error: ...`` on stderr says why, and ``--traceback``
shows where.
"""

import argparse
import contextlib
import functools
import io
import logging
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

from csgresnet_mm import process
from csgresnet_mm.mmengine_private import loggers
from csgresnet_mm.printable import print_any_name
from csgresnet_mm.uncollected import uncollected

CANNOT, INTERRUPTED = 2, 130
TRACEBACK = '--traceback'
NOISE = (
    'Could not import OneDL',
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias of',
    'Fail to import ``MultiScaleDeformableAttention``',
    'Distributed training is not used, all SyncBatchNorm',
)
"""How lines of the stacks begin that concern nobody who uses a tool."""
EXTRAS = {
    'cv2': 'predict',
    'gradio': 'app',
    'imagehash': 'audit',
    'matplotlib': 'reproduce',
    'mmcv': 'onedl',
    'mmengine': 'onedl',
    'mmpretrain': 'onedl',
    'onnx': 'onnx',
    'onnxruntime': 'predict',
    'onnxscript': 'onnx',
    'PIL': 'predict',
    'rich': 'predict',
    'safetensors': 'predict',
    'scipy': 'onedl',
    'sklearn': 'reproduce',
    'torch': 'onedl',
    'torchvision': 'onedl',
}
"""Module to the extra of this package that brings it."""
INSTALL_GRAD_CAM = (
    "pip install 'csgresnet_mm[vis]' && pip install --no-deps grad-cam==1.5.7"
)
"""grad-cam asks for opencv-python-headless, which would overwrite the cv2 of
the installed opencv-python: hence without dependencies."""
_show = False


def run(entry: str, *, prepared: bool = True) -> NoReturn:
    """Run a tool's main function, and end the process.

    The stacks' own noise is left out, here and not where the package is
    imported: who uses it as a library hears everything.

    Args:
        entry: ``'csgresnet_mm.programs.compare:main'``.
        prepared: Whether :func:`csgresnet_mm.process.prepare` comes first;
            the benchmark, which measures what that brings, does it itself.
    """
    global _show
    if prepared:
        process.prepare()
    _show = TRACEBACK in sys.argv
    sys.argv[1:] = [word for word in sys.argv[1:] if word != TRACEBACK]
    _change_parsers()
    for line in NOISE:
        warnings.filterwarnings('ignore', f'\\s*{line}')
    sys.exit(_start(entry))


def command(main: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a main function: its refusals become a line, and exit code 2.

    Standard output takes any name of a file.

    Args:
        main: Returns an exit code, or None.
    """

    @functools.wraps(main)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        print_any_name()
        try:
            return main(*args, **kwargs)
        except KeyboardInterrupt:
            print('interrupted', file=sys.stderr)
            sys.exit(INTERRUPTED)
        except Exception as error:
            _report(error)
            sys.exit(CANNOT)

    return wrapped


@command
def _start(entry: str) -> Any:
    _check_options(sys.argv[1:])
    module, _, name = entry.partition(':')
    with uncollected(), _quiet():
        main = getattr(import_module(module), name)
    return main()


def describe(error: BaseException) -> str:
    """An error in one line.

    MMEngine's registries put a class and a file before the message of what
    a class raised: the message itself is taken.

    Args:
        error: What was raised.
    """
    while _wraps(error):
        error = error.__cause__ or error.__context__ or error
    text = error
    if isinstance(error, KeyError) and error.args:
        text = error.args[0]
    line = ' '.join(str(text).split())
    if isinstance(error, ModuleNotFoundError) and error.name:
        extra = EXTRAS.get(error.name.partition('.')[0])
        line += f": pip install 'csgresnet_mm[{extra}]'" if extra else ''
    if line and _speaks(error):
        return line
    return f'{type(error).__name__}: {line}'.removesuffix(': ')


def _speaks(error: BaseException) -> bool:
    """Whether it was raised for a user to read."""
    if isinstance(error, KeyError):  # of a registry; else only the key
        return any(' ' in str(part) for part in error.args)
    return isinstance(error, (ValueError, OSError, ImportError)) or type(
        error
    ).__module__.startswith('csgresnet_mm')


def _wraps(error: BaseException) -> bool:
    inner = error.__cause__ or error.__context__
    text = str(error)
    return (
        inner is not None
        and type(inner) is type(error)
        and text.startswith('class `')
        and text.endswith(str(inner))
    )


def _report(error: Exception) -> None:
    if _show:
        traceback.print_exception(error)
    line = describe(error)
    kept = _keep(error)
    if not _speaks(error):
        where = f'; the traceback is in {kept}' if kept else ''
        line += f' ({TRACEBACK} shows where{where})'
    print(f'error: {line}', file=sys.stderr)


def _keep(error: Exception) -> str:
    """Write the traceback into the log files of a run that had begun."""
    kept = ''
    for logger in loggers():
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                record = logger.makeRecord(
                    logger.name, logging.ERROR, '', 0, 'ended by', (),
                    (type(error), error, error.__traceback__),
                )  # fmt: skip
                handler.handle(record)
                kept = handler.baseFilename
    return kept


def _check_options(words: Sequence[str]) -> None:
    """MMEngine's DictAction only says that it cannot unpack."""
    if '--cfg-options' not in words:
        return
    for word in words[words.index('--cfg-options') + 1 :]:
        if word.startswith('-'):
            return
        if '=' not in word:
            raise ValueError(
                f'--cfg-options {word}: expected KEY=VALUE; what belongs to '
                'no option stands before it'
            )


def _change_parsers() -> None:
    """A mistake on the command line is a line, and --help ends with one."""
    kind = argparse.ArgumentParser
    format_help = kind.format_help

    def with_traceback(parser: argparse.ArgumentParser) -> str:
        return (
            f'{format_help(parser)}\n{TRACEBACK} shows where an error came '
            'from. Exit code: 0 well, 1 what was looked for is wrong, 2 it '
            'could not be done.\n'
        )

    kind.format_help = with_traceback  # type: ignore[method-assign]
    kind.error = _error  # type: ignore[assignment,method-assign]


def _error(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    parser.exit(CANNOT, f'error: {message} (see {parser.prog} --help)\n')


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Leave the stacks' noise out of what is printed in the block."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            yield
    finally:
        for line in out.getvalue().splitlines(keepends=True):
            if not line.startswith(NOISE):
                sys.stdout.write(line)


class Quiet(logging.Filter):
    """Drops the stacks' noise; for the handlers of a run's logger.

    Args:
        longest: Records of more lines are dropped, too: for the screen,
            where a log file has them.
    """

    def __init__(self, longest: int | None = None) -> None:
        super().__init__()
        self.longest = longest

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is shown."""
        text = record.getMessage()
        if text.startswith(NOISE):
            return False
        return self.longest is None or text.count('\n') < self.longest
