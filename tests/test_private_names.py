"""MMEngine's private names are touched in one module."""

import ast
from pathlib import Path

import csgresnet_mm

PACKAGE = Path(csgresnet_mm.__file__).parent
OWNER = PACKAGE / 'mmengine_private.py'


def private_attributes(path):
    """(line, name) of each private attribute of anything but ``self``."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if (
            isinstance(node, ast.Attribute)
            and node.attr.startswith('_')
            and not node.attr.startswith('__')
            and not (
                isinstance(node.value, ast.Name)
                and node.value.id in ('self', 'cls')
            )
        ):
            yield node.lineno, node.attr


def test_private_names_of_mmengine_have_one_owner():
    owned = {name for _, name in private_attributes(OWNER)}
    assert {'_resume', '_load_from', '_train_loop', '_inner_count'} <= owned
    elsewhere = [
        f'{path.relative_to(PACKAGE)}:{line} {name}'
        for path in sorted(PACKAGE.rglob('*.py'))
        if path != OWNER
        for line, name in private_attributes(path)
        if name in owned
    ]
    assert elsewhere == []


def test_the_names_are_in_this_mmengine():
    from mmengine.analysis import complexity_analysis, jit_analysis
    from mmengine.dataset import BaseDataset
    from mmengine.hooks import CheckpointHook
    from mmengine.logging import MMLogger
    from mmengine.optim import OptimWrapper
    from mmengine.runner import EpochBasedTrainLoop, Runner, checkpoint

    source = ''
    for holder in (
        *(complexity_analysis, jit_analysis, BaseDataset, CheckpointHook),
        *(MMLogger, OptimWrapper, EpochBasedTrainLoop, Runner, checkpoint),
    ):
        module = __import__(
            getattr(holder, '__module__', holder.__name__), fromlist=['x']
        )
        source += Path(module.__file__).read_text(encoding='utf-8')
    optional = {'_safe_torch_load'}  # of the forks
    owned = {name for _, name in private_attributes(OWNER)} - optional
    assert [name for name in sorted(owned) if name not in source] == []
