"""Every page: its links lead somewhere, its commands could be run."""

import ast
import importlib
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text('utf-8')
    for path in [
        ROOT / 'README.md',
        *sorted((ROOT / 'configs').rglob('*.md')),
        *sorted((ROOT / 'tools').rglob('*.md')),
        *sorted((ROOT / 'csgresnet_mm').rglob('*.md')),
    ]
}
MMPRETRAINS = ('train.py', 'test.py', 'analyse.py')
"""Their options are MMPretrain's, or read by another program."""


def blocks(text, language):
    """Fenced blocks of a page."""
    return re.findall(rf'^```{language}\n(.*?)^```', text, re.M | re.S)


def commands(text):
    """Lines of shell blocks, joined where they go on, and `code` of a page."""
    for block in blocks(text, 'bash'):
        yield from block.replace('\\\n', ' ').splitlines()
    yield from re.findall(r'`([^`\n]*\.(?:py|sh)[^`\n]*)`', text)


def anchors(text):
    """What GitHub calls the headings of a page."""
    for heading in re.findall(r'^#+ (.*)$', text, re.M):
        words = re.sub(r'[^\w\- ]', '', heading.lower())
        yield words.replace(' ', '-')


@pytest.mark.parametrize('page', PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r'\]\(([^)\s]+)\)', PAGES[page]):
        if re.match(r'\w+:', target):
            continue
        name, _, anchor = target.partition('#')
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), (page, target)
        if anchor:
            assert anchor in set(anchors(path.read_text('utf-8'))), target


@pytest.mark.parametrize('page', PAGES)
def test_named_files_exist(page):
    named = re.findall(
        r'(?<![\w/.])((?:configs|tools|tests|demo)/[\w./-]+\.(?:py|sh|txt))',
        PAGES[page],
    )
    for name in named:
        assert (ROOT / name).is_file(), (page, name)
    for name in re.findall(r'`(c?s?g?resnet[\w-]*_[\w-]+)\.py`', PAGES[page]):
        if page == 'configs/README.md' and 'affectnet-' in name:
            continue
        assert (ROOT / 'configs' / f'{name}.py').is_file(), (page, name)


@pytest.mark.parametrize('page', PAGES)
def test_python_compiles_and_its_imports_are_there(page):
    for block in blocks(PAGES[page], 'python'):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(
                node.module
            ).startswith('csgresnet_mm'):
                module = importlib.import_module(str(node.module))
                for alias in node.names:
                    assert hasattr(module, alias.name), (page, alias.name)


@cache
def help_of(*command):
    """What a program says of its options."""
    result = subprocess.run(
        [sys.executable, *command, '--help'],
        cwd=ROOT,
        text=True,
        capture_output=True,
        env={**os.environ, 'COLUMNS': '200'},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def called(line):
    """Program of a command line and its own options; None for another's."""
    words = shlex.split(line, comments=True)
    start = next(
        (
            index
            for index, word in enumerate(words)
            if word == 'csgresnet' or word.startswith('tools/')
        ),
        None,
    )
    if start is None or words[start].endswith(('.sh', *MMPRETRAINS)):
        return None
    program = [words[start]]
    if program == ['csgresnet']:
        program = ['-m', 'csgresnet_mm']
    elif program == ['tools/convert.py']:
        program += words[start + 1 : start + 2]
    options = [
        word.strip('[]').partition('=')[0]
        for word in words[start + 1 :]
        if word.strip('[').startswith('--')
    ]
    return tuple(program), options


@pytest.mark.slow
@pytest.mark.parametrize('page', PAGES)
def test_options_of_commands_are_known(page):
    for line in commands(PAGES[page]):
        found = called(line)
        if found is None:
            continue
        program, options = found
        known = help_of(*program)
        for option in options:
            assert re.search(rf'{option}\b', known), (page, line, option)


def test_a_wrong_option_would_be_seen():
    program, options = called(
        'X=1 python tools/compare.py A B [--protocl last|best] # what'
    )
    assert program == ('tools/compare.py',) and options == ['--protocl']
    assert called('python tools/train.py configs/x.py --amp') is None
