"""The app's server and its command line."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from csgresnet_mm.apis.predictor import (
    ExpressionPredictor,
    SyntheticWeightsWarning,
)
from csgresnet_mm.apis.predictor.alignment import ALIGNMENTS
from csgresnet_mm.program import command
from csgresnet_mm.programs.app.address import (
    LOOPBACK,
    check_address,
    is_loopback,
)
from csgresnet_mm.programs.app.app import KEPT_SECONDS, MAX_VIDEO, App
from csgresnet_mm.programs.app.looking import Looker
from csgresnet_mm.programs.app.style import CSS
from csgresnet_mm.weights import DEFAULT, resolve_weights

QUIET = {
    'GRADIO_ANALYTICS_ENABLED': 'False',
    'HF_HUB_OFFLINE': '1',
    'HF_HUB_DISABLE_TELEMETRY': '1',
}
"""What keeps gradio from calling home; set before it is imported."""
HERE = 'Nothing leaves this computer.'
THERE = (
    'What you give goes to the computer that runs this app and no further; '
    'there it is deleted within twenty minutes.'
)


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
            f"the app needs the extra: pip install 'csgresnet_mm[app]' "
            f'({error})'
        ) from error
    return gradio


def build(
    predictor: ExpressionPredictor,
    explain: bool = True,
    *,
    weights: Path | None = None,
    note: str = HERE,
) -> Any:
    """Lay the app out.

    Args:
        predictor: Of the network.
        explain: Offer Grad-CAM.
        weights: The network's file, which the app names; None where it was
            made in Python.
        note: Where photos go.

    Returns:
        gradio's Blocks, not yet started.
    """
    gradio = import_gradio()
    with gradio.Blocks(
        title='Facial expressions',
        analytics_enabled=False,
        delete_cache=(KEPT_SECONDS, KEPT_SECONDS),
    ) as blocks:
        App(gradio, Looker(predictor, weights, explain), note)
    return blocks


def launch(
    predictor: ExpressionPredictor,
    port: int | None = None,
    explain: bool = True,
    *,
    weights: Path | None = None,
    host: str = LOOPBACK,
    root_path: str = '',
    **options: Any,
) -> Any:
    """Start the app; by default for this computer alone.

    Args:
        predictor: Of the network.
        port: None: the first free one from 7860.
        explain: Offer Grad-CAM.
        weights: See :func:`build`.
        host: Address to answer on; anybody who reaches it can use the app.
        root_path: Where a proxy serves the app: '/faces', or the whole
            address; '' without a proxy.
        **options: Of gradio's ``launch``.

    Returns:
        What gradio's ``launch`` gives: its app and addresses.

    Raises:
        ValueError: The address is not one of this computer, or taken; or
            root_path is none.
    """
    gradio = import_gradio()
    if root_path and not root_path.startswith(('/', 'http://', 'https://')):
        raise ValueError(
            f'root_path={root_path!r}; expected /PATH or http(s)://HOST/PATH'
        )
    check_address(host, port)
    alone = is_loopback(host) and not root_path
    fonts = {'font': ['sans-serif'], 'font_mono': ['monospace']}
    theme = gradio.themes.Default(
        primary_hue='indigo', neutral_hue='slate', **fonts
    ).set(
        body_text_color_subdued='*neutral_600',
        body_text_color_subdued_dark='*neutral_300',
    )
    blocks = build(
        predictor, explain, weights=weights, note=HERE if alone else THERE
    )
    return blocks.launch(
        server_name=f'[{host}]' if ':' in host else host,
        server_port=port,
        root_path=root_path,
        share=False,
        quiet=True,  # it would propose to share
        max_file_size=MAX_VIDEO,
        theme=theme,  # its own fonts come from the web
        css=CSS,
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        **options,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description='An app in the browser, served by this computer: a photo '
        'in, expressions out.'
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
    parser.add_argument(
        '--host',
        default=LOOPBACK,
        help='address to answer on; default: this computer alone',
    )
    parser.add_argument(
        '--port', type=int, help='default: the first free one from 7860'
    )
    parser.add_argument(
        '--root-path',
        default='',
        metavar='PATH',
        help='where a proxy serves the app, such as /faces',
    )
    return parser


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: see ``app.py --help``."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.port is not None and not 0 < args.port < 2**16:
        parser.error(f'--port {args.port}: expected 1 to 65535')
    with warnings.catch_warnings():  # the app says it
        warnings.simplefilter('ignore', SyntheticWeightsWarning)
        import_gradio()
        predictor = ExpressionPredictor(
            args.config,
            args.weights,
            args.device,
            alignment=args.alignment,
        )
    if not is_loopback(args.host):
        print(
            f'warning: everybody who reaches {args.host} can use the app: '
            'it has no password, and photos travel unencrypted',
            file=sys.stderr,
        )
    app, url, _ = launch(
        predictor,
        args.port,
        weights=resolve_weights(args.weights),
        host=args.host,
        root_path=args.root_path,
        prevent_thread_lock=True,
    )
    print(f'weights: {args.weights or DEFAULT}')
    print(f'app: {url} (Ctrl-C ends it)', flush=True)
    app.blocks.block_thread()
