"""What is written of pictures whose names are no text (cases P3)."""

import csv
import json
import os

import numpy as np
import pytest
from PIL import Image

from csgresnet_mm.apis.predictor.faces import Face, Frame
from csgresnet_mm.apis.predictor.outputs import (
    csv_table,
    image_folder,
    json_lines,
)
from csgresnet_mm.apis.predictor.sources import find_source, open_source

BAD = os.fsdecode(b'ger\xe4t.jpg')
NAMES = (
    BAD,
    'zwölf.jpg',
    'a,"b"\n.jpg',
    os.path.join(os.fsdecode(b'\xff\xfe'), 'in.png'),
    '漢字.png',
)
FACE = Face((0, 0, 4, 4), None, 0.5, 'joy', {'joy': 1.0})


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / 'photos'
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path)
    (folder / os.fsdecode(b'\xe9.jpg')).write_bytes(b'broken')
    return folder


def test_P3_a_name_that_is_not_utf8_is_written(photos, tmp_path):
    lines, table = tmp_path / 'out.jsonl', tmp_path / 'out.csv'
    annotated = tmp_path / 'annotated'
    with (
        open_source(find_source(photos), 10**6) as pictures,
        json_lines(lines) as write_line,
        csv_table(table, ['joy']) as write_row,
        image_folder(annotated, photos) as draw,
    ):
        for frame in pictures.frames:
            faces = [] if frame.error else [FACE]
            found = Frame(frame.name, frame.image, frame.error, faces)
            for write in (write_line, write_row, draw):
                write(found)
    message = [
        json.loads(line) for line in lines.read_text('utf-8').splitlines()
    ]
    names = {os.path.relpath(entry['image'], photos) for entry in message}
    assert names == {*NAMES, os.fsdecode(b'\xe9.jpg')}  # byte for byte
    (broken,) = (entry for entry in message if 'error' in entry)
    assert broken['image'].endswith(os.fsdecode(b'\xe9.jpg'))
    with open(table, encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    written = {os.path.relpath(row['image'], photos) for row in rows}
    assert r'ger\udce4t.jpg' in written and 'a,"b"\n.jpg' in written
    assert [row['error'] != '' for row in rows].count(True) == 1
    drawn = {
        os.path.relpath(os.path.join(folder, name), annotated)
        for folder, _, files in os.walk(annotated)
        for name in files
    }
    assert drawn == set(NAMES)


def test_P2_photographs_are_kept_where_case_does_not_count(
    tmp_path, monkeypatch
):
    """'Photos' is 'photos' on macOS, and another path to Python."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    stat = os.stat

    def of_any_case(path, *rest, **options):
        if not isinstance(path, int):
            path = os.fspath(path).replace('Photos', 'photos')
        return stat(path, *rest, **options)

    monkeypatch.setattr(os, 'stat', of_any_case)
    with (
        pytest.raises(ValueError, match='the photographs themselves'),
        image_folder(tmp_path / 'Photos', folder),
    ):
        pass
