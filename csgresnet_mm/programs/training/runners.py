"""MMEngine's Runner, as the tools here start it."""

from __future__ import annotations

import logging
import os
from typing import Any

from mmengine.dist import is_main_process, master_only
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from torch import nn

from csgresnet_mm import process
from csgresnet_mm.program import Quiet
from csgresnet_mm.programs.training.ending import describe_end

SCREEN = 15
"""Lines of a record that are still shown on the screen."""


class ToolRunner(Runner):
    """Keeps config, environment and list of hooks to the log file.

    They are 430 lines, before which and after which everything else is
    overlooked.
    """

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """As in MMEngine, without noise."""
        logger = super().build_logger(*args, **kwargs)
        files = [
            handler.baseFilename
            for handler in logger.handlers
            if isinstance(handler, logging.FileHandler)
        ]
        for handler in logger.handlers:
            in_file = isinstance(handler, logging.FileHandler)
            short = None if in_file or not files else SCREEN
            handler.addFilter(Quiet(short))
        said = [process.describe()]
        if files:
            said.append(f'config, environment and hooks are in {files[0]}')
        if line := '; '.join(filter(None, said)):
            logger.info(line)
        return logger


class TrainRunner(ToolRunner):
    """Tells at the end of a training what came of it, and what to do next."""

    _start: int | None = None

    def resume(self, *args: Any, **kwargs: Any) -> None:
        """As in MMEngine."""
        super().resume(*args, **kwargs)
        self._start = self.iter

    def train(self) -> nn.Module:
        """As in MMEngine."""
        model = super().train()
        if is_main_process():
            print(describe_end(self, finished=self.iter == self._start))
        return model


class TestRunner(ToolRunner):
    """Keeps the config of a test beside the test's own log.

    That of the training, in the same folder, stays as it is.
    """

    @master_only
    def dump_config(self) -> None:
        """Write the config into the test's own folder."""
        name = os.path.basename(self.cfg.filename or 'config.py')
        self.cfg.dump(os.path.join(self._log_dir, name))
