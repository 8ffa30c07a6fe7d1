"""Lists that are mutated, and read by the data set and by a slow parser."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from csgresnet_mm.datasets import DatasetError, FERDataset

MUTATIONS = 'junk glue swap drop double line lose'.split()
Read = tuple[Mapping[str, list[Any]], Collection[str]]
"""Split to what is to be read, and the splits that report what is wrong."""


@st.composite
def mutated(
    draw: st.DrawFn,
    lines: Sequence[str],
    junk: Sequence[str],
    mark: str = ' ',
    header: str = '',
    change: Callable[[str], str] = str,
) -> bytes:
    """Some lines in any order, changed here and there.

    Args:
        lines: Good ones.
        junk: What is put into them.
        mark: Between fields.
        header: The first line, if there is one.
        change: Of all lines, now and then: to another usual form.
    """
    own = list(draw(st.permutations(lines)))
    own = own[: draw(st.integers(2, len(own)))]
    if draw(st.booleans()):
        own = [change(line) for line in own]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(len(own) - 1, 0)))
        own[place : place + 1] = _mutate(draw, own, place, junk, mark)
    end = draw(st.sampled_from(['\n', '\r\n', '\n\n', '\r']))
    text = draw(st.sampled_from(['', '\ufeff']))
    text += end.join([header, *own] if header else own)
    data = (text + draw(st.sampled_from(['', end]))).encode()
    if data and draw(st.integers(0, 9)) == 0:
        spot = draw(st.integers(0, len(data) - 1))
        byte = bytes([draw(st.integers(0, 255))])
        data = data[:spot] + byte + data[spot + 1 :]
    return data


def _mutate(
    draw: st.DrawFn,
    lines: list[str],
    place: int,
    junk: Sequence[str],
    mark: str,
) -> list[str]:
    if not lines:
        return [draw(st.sampled_from(junk))]
    fields = lines[place].split(mark)
    spot = draw(st.integers(0, len(fields) - 1))
    other = draw(st.integers(0, len(fields) - 1))
    kind = draw(st.sampled_from(MUTATIONS))
    if kind == 'line':
        return [lines[place]] * 2
    if kind == 'lose':
        return []
    if kind == 'junk':
        fields[spot] = draw(st.sampled_from(junk))
    elif kind == 'glue':
        fields[spot] += draw(st.sampled_from(junk))
    elif kind == 'swap':
        fields[spot], fields[other] = fields[other], fields[spot]
    elif kind == 'drop':
        del fields[spot]
    elif kind == 'double':
        fields.insert(spot, fields[spot])
    return [mark.join(fields)]


def lines_of(data: bytes) -> list[tuple[int, str]] | None:
    """Line numbers and lines that are not blank; None if it is no text."""
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError:
        return None
    text = text.removeprefix('\ufeff')
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    return [
        (number, line)
        for number, line in enumerate(text.split('\n'), 1)
        if line.strip()
    ]


def compare(
    path: Path,
    data: bytes,
    slow: Callable[[bytes], Read | None],
    read: Callable[..., FERDataset],
    entry: Callable[[dict[str, Any]], Any],
) -> None:
    """A list read by a data set is what a slow parser says, or is refused.

    Args:
        path: Where the list lies.
        data: What it holds.
        slow: The parser; None for a list that is refused as a whole.
        read: Of split and on_error.
        entry: What is compared of an entry of the data set.
    """
    path.write_bytes(data)
    found = slow(data)
    want, flawed = ({}, ('train', 'test')) if found is None else found
    for split in ('train', 'test'):
        own = want.get(split, [])
        try:
            got = read(split, 'skip')
        except DatasetError as error:
            assert not own, f'{split}: {error}'
            continue
        infos = [got.get_data_info(index) for index in range(len(got))]
        assert [entry(info) for info in infos] == own, split
        try:
            strict = read(split, 'raise')
        except DatasetError as error:
            assert split in flawed, f'{split}: {error}'
            assert f'{path}, line ' in str(error)
        else:
            assert split not in flawed, f'{split}: nothing was reported'
            assert len(strict) == len(got)
