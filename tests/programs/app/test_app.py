"""The app in a real browser: Debian's Chromium, without a screen."""

import os
import re
import shutil
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.programs.app import app, cli
from csgresnet_mm.programs.app.examples import draw_examples
from csgresnet_mm.weights import DEFAULT, find_weights

pytestmark = [
    pytest.mark.app,
    # of the server's own packages
    pytest.mark.filterwarnings('default'),
]
FLAGS = (
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run '
    '--disable-background-networking --disable-component-update '
    '--disable-sync --use-fake-device-for-media-stream '
    '--use-fake-ui-for-media-stream'
)
WAIT = 120_000
"""Milliseconds; the machine may be busy."""
SHOTS = os.environ.get('APP_SCREENSHOTS')
"""A folder for pictures of the app, to look at."""
PHONE = {'width': 390, 'height': 844}
LOW_CONTRAST = """
() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number)
  const light = rgb => {
    const [r, g, b] = rgb.map(v => {
      v /= 255
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = node => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a] = parse(getComputedStyle(node).backgroundColor)
      if (r !== undefined && a !== 0) return [r, g, b]
    }
    return [255, 255, 255]
  }
  const found = []
  const walk = document.createTreeWalker(document.body, 4)
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim()
    const node = walk.currentNode.parentElement
    if (!text || !node.checkVisibility({visibilityProperty: true})) continue
    if (node.closest('style, script, noscript, .fer-box')) continue
    const one = light(parse(getComputedStyle(node).color).slice(0, 3))
    const two = light(behind(node))
    const ratio = (Math.max(one, two) + .05) / (Math.min(one, two) + .05)
    if (ratio < 4.5) found.push(text.slice(0, 40) + ' ' + ratio.toFixed(2))
  }
  return found
}
"""
"""Visible text whose contrast is below what WCAG's level AA asks."""

asked_elsewhere = []
"""Addresses that this process looked up or connected to, but for its own."""


def _hear(event, arguments):
    if event == 'socket.connect':
        address = arguments[1]
    elif event == 'socket.getaddrinfo':
        address = arguments[:1]
    else:
        return
    host = address[0] if isinstance(address, tuple) else None
    if host not in (None, '127.0.0.1', 'localhost', '::1', '0.0.0.0', ''):
        asked_elsewhere.append(host)


@pytest.fixture(scope='module')
def serve():
    """Starts an app of a predictor, and gives its address."""
    sys.addaudithook(_hear)  # which cannot be removed
    apps = []

    def start(predictor, **options):
        server, url, shared = cli.launch(
            predictor, prevent_thread_lock=True, **options
        )
        apps.append(server)
        assert shared is None
        return url

    yield start
    for server in apps:
        server.blocks.close(verbose=False)
    assert asked_elsewhere == []


@pytest.fixture(scope='module')
def shipped():
    return ExpressionPredictor(max_pixels=4_000_000)


@pytest.fixture(scope='module')
def address(serve, shipped):
    return serve(shipped, weights=find_weights(DEFAULT))


@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright

    chromium = shutil.which('chromium')
    assert chromium, 'the app is tested in Debian package chromium'
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS.split()
        )
        yield running
        running.close()


