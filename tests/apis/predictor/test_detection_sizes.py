"""What `detect_size` finds, and how long it takes: the table of detection.md.

The table is printed by `pytest -s -m predict` with this file.
"""

import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from csgresnet_mm.apis.predictor import CenterFaceDetector, centerface
from csgresnet_mm.apis.predictor.centerface import overlaps
from csgresnet_mm.apis.predictor.detector import input_size
from csgresnet_mm.apis.predictor.images import read_image
from csgresnet_mm.weights import find_detector

from .test_photographs import samples  # noqa: F401

pytestmark = pytest.mark.predict
ROUNDS = 3
OPENCV = 'OpenCV, 1600'


def resize(image, factor):
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=kind)


def paste(image, heads, pixels, count, seed):
    """Heads whose faces are so many pixels high, at places of their own."""
    random = np.random.default_rng(seed)
    image, taken = image.copy(), []
    while len(taken) < count:
        head, height = heads[random.integers(len(heads))]
        head = resize(head, pixels / height)
        tall, wide = head.shape[:2]
        y = int(random.integers(0, image.shape[0] - tall))
        x = int(random.integers(0, image.shape[1] - wide))
        if all(abs(x - u) > wide or abs(y - v) > tall for u, v in taken):
            taken.append((x, y))
            image[y : y + tall, x : x + wide] = head
    return image


def cut_heads(image, faces):
    for face in faces:
        left, top, right, bottom = face.box
        reach = 1.1 * max(right - left, bottom - top)
        x, y = (left + right) / 2, (top + bottom) / 2
        rows = slice(max(0, int(y - reach)), int(y + reach))
        columns = slice(max(0, int(x - reach)), int(x + reach))
        yield image[rows, columns], bottom - top


@pytest.fixture(scope='module')
def pictures(samples):  # noqa: F811
    """Kind to pictures."""
    import matplotlib
    from skimage import data

    path = Path(matplotlib.get_data_path()) / 'sample_data'
    singles = [data.astronaut(), read_image(path / 'grace_hopper.jpg')]
    groups = [read_image(samples / f'sample{i}.jpg') for i in range(1, 7)]
    find = CenterFaceDetector(detect_size=1600)
    heads = [h for image in groups for h in cut_heads(image, find(image))]
    others = [data.coffee(), data.chelsea(), data.rocket()]
    empty = [resize(image, 1600 / image.shape[1]) for image in others]
    shrunk = [resize(groups[i], 1600 / 1920) for i in (0, 4)]
    return {
        'six groups': groups,
        'portraits': [
            resize(image, factor)
            for image in singles
            for factor in (0.25, 0.5, 1, 2)
        ],
        'faces of 20 pixels': [
            *(
                paste(image, heads, 20, 6, seed)
                for seed, image in enumerate(empty)
            ),
            resize(groups[0], 20 / 220),
            resize(groups[4], 20 / 220),
        ],
        '20 and 40 pixels beside large ones': [
            paste(image, heads, pixels, 6, 5)
            for image in shrunk
            for pixels in (20, 40)
        ],
        'no face': others,
    }


class OpenCv:
    """As before ONNX Runtime: a network a size, made before it is timed."""

    def __init__(self):
        self._nets = {}

    def __call__(self, image):
        size = input_size(*image.shape[:2], 1600)
        if size not in self._nets:
            net = cv2.dnn.readNetFromONNX(str(find_detector()))
            self._nets = {size: net}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(centerface, 'open_centerface', lambda: self)
            return centerface.find_centers(image, size, 0.4)[0]

    def run(self, names, given):
        (net,) = self._nets.values()
        net.setInput(given['input.1'])
        return net.forward(names)


def boxes(detector):
    def find(image):
        return np.array([face.box for face in detector(image)]).reshape(-1, 4)

    return find


def test_auto_finds_what_1600_finds_in_half_the_time(pictures):
    ways = {OPENCV: OpenCv()}
    for size in (1600, 'auto', 640):
        ways[str(size)] = boxes(CenterFaceDetector(detect_size=size))
    rows, times = [], defaultdict(lambda: defaultdict(list))
    for kind, images in pictures.items():
        missed, added, count = defaultdict(int), defaultdict(int), 0
        for image in images:
            found, took = {}, defaultdict(list)
            for _ in range(ROUNDS):
                for name, find in ways.items():
                    begun = time.process_time()
                    found[name] = find(image)
                    took[name].append(time.process_time() - begun)
            wanted = found[OPENCV]
            count += len(wanted)
            for name in ways:
                times[kind][name].append(np.median(took[name]))
                shared = overlaps(wanted, found[name])
                missed[name] += int((shared.max(1, initial=0) < 0.5).sum())
                added[name] += int((shared.max(0, initial=0) < 0.5).sum())
        rows.append((kind, len(images), count, missed, added))
        assert missed['1600'] == added['1600'] == 0
        assert missed['auto'] == 0, (kind, missed, added)
        assert added['auto'] <= 1
    print('\n| Pictures | Faces |', ' | '.join(ways), '|')
    for kind, number, count, missed, added in rows:
        base = np.median(times[kind][OPENCV])
        cells = [
            f'{missed[name]} / {added[name]}, {took / base:.2f}'
            for name in ways
            for took in [np.median(times[kind][name])]
        ]
        print(f'| {kind} ({number}) | {count} |', ' | '.join(cells), '|')
    whole = [
        np.median(sum((times[kind][name] for kind in list(times)[:3]), []))
        for name in (OPENCV, 'auto')
    ]
    print(f'median of the first three: {whole[1] / whole[0]:.2f}')
    assert whole[1] <= whole[0] / 2
