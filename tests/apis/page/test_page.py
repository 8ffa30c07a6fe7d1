"""The page in a real browser: Debian's Chromium, without a screen."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.page import app
from csgresnet_mm.apis.predictor.networks import open_network

pytestmark = [
    pytest.mark.app,
    # of the server's own packages
    pytest.mark.filterwarnings('default'),
]
CONFIG = Path(__file__).parents[3] / 'configs' / 'csgresnet18_demo.py'
FLAGS = (
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run '
    '--disable-background-networking --disable-component-update '
    '--disable-sync --use-fake-device-for-media-stream '
    '--use-fake-ui-for-media-stream'
)
SHOTS = os.environ.get('PAGE_SCREENSHOTS')
"""A folder for pictures of the page, to look at."""


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    checkpoint = _checkpoint(tmp_path_factory.mktemp('weights'))
    network = open_network(CONFIG, checkpoint)
    with pytest.warns(UserWarning, match='not for real photos'):
        predictor = ExpressionPredictor(network, max_pixels=4_000_000)
    page = app.build(predictor)
    _, url, shared = app.launch(predictor, prevent_thread_lock=True)
    assert shared is None
    yield url
    page.close()


def _checkpoint(folder):
    import torch
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmpretrain.registry import MODELS

    init_default_scope('mmpretrain')
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(CONFIG).model)
    model.init_weights()
    names = tuple('Surprise Fear Disgust Happy Sad Anger Neutral'.split())
    meta = {'dataset_meta': {'classes': names, 'alignment': 'rafdb'}}
    path = folder / 'epoch_1.pth'
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, path)
    return path


@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright

    chromium = shutil.which('chromium')
    assert chromium, 'the page is tested in Debian package chromium'
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS.split()
        )
        yield running
        running.close()


@pytest.fixture
def open_page(browser, address):
    """Opens the page in a session of its own; asks nobody else."""
    contexts, asked = [], []

    def make():
        context = browser.new_context(viewport={'width': 1200, 'height': 1000})
        contexts.append(context)
        page = context.new_page()
        page.on('request', lambda request: asked.append(request.url))
        page.goto(address)
        page.locator('#photo input[type=file]').wait_for(state='attached')
        return page

    yield make
    for context in contexts:
        context.close()
    local = (address, 'data:', 'blob:')
    assert [url for url in asked if not url.startswith(local)] == []


@pytest.fixture
def hopper():
    import matplotlib

    data = Path(matplotlib.get_data_path()) / 'sample_data'
    return str(data / 'grace_hopper.jpg')


def upload(page, path):
    page.locator('#photo input[type=file]').set_input_files(path)


def shoot(page, name):
    if SHOTS:
        page.wait_for_timeout(800)
        page.screenshot(path=f'{SHOTS}/{name}.png', full_page=True)


def test_a_photo_gives_faces_bars_and_maps(open_page, hopper):
    page = open_page()
    upload(page, hopper)
    page.locator('#message', has_text='1 face').wait_for(timeout=60_000)
    page.locator('#marked img').wait_for()
    page.locator('#faces img').first.wait_for()
    assert page.locator('#bars').get_by_text('Disgust').count() > 0
    assert 'not for real photos' in page.content()
    shoot(page, 'result')


def test_a_face_is_chosen_among_several(open_page, hopper, tmp_path):
    image = np.asarray(Image.open(hopper))
    Image.fromarray(np.hstack([image, image])).save(tmp_path / 'two.png')
    page = open_page()
    upload(page, str(tmp_path / 'two.png'))
    page.locator('#message', has_text='2 faces').wait_for(timeout=60_000)
    page.locator('#faces img').nth(1).click()
    page.wait_for_timeout(1500)
    assert page.get_by_text('Error', exact=True).count() == 0
    assert page.locator('#bars').get_by_text('Disgust').count() > 0
    shoot(page, 'two')


def test_no_face_is_said(open_page, tmp_path):
    Image.new('RGB', (300, 200), 'grey').save(tmp_path / 'grey.png')
    page = open_page()
    upload(page, str(tmp_path / 'grey.png'))
    page.locator('#message', has_text='No face').wait_for(timeout=60_000)
    assert page.locator('#faces img').count() == 0
    shoot(page, 'no-face')


def test_too_many_pixels_are_said(open_page, tmp_path):
    Image.new('1', (2500, 2500)).save(tmp_path / 'large.png')
    page = open_page()
    upload(page, str(tmp_path / 'large.png'))
    said = page.get_by_text('2500 x 2500 pixels')
    said.first.wait_for(timeout=60_000)
    assert str(tmp_path) not in page.content()
    shoot(page, 'too-many-pixels')


def test_too_large_a_file_is_said(open_page, tmp_path):
    noise = np.random.default_rng(0).integers(
        0, 256, (2900, 2900, 3), np.uint8
    )
    Image.fromarray(noise).save(tmp_path / 'large.png')
    assert (tmp_path / 'large.png').stat().st_size > app.MAX_BYTES
    page = open_page()
    upload(page, str(tmp_path / 'large.png'))
    page.get_by_text('exceed').first.wait_for(timeout=60_000)
    shoot(page, 'too-large')


def test_two_at_once_get_their_own_answers(open_page, hopper, tmp_path):
    Image.new('RGB', (300, 200), 'grey').save(tmp_path / 'grey.png')
    one, other = open_page(), open_page()
    upload(one, hopper)
    upload(other, str(tmp_path / 'grey.png'))
    one.locator('#message', has_text='1 face').wait_for(timeout=60_000)
    other.locator('#message', has_text='No face').wait_for(timeout=60_000)


def test_it_answers_on_loopback_only(address):
    assert address.startswith('http://127.0.0.1:')
    assert os.environ['GRADIO_ANALYTICS_ENABLED'] == 'False'