@pytest.fixture
def open_page(browser, address):
    """Opens the app in a session of its own; asks nobody else."""
    contexts, asked = [], []

    def make(url=address, size=None, theme='light'):
        context = browser.new_context(
            viewport=size or {'width': 1200, 'height': 1000},
            color_scheme=theme,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on('request', lambda request: asked.append(request.url))
        page.goto(url)
        page.locator('#upload input[type=file]').wait_for(state='attached')
        return page

    yield make
    for context in contexts:
        context.close()
    local = ('http://127.0.0.1:', 'data:', 'blob:')
    assert [url for url in asked if not url.startswith(local)] == []


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    """The drawn faces as files: by name, and one with four."""
    folder = tmp_path_factory.mktemp('photos')
    paths = {}
    for name, image in draw_examples():
        paths[name] = str(folder / f'{name}.png'.lower().replace(' ', '-'))
        Image.fromarray(image).save(paths[name])
    return paths


def upload(page, path):
    page.locator('#upload input[type=file]').set_input_files(path)


def title(page, text):
    found = page.locator('.fer-title', has_text=re.compile(text, re.I))
    found.wait_for()
    return found


def shoot(page, name):
    if SHOTS:
        page.wait_for_timeout(800)
        page.screenshot(path=f'{SHOTS}/{name}.png', full_page=True)


def test_V8_the_page_says_whose_answer_it_is_and_what_is_seen(
    open_page, photos
):
    page = open_page()
    weights = page.locator('#weights summary')
    assert DEFAULT in weights.inner_text()
    weights.click()
    page.get_by_text('What they are not.').wait_for()
    for part in ('.fer-answer', '#result img', '.fer-bars', '#stop'):
        assert page.locator(part).count() == 0  # nothing empty to begin with
    shoot(page, 'start')
    upload(page, photos['Surprise'])
    assert title(page, r'^surprise\s+\d+').is_visible()
    assert page.get_by_text('Choose a face').count() == 0
    assert page.locator('.fer-bars li').count() == 8
    switch = page.get_by_role('switch', name='Grad-CAM')
    assert not switch.is_checked()
    switch.check()
    page.get_by_text('Grad-CAM: what counted for surprise').wait_for()
    assert page.locator('.fer-legend').is_visible()
    shoot(page, 'grad-cam')


def test_the_switch_turns_without_classifying_again(
    open_page, photos, shipped, monkeypatch
):
    page = open_page()
    upload(page, photos['Four faces'])
    title(page, '4 faces')
    page.get_by_role('radio').nth(2).check()
    chosen = page.locator('.fer-panel-2')
    label = chosen.locator('.fer-most').inner_text()
    monkeypatch.setattr(shipped, 'classify', None)
    monkeypatch.setattr(shipped, 'detect', None)
    switch = page.get_by_role('switch')
    switch.check()
    chosen.locator('.fer-map').wait_for()
    assert not chosen.locator('.fer-seen').is_visible()
    switch.uncheck()
    assert chosen.locator('.fer-seen').is_visible()
    assert not page.locator('.fer-legend').is_visible()
    monkeypatch.setattr(app.App, '_explain', None)
    switch.check()
    assert chosen.locator('.fer-map').is_visible()
    assert chosen.locator('.fer-most').inner_text() == label  # still chosen


def test_a_face_is_chosen_in_the_photo_and_the_next_photo_starts_anew(
    open_page, photos
):
    page = open_page()
    upload(page, photos['Four faces'])
    title(page, '4 faces')
    page.locator('label.fer-box').nth(3).click()
    assert page.get_by_role('radio').nth(3).is_checked()
    assert page.locator('.fer-panel-3').is_visible()
    assert not page.locator('.fer-panel-0').is_visible()
    page.locator('#again').click()
    page.locator('#upload').wait_for()
    page.locator('.fer-example', has_text='Four faces').click()
    title(page, '4 faces')
    assert page.get_by_role('radio').first.is_checked()


def test_the_keyboard_is_enough(open_page, photos):
    page = open_page()
    # from here on, else the first one is met by nobody
    page.on('filechooser', lambda chooser: None)
    page.locator('.fer-example').first.wait_for()

    def tab_to(wanted):
        for _ in range(20):
            page.keyboard.press('Tab')
            if page.evaluate(f"document.activeElement.matches('{wanted}')"):
                return
        raise AssertionError(f'{wanted} is not reached')

    tab_to('#upload button')
    with page.expect_file_chooser() as opened:
        page.keyboard.press('Enter')
    opened.value.set_files(photos['Four faces'])
    title(page, '4 faces')
    page.wait_for_function(
        "document.activeElement.matches('.fer-title')"
    )  # which a screen reader reads out
    tab_to('[name=fer-face]')
    page.keyboard.press('ArrowRight')
    assert page.locator('.fer-panel-1').is_visible()
    tab_to('#fer-cam')
    page.keyboard.press('Space')
    page.locator('.fer-panel-1 .fer-map').wait_for()
    tab_to('a[download]')
    tab_to('#again')
    page.keyboard.press('Enter')
    page.wait_for_function("document.activeElement.matches('#upload button')")


@pytest.mark.parametrize('theme', ['light', 'dark'])
def test_a_phone_shows_it_all_with_contrast_and_names(
    open_page, photos, theme
):
    page = open_page(size=PHONE, theme=theme)

    def check(name):
        shoot(page, f'{name}-{theme}')
        assert page.evaluate(LOW_CONTRAST) == []
        wide = page.evaluate('document.documentElement.scrollWidth')
        assert wide <= PHONE['width']
        assert page.locator('img:not([alt])').count() == 0
        for kind in ('button', 'radio', 'switch', 'link'):
            for part in page.get_by_role(kind).all():
                assert part.evaluate(
                    'e => (e.ariaLabel || e.innerText || '
                    "e.labels?.[0]?.innerText || '').trim()"
                )

    page.locator('#weights summary').click()
    check('phone-start')
    upload(page, photos['Four faces'])
    title(page, '4 faces')
    page.get_by_role('switch').check()
    page.locator('.fer-panel-0 .fer-map').wait_for()
    check('phone-faces')


def test_a_video_gives_curves_and_can_be_stopped(
    open_page, write_video, photos, shipped, monkeypatch
):
    one, two = (
        np.asarray(Image.open(photos[name]))
        for name in ('Surprise', 'Happiness')
    )
    page = open_page(size=PHONE)
    upload(page, write_video([one] * 4 + [two] * 2, 'short.avi'))
    title(page, r'mostly surprise')
    assert page.locator('.fer-curves svg').count() == 8
    page.get_by_role('link', name='JSON').wait_for()
    assert page.evaluate(LOW_CONTRAST) == []
    assert page.evaluate('document.documentElement.scrollWidth') <= 390
    shoot(page, 'phone-video')
    page.locator('#again').click()
    run = ExpressionPredictor.run_pictures
    over = threading.Event()

    def slowly(self, pictures):
        for frame in run(self, pictures):
            over.wait(1.2)
            yield frame

    monkeypatch.setattr(ExpressionPredictor, 'run_pictures', slowly)
    page.locator('#upload').wait_for()
    upload(page, write_video([one] * 40, 'long.avi'))
    page.get_by_text('of 40').wait_for()
    page.locator('#stop').click()
    page.get_by_text('Stopped at').wait_for()
    over.set()
    assert page.get_by_role('link', name='CSV').count() == 1


def test_what_cannot_be_used_is_said_in_words(open_page, tmp_path):
    Image.new('RGB', (300, 200), 'grey').save(tmp_path / 'grey.png')
    Image.new('1', (2500, 2500)).save(tmp_path / 'large.png')
    (tmp_path / 'notes.txt').write_text('words')
    (tmp_path / 'cut.mp4').write_bytes(b'\0\0\0\x18ftypmp42' + bytes(90))
    with open(tmp_path / 'huge.mp4', 'wb') as file:
        file.truncate(app.MAX_VIDEO + 1)
    page = open_page()
    for name, said in (
        ('large.png', 'large.png is 2500 x 2500 pixels'),
        ('notes.txt', 'notes.txt cannot be read as an image'),
        ('cut.mp4', 'cut.mp4'),
    ):
        upload(page, str(tmp_path / name))
        page.locator('.fer-error', has_text=said).wait_for()
        page.locator('#upload input[type=file]').wait_for(state='attached')
        assert 'Traceback' not in page.content()
        assert str(tmp_path) not in page.content()
    upload(page, str(tmp_path / 'grey.png'))
    title(page, 'No face was found')
    page = open_page()
    upload(page, str(tmp_path / 'huge.mp4'))
    page.get_by_text('exceed').first.wait_for()


def test_two_at_once_get_their_own_answers(open_page, photos, tmp_path):
    Image.new('RGB', (300, 200), 'grey').save(tmp_path / 'grey.png')
    one, other = open_page(), open_page()
    upload(one, photos['Surprise'])
    upload(other, str(tmp_path / 'grey.png'))
    title(one, '^surprise')
    title(other, 'No face')


def test_the_camera_takes_a_photo(open_page):
    page = open_page()
    page.locator('#open-camera').click()
    page.get_by_text('Click to Access Webcam').click()
    # before its first picture a camera has none to take
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    page.get_by_role('button', name='capture photo').click()
    # an answer comes, whatever is seen in Chromium's test picture
    title(page, '[a-z]+')
    page.locator('#again').click()
    page.locator('#open-camera').wait_for()


def test_synthetic_weights_are_announced(open_page, serve, shipped):
    class Drawn:
        info = replace(shipped.info, synthetic=True)
        __call__ = shipped.network.__call__

    with pytest.warns(UserWarning, match='not for real photos'):
        predictor = ExpressionPredictor(Drawn(), detector=shipped.detector)
    page = open_page(serve(predictor))
    page.get_by_text('not for real photos').wait_for()
    page.get_by_text('a network of your own: 8 expressions').wait_for()
    page.get_by_text('No Grad-CAM: this network has no gradients').wait_for()


@pytest.mark.parametrize(
    ('host', 'alone'), [('127.0.0.1', True), ('::1', True), ('0.0.0.0', False)]
)
def test_the_command_warns_of_everybody_and_advertises_nothing(
    host, alone, shipped, monkeypatch, capsys
):
    from gradio import Blocks

    pages = []
    monkeypatch.setattr(cli, 'ExpressionPredictor', lambda *_, **__: shipped)
    monkeypatch.setattr(
        Blocks, 'block_thread', lambda self: pages.append(self)
    )
    cli.main(['--host', host, '--root-path', '/faces'])
    (page,) = pages
    assert page.root_path == '/faces' and page.share_url is None
    assert page.config.get('run_history') is False
    page.close(verbose=False)
    out, err = capsys.readouterr()
    assert re.search(rf'^weights: {DEFAULT}$', out, re.M)
    assert re.search(r'^app: http://\S+:\d+/ \(Ctrl-C', out, re.M)
    assert 'share' not in out + err
    assert ('everybody who reaches' in err) is not alone


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--port', '70000'], '70000'),
        (['--host', '198.51.100.7'], '198.51.100.7'),
        (['--root-path', 'faces'], "root_path='faces'"),
    ],
)
def test_a_bad_address_is_a_line(
    arguments, said, shipped, monkeypatch, capsys
):
    monkeypatch.setattr(cli, 'ExpressionPredictor', lambda *_, **__: shipped)
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert said in err and 'Traceback' not in err
    while said in asked_elsewhere:  # it is looked at whose address it is
        asked_elsewhere.remove(said)


def test_it_answers_on_loopback_only(address):
    assert address.startswith('http://127.0.0.1:')
    assert os.environ['GRADIO_ANALYTICS_ENABLED'] == 'False'


def test_a_drawn_face_is_called_drawn(open_page):
    page = open_page()
    text = page.locator('.fer-examples').inner_text()
    assert 'Drawn by a program' in text
    assert 'learned from photos of people' in text
    page.locator('.fer-example').first.click()
    title(page, '^surprise')
    assert page.get_by_text('drawn surprise.png').count() == 1


def test_nothing_of_a_photo_stays_in_the_page_once_another_is_wanted(
    open_page, photos
):
    page = open_page()
    upload(page, photos['Surprise'])
    title(page, '^surprise')
    page.locator('#again').click()
    page.locator('#upload').wait_for()
    assert page.locator('#result img, .fer-photo').count() == 0
    assert Path(photos['Surprise']).name not in page.content()
