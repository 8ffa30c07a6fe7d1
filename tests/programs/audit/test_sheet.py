"""The contact sheet."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis import contact_sheet as sheet
from csgresnet_mm.apis.contact_sheet import Card, draw_sheet
from csgresnet_mm.programs.audit.cards import suspicions

from .test_findings import sample_audit

COLOURS = {1: (250, 0, 0), 2: (0, 250, 0)}


def read(image):
    if image == 0:
        return None
    if image == 3:
        return np.full((20, 40), 90, np.uint8)
    return np.full((60, 60, 3), COLOURS[image], np.uint8)


def card(*images, title='the same', caption='train: a.jpg'):
    return Card(title, images, (caption,) * len(images))


def draw(cards, heading='faces.py'):
    return np.asarray(Image.open(io.BytesIO(draw_sheet(cards, read, heading))))


def area(picture, colour):
    return int((picture == colour).all(axis=2).sum())


def test_images_lie_side_by_side():
    picture = draw([card(1, 2)])
    red, green = (
        np.argwhere((picture == COLOURS[image]).all(axis=2))
        for image in (1, 2)
    )
    assert len(red) == len(green) == sheet.FACE**2
    assert red[:, 1].max() < green[:, 1].min()
    assert red[:, 0].min() == green[:, 0].min()


def test_unreadable_and_grey_images():
    picture = draw([card(0), card(3)])
    assert area(picture, (200, 200, 200)) >= sheet.FACE**2
    assert area(picture, (90, 90, 90)) == sheet.FACE * sheet.FACE // 2


def test_many_cards_are_rows_and_the_rest_is_counted():
    one = draw([card(1)])
    many = draw([card(1)] * (sheet.MOST_CARDS + 5))
    assert area(many, COLOURS[1]) == sheet.MOST_CARDS * sheet.FACE**2
    assert many.shape[1] > one.shape[1]


@pytest.mark.parametrize('name', ['x' * 400, 'ü' * 90, '脸' * 50, ''])
def test_no_name_is_too_long_or_strange(name):
    short = draw([card(1, 2)])
    assert draw([card(1, 2, title=name, caption=name)]).shape == short.shape


def test_every_kind_of_suspicion_has_a_card():
    cards = suspicions(sample_audit())
    assert [card.serious for card in cards] == [True] * 4 + [False]
    assert cards[0].title == 'the same, across splits'
    assert cards[0].captions == (
        'train, class 1: face4.jpg',
        'test, class 1: face4.jpg',
    )
    assert cards[1].title == ('mirrored, across splits, labels disagree')
    assert [card.title for card in cards[2:]] == [
        'unreadable: empty',
        'S1 is in several splits',
        'blank',
    ]
