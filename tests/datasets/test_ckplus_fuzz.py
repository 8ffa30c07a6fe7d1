"""CK+: mutated labels and names give a DatasetError, or the right label."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets.ckplus_frames import parse_stem
from csgresnet_mm.datasets.ckplus_official import parse_emotion
from csgresnet_mm.datasets.errors import DatasetError
from csgresnet_mm.datasets.reading.report import ReadReport

DIGITS = '0123456789'


def slow_emotion(text: str) -> int | None:
    """The label by the format: one number in plain or e-notation, 1..7."""
    words = text.split()
    if len(words) != 1:
        return None
    head, mark, power = words[0].lower().partition('e')
    shift = 0
    if mark:
        sign = power[0] if power[:1] in ('+', '-') else ''
        digits = power[len(sign) :]
        if not 1 <= len(digits) <= 2 or any(d not in DIGITS for d in digits):
            return None
        shift = int(sign + digits)
    negative = head[:1] == '-'
    head = head[1:] if head[:1] in ('+', '-') else head
    before, _, after = head.partition('.')
    if not before or any(d not in DIGITS for d in before + after):
        return None
    # value = digits * 10 ** scale, in whole numbers
    scale = shift - len(after)
    digits = int(before + after)
    if scale >= 0:
        value = digits * 10**scale
    elif digits % 10**-scale:
        return None
    else:
        value = digits // 10**-scale
    return value if not negative and 1 <= value <= 7 else None


REAL = [f'   {label}.0000000e+00\n' for label in range(9)]
CHARS = '0123456789eE+-. \n\r\tx_,٣½'


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 3))
        new = draw(st.text(CHARS, max_size=3))
        text = text[:place] + new + text[place + length :]
    return text


@settings(derandomize=True, max_examples=1500, deadline=None)
@given(mutated())
def test_mutated_label(text: str) -> None:
    expected = slow_emotion(text)
    problems = ReadReport('raise', 'test')
    if expected is None:
        with pytest.raises(DatasetError, match=r'^a\.txt: '):
            parse_emotion(Path('a.txt'), text, problems)
    else:
        assert parse_emotion(Path('a.txt'), text, problems) == expected


@pytest.mark.parametrize('label', range(1, 8))
def test_real_labels(label: int) -> None:
    problems = ReadReport('raise', 'test')
    assert slow_emotion(REAL[label]) == label
    assert parse_emotion(Path('a'), REAL[label], problems) == label


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.text('S0159_ab٣', max_size=20) | st.text(max_size=20))
def test_any_name(stem: str) -> None:
    parts = stem.split('_')
    widths = [len(part) for part in parts]
    right = (
        widths == [4, 3, 8]
        and stem[0] == 'S'
        and all(c in DIGITS for c in stem[1:].replace('_', ''))
    )
    found = parse_stem(stem)
    if right:
        assert found == (parts[0], parts[1], int(parts[2]))
    else:
        assert found is None
