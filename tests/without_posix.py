"""This package in a process from which the parts of POSIX are taken.

It stands for Windows as far as Linux can: ``python -m tests.without_posix
import``, or ``train CONFIG WORK_DIR OPTION...``.
"""

import errno
import importlib
import os
import pkgutil
import platform
import shutil
import signal
import sys

MODULES = ('fcntl', 'resource', 'pwd', 'grp', 'termios')
OF_OS = (
    'chown', 'fork', 'forkpty', 'getegid', 'geteuid', 'getgid', 'getloadavg',
    'getuid', 'killpg', 'mkfifo', 'sched_getaffinity', 'setsid', 'sysconf',
    'uname',
)  # fmt: skip
OF_SIGNAL = ('SIGALRM', 'SIGHUP', 'SIGKILL', 'SIGUSR1', 'SIGUSR2')


OTHERS = (
    'filelock',
    'matplotlib.pyplot',
    'mmpretrain.apis',
    'mmpretrain.models',
    'torch._dynamo',
    'yapf',
)
"""They know their systems, and are imported before."""


def take_away() -> None:
    """From all that is imported from here on."""
    for name in OTHERS:
        importlib.import_module(name)
    for name in MODULES:
        sys.modules[name] = None
    for name in OF_OS:
        delattr(os, name)
    for name in OF_SIGNAL:
        delattr(signal, name)
    _open, _set = os.open, signal.signal

    def open_no_folder(path, *arguments, **options):
        if not isinstance(path, int) and os.path.isdir(path):
            raise PermissionError(errno.EACCES, 'Permission denied', path)
        return _open(path, *arguments, **options)

    def no_link(*arguments, **options):
        raise OSError(errno.EPERM, 'A required privilege is not held')

    def no_term(number, handler):
        if number == signal.SIGTERM:
            raise ValueError('signal only works in main interpreter')
        return _set(number, handler)

    platform.system = lambda: 'Windows'  # MMEngine asks for it
    shutil._use_fd_functions = False  # as it is there
    os.open = open_no_folder
    os.symlink = os.link = no_link
    signal.signal = no_term


def import_all() -> None:
    """Every module; what only an extra brings may be missing."""
    import csgresnet_mm

    def skip_extras(name):
        error = sys.exc_info()[1]
        if getattr(error, 'name', None) in (*MODULES, None):
            raise error

    found = 0
    packages = csgresnet_mm.__path__
    for info in pkgutil.walk_packages(packages, 'csgresnet_mm.', skip_extras):
        try:
            importlib.import_module(info.name)
            found += 1
        except ImportError as error:
            if error.name in (*MODULES, None):
                raise
    print(f'{found} modules')


def train(config: str, work_dir: str, *options: str) -> None:
    """An epoch, another one resumed, and a prediction."""
    from csgresnet_mm.apis import ExpressionPredictor
    from csgresnet_mm.datasets import DemoFaces
    from csgresnet_mm.programs.training import cli

    for epochs in (1, 2):
        sys.argv = [
            'train.py', config, '--work-dir', work_dir, '--resume',
            '--cfg-options', *options, f'train_cfg.max_epochs={epochs}',
        ]  # fmt: skip
        cli.train()
    predictor = ExpressionPredictor(
        config, os.path.join(work_dir, 'epoch_2.pth'), faces='whole_image'
    )
    values = dict(option.split('=', 1) for option in options)
    faces = DemoFaces(values['data_root'], 'test', num_train=28, num_test=14)
    (face,) = predictor(faces.get_data_info(0)['img_path'])
    print(f'predicted {face.label}')


if __name__ == '__main__':
    take_away()
    if sys.argv[1] == 'import':
        import_all()
    else:
        train(*sys.argv[2:])
