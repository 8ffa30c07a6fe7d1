"""The zoo's files for tools/convert.py, compare.py and predict.py."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from hostile import shell, through_getattr, write
from hostile_zoo import GIB, Exhibit, Use, sparse

from csgresnet_mm.apis import safetensors_model
from csgresnet_mm.apis.onnx_files import EXPORT_KEY
from csgresnet_mm.apis.predictor.networks import open_network
from csgresnet_mm.apis.run_folder import CURVE
from csgresnet_mm.paper.plan import HONEST, Run
from csgresnet_mm.paper.results import Result
from csgresnet_mm.programs import compare
from csgresnet_mm.programs.convert import cli as convert
from csgresnet_mm.programs.model_card import cli as model_card
from csgresnet_mm.safetensors_file import read_safetensors
from tests.apis.small_run import write_run

Main = Callable[[Sequence[str]], Any]


def refusal(main: Main, *arguments: Any) -> Use:
    """A command, whose refusal is raised as it is shown."""

    def use() -> None:
        stream = io.StringIO()
        try:
            with contextlib.redirect_stderr(stream):
                main([str(argument) for argument in arguments])
        except SystemExit as error:
            raise ValueError(stream.getvalue()) from error

    return use


# ---- checkpoints -----------------------------------------------------


def _config(folder: Path) -> Path:
    config, _ = write_run(folder, steps=1)
    config.dump(folder / 'config.py')
    return folder / 'config.py'


def _converted(command: str, payload: Any) -> Exhibit:
    def show(folder: Path, canary: Path) -> Use:
        bad = write(folder / 'bad.pth', 'state_dict', payload(canary))
        config = [] if command == 'release' else [_config(folder)]
        out = folder / 'out.safetensors'
        return refusal(convert.main, command, *config, bad, out)

    name = f'{payload.__name__}, convert {command}'
    return Exhibit(name, show, r'bad\.pth was refused: ')


def predicted(folder: Path, canary: Path) -> Use:
    bad = write(folder / 'bad.pth', 'meta', shell(canary))
    config = _config(folder)
    return lambda: open_network(config, bad)


def carded(folder: Path, canary: Path) -> Use:
    _config(folder)
    write(folder / 'weights.pth', 'meta', shell(canary))
    return refusal(model_card.main, folder)


def carded_predictions(folder: Path, canary: Path) -> Use:
    _config(folder)
    (folder / 'epoch_1.pth').rename(folder / 'weights.pth')
    (folder / 'last.npz').write_bytes(pickle.dumps(shell(canary)))
    return refusal(model_card.main, folder)


# ---- folders of runs -------------------------------------------------


def _compared(write_it: Callable[[Path], Any]) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        (folder / 'config.py').write_text(f'open({str(canary)!r}, "w")')
        write_it(folder / 'run.json')
        return refusal(compare.main, folder, folder)

    return show


def pickled_predictions(folder: Path, canary: Path) -> Use:
    (folder / 'config.py').write_text(f'open({str(canary)!r}, "w")')
    (folder / 'run.json').write_text('{"run": "x"}')
    (folder / 'last.npz').write_bytes(pickle.dumps(shell(canary)))
    return refusal(compare.main, folder, folder)


def deep_curve(folder: Path, canary: Path) -> Use:
    (folder / 'run.json').write_text('{"run": "x"}')
    (folder / CURVE).write_text('[' * 60_000)
    result = Result(Run('csgresnet18', 'demo', HONEST, 0), folder)
    return lambda: result.curve


# ---- packed and ONNX -------------------------------------------------

Change = Callable[[dict[str, Any], dict[str, Any]], None]


def _info(folder: Path, change: Change) -> tuple[dict[str, str], Any]:
    """Metadata and weights of a packed file, of which something changed."""
    config, checkpoint = write_run(folder, steps=1)
    path = folder / 'good.safetensors'
    safetensors_model.save_safetensors_model(config, checkpoint, path)
    state, metadata = read_safetensors(path)
    info = json.loads(metadata[safetensors_model.INFO_KEY])
    model = json.loads(info.pop('config'))
    change(info, model)
    info.setdefault('config', json.dumps(model))
    metadata[safetensors_model.INFO_KEY] = json.dumps(info)
    return metadata, state


def _packed(change: Change, **metadata: str) -> Any:
    def show(folder: Path, canary: Path) -> Use:
        found, state = _info(folder, change)
        path = folder / 'bad.safetensors'
        safetensors.torch.save_file(state, path, found | metadata)
        return lambda: open_network(None, path)

    return show


def same(info: dict[str, Any], model: dict[str, Any]) -> None:
    """Leave all as it is."""


def runs_a_command(info: dict[str, Any], model: dict[str, Any]) -> None:
    model['backbone'] = dict(type='os.system', command='true')


def loads_a_file(info: dict[str, Any], model: dict[str, Any]) -> None:
    entry = dict(type='Pretrained', checkpoint='bad.pth')
    model['backbone']['init_cfg'] = entry


def deep(info: dict[str, Any], model: dict[str, Any]) -> None:
    info['config'] = '[' * 60_000


def wide(info: dict[str, Any], model: dict[str, Any]) -> None:
    model['backbone']['base_channels'] = 2**14


def many_classes(info: dict[str, Any], model: dict[str, Any]) -> None:
    model['head']['num_classes'] = 2**40


def large_input(info: dict[str, Any], model: dict[str, Any]) -> None:
    info['input_size'] = info['resize'] = [40_000, 40_000]


def pickle_as_packed(folder: Path, canary: Path) -> Use:
    path = folder / 'bad.safetensors'
    path.write_bytes(pickle.dumps(shell(canary)))
    return lambda: open_network(None, path)


def checkpoint_as_packed(folder: Path, canary: Path) -> Use:
    path = folder / 'bad.safetensors'
    torch.save(dict(a=shell(canary)), path)
    return lambda: open_network(None, path)


def _onnx(info: str | None = None, **settings: Any) -> Any:
    """A network that gives its input, with metadata."""

    def show(folder: Path, canary: Path) -> Use:
        import onnx

        found, _ = _info(folder, runs_a_command)
        export = dict(
            normalisation=False, input_type='float32', output='logits'
        )
        text = settings.get('text') or json.dumps(export | settings)
        x, y = (
            onnx.helper.make_tensor_value_info(
                name, onnx.TensorProto.FLOAT, ['b', 3, 32, 32]
            )
            for name in 'xy'
        )
        node = onnx.helper.make_node('Identity', ['x'], ['y'])
        graph = onnx.helper.make_graph([node], 'graph', [x], [y])
        made = onnx.helper.make_model(
            graph,
            opset_imports=[onnx.helper.make_opsetid('', 18)],
            ir_version=9,
        )
        for key, value in (
            (
                safetensors_model.INFO_KEY,
                info or found[safetensors_model.INFO_KEY],
            ),
            (EXPORT_KEY, text),
        ):
            made.metadata_props.add(key=key, value=value)
        path = folder / 'bad.onnx'
        path.write_bytes(made.SerializeToString())
        return lambda: open_network(None, path)

    return show


def pickle_as_onnx(folder: Path, canary: Path) -> Use:
    path = folder / 'bad.onnx'
    path.write_bytes(pickle.dumps(shell(canary)))
    return lambda: open_network(None, path)


DEEP = '[' * 60_000
TOOLS = [
    _converted('release', shell),
    _converted('release', through_getattr),
    _converted('plain', shell),
    Exhibit('pickle, predict', predicted, r'bad\.pth was refused: '),
    Exhibit('pickle, model card', carded, r'weights\.pth was refused: '),
    Exhibit(
        'pickled predictions, model card',
        carded_predictions,
        r'last\.npz: .*not a zip',
    ),
    Exhibit(
        'pickled predictions, compare',
        pickled_predictions,
        r'last\.npz: .*not a zip',
    ),
    Exhibit(
        'deep run.json',
        _compared(lambda path: path.write_text(DEEP)),
        r'run\.json: not JSON: nested too deep',
    ),
    Exhibit(
        'run.json of 16 GiB',
        _compared(lambda path: sparse(path, 16 * GIB)),
        r'run\.json: 17179869184 bytes; JSON of at most',
    ),
    Exhibit(
        'run.json that is a list',
        _compared(lambda path: path.write_text('[1]')),
        r'run\.json: TypeError: .*expected a JSON object',
    ),
    Exhibit('deep curve.json', deep_curve, r'curve\.json: not JSON: nested'),
]
"""With what the package always needs."""

PACKED = [
    _converted('pack', shell),
    Exhibit(
        'command in a packed config',
        _packed(runs_a_command),
        r"bad\.safetensors: model\.backbone\.type='os\.system' is not allowed",
    ),
    Exhibit(
        'checkpoint in a packed config',
        _packed(loads_a_file),
        r'bad\.safetensors: model\.backbone\.init_cfg is not allowed',
    ),
    Exhibit('deep packed config', _packed(deep), r'bad\.safetensors: .*deep'),
    Exhibit(
        'deep golden scores',
        _packed(same, **{safetensors_model.GOLDEN_KEY: DEEP}),
        r'bad\.safetensors, .*: nested too deep',
    ),
    Exhibit(
        'packed config of an immense network',
        _packed(wide),
        r'bad\.safetensors: .*(much larger than the weights|found shape)',
    ),
    Exhibit(
        'packed config of immensely many classes',
        _packed(many_classes),
        r'bad\.safetensors: ',
    ),
    Exhibit(
        'packed config of immense images',
        _packed(large_input),
        r'bad\.safetensors: input_size=\(40000, 40000\); expected',
    ),
    Exhibit(
        'pickle as packed', pickle_as_packed, r'bad\.safetensors: cannot be'
    ),
    Exhibit(
        'checkpoint as packed',
        checkpoint_as_packed,
        r'bad\.safetensors: cannot be',
    ),
    Exhibit('command in ONNX metadata', _onnx(), ''),
    Exhibit(
        'deep ONNX metadata', _onnx(text=DEEP), r'bad\.onnx: nested too deep'
    ),
    Exhibit('deep ONNX info', _onnx(DEEP), r'bad\.onnx: .*nested too deep'),
    Exhibit(
        'immense type in ONNX metadata',
        _onnx(input_type='(100000,)f8'),
        r'bad\.onnx: input_type=.*expected one of',
    ),
    Exhibit('pickle as ONNX', pickle_as_onnx, r'bad\.onnx cannot be read'),
]
"""With safetensors, onnx and ONNX Runtime."""
