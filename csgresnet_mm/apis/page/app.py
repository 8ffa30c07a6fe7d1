"""The page itself, made with gradio."""

import argparse
import os
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csgresnet_mm.apis.page.answers import answer
from csgresnet_mm.apis.predictor import (
    ExpressionPredictor,
    SyntheticWeightsWarning,
)
from csgresnet_mm.apis.predictor.alignment import ALIGNMENTS
from csgresnet_mm.apis.predictor.networks import open_network
from csgresnet_mm.program import command
from csgresnet_mm.visualization.cam import INSTALL
from csgresnet_mm.weights import DEFAULT

MAX_BYTES = 20 * 2**20
KEPT_SECONDS = 600
"""How long gradio's folder keeps photos; at the end it is emptied."""
LOOPBACK = '127.0.0.1'
QUIET = {
    'GRADIO_ANALYTICS_ENABLED': 'False',
    'HF_HUB_OFFLINE': '1',
    'HF_HUB_DISABLE_TELEMETRY': '1',
}
"""What keeps gradio from calling home; set before it is imported."""
NOTE = 'Expressions are not emotions. Nothing leaves this computer.'
SYNTHETIC = '**Trained on synthetic demo faces: not for real photos.**'


def import_gradio() -> Any:
    """Import gradio, silenced.

    Raises:
        ImportError: It is not installed: naming the line that installs it.
    """
    os.environ.update(QUIET)
    try:
        import gradio
    except ModuleNotFoundError as error:
        raise ImportError(
            f"the page needs the extra: pip install 'csgresnet_mm[app]' "
            f'({error})'
        ) from error
    return gradio


def build(predictor: ExpressionPredictor, explain: bool = True) -> Any:
    """Lay the page out.

    Args:
        predictor: Of the network.
        explain: Draw Grad-CAM.

    Returns:
        gradio's Blocks, not yet started.
    """
    gradio = import_gradio()

    def predict(path: str | None) -> tuple[Any, ...]:
        if path is None:
            return 'Give a photo.', None, [], None, []
        try:
            found = answer(predictor, path, explain)
        except (ValueError, OSError) as error:
            reason = str(error).replace(path, 'The photo')
            raise gradio.Error(reason, print_exception=False) from error
        told = [face.probabilities for face in found.faces]
        names = [face.label for face in found.faces]
        return (
            found.message,
            found.image,
            list(zip(found.crops, names, strict=False)),
            told[0] if told else None,
            told,
        )

    def choose(told: list[dict[str, float]], event: gradio.SelectData) -> Any:
        return told[event.index]

    with gradio.Blocks(
        title='Facial expressions',
        analytics_enabled=False,
        delete_cache=(KEPT_SECONDS, KEPT_SECONDS),
    ) as page:
        gradio.Markdown('## Facial expressions')
        gradio.Markdown(NOTE)
        if predictor.info.synthetic:
            gradio.Markdown(SYNTHETIC)
        told = gradio.State([])
        with gradio.Row():
            photo = gradio.Image(
                label='Photo', sources=['upload', 'webcam'], elem_id='photo'
            )
            # the file as it came, which the predictor decodes with limits; a
            # subclass would make gradio write a .pyi beside this file
            photo.preprocess = _path
            marked = gradio.Image(
                label='Faces',
                interactive=False,
                elem_id='marked',
                buttons=['download', 'fullscreen'],  # none that shares
            )
        message = gradio.Markdown(elem_id='message')
        with gradio.Row():
            faces = gradio.Gallery(
                label='Choose a face',
                columns=3,
                object_fit='contain',
                elem_id='faces',
                buttons=['download', 'fullscreen'],
            )
            bars = gradio.Label(label='Probabilities', elem_id='bars')
        photo.change(predict, photo, [message, marked, faces, bars, told])
        faces.select(choose, told, bars)
    return page


def _path(payload: Any) -> str | None:
    return None if payload is None else payload.path


def launch(
    predictor: ExpressionPredictor,
    port: int | None = None,
    explain: bool = True,
    **options: Any,
) -> Any:
    """Start the page on this computer's loopback address alone.

    Args:
        predictor: Of the network.
        port: None: the first free one from 7860.
        explain: Draw Grad-CAM.
        **options: Of gradio's ``launch``.

    Returns:
        What gradio's ``launch`` gives: its app and addresses.
    """
    gradio = import_gradio()
    fonts = {'font': ['sans-serif'], 'font_mono': ['monospace']}
    return build(predictor, explain).launch(
        server_name=LOOPBACK,
        server_port=port,
        share=False,
        max_file_size=MAX_BYTES,
        theme=gradio.themes.Default(**fonts),  # else from the web
        ssr_mode=False,
        footer_links=[],
        **options,
    )


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: see ``app.py --help``."""
    parser = argparse.ArgumentParser(
        description='A page on this computer: a photo in, expressions out.'
    )
    parser.add_argument(
        '--weights',
        metavar='NAME|FILE',
        help='the name of weights that ship, or a .pth (with --config), '
        f'.safetensors or .onnx; default: {DEFAULT}',
    )
    parser.add_argument('--config', type=Path, help='of the run, for a .pth')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--alignment', choices=ALIGNMENTS)
    parser.add_argument('--port', type=int)
    args = parser.parse_args(arguments)
    with warnings.catch_warnings():  # the page says it
        warnings.simplefilter('ignore', SyntheticWeightsWarning)
        import_gradio()
        explain = find_spec('pytorch_grad_cam') is not None
        network = open_network(
            args.config, args.weights, args.device, in_torch=explain
        )
        predictor = ExpressionPredictor(network, alignment=args.alignment)
    if not explain:
        print(f'Without Grad-CAM, which needs: {INSTALL}')
    print(f'weights: {args.weights or DEFAULT}')
    launch(predictor, args.port, explain)
