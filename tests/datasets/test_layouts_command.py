"""``python -m csgresnet_mm.datasets.layouts``."""

from __future__ import annotations

from pathlib import Path

import pytest

from csgresnet_mm.datasets.layouts.__main__ import find_writers, main

KNOWN = [
    (name, layout) for name, own in find_writers().items() for layout in own
]


def test_every_data_set_has_writers() -> None:
    assert set(find_writers()) == {
        'affectnet',
        'ckplus',
        'expw',
        'fer2013',
        'ferplus',
        'jaffe',
        'kdef',
        'rafdb',
        'rafdb_compound',
        'sfew',
    }


@pytest.mark.parametrize(('name', 'layout'), KNOWN)
def test_writes_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str, layout: str
) -> None:
    out = tmp_path / 'out'
    main([name, layout, str(out), '--images', '2'])
    said = capsys.readouterr().out
    count = int(said.split()[0])
    assert said == f'{count} images in {out}\n'
    assert count >= 7
    assert any(path.is_file() for path in out.rglob('*'))


@pytest.mark.parametrize(('name', 'layout'), KNOWN)
def test_same_seed_writes_the_same(
    tmp_path: Path, name: str, layout: str
) -> None:
    written = []
    for folder in ('a', 'b'):
        root = tmp_path / folder
        main([name, layout, str(root), '--images', '1', '--seed', '3'])
        written.append(
            {
                path.relative_to(root): path.read_bytes()
                for path in root.rglob('*')
                if path.is_file()
            }
        )
    assert written[0] == written[1]


def test_folder_that_is_not_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / 'mine').touch()
    with pytest.raises(SystemExit):
        main(['fer2013', 'csv', str(tmp_path)])
    assert f'{tmp_path} is not empty' in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ['mine']


def test_unknown_layout(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(['sfew', 'zip', str(tmp_path / 'out')])
    assert "sfew has no layout 'zip', expected one of official" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / 'out').exists()


def test_E7_without_arguments_it_lists(capsys: pytest.CaptureFixture) -> None:
    main([])
    listed = capsys.readouterr().out
    for name, layout in KNOWN:
        assert f'{layout}' in listed and f'  {name}: ' in listed


def test_a_data_set_alone_names_its_layouts(
    capsys: pytest.CaptureFixture,
) -> None:
    with pytest.raises(SystemExit):
        main(['sfew'])
    assert 'expected sfew LAYOUT OUT; layouts: ' in capsys.readouterr().err
