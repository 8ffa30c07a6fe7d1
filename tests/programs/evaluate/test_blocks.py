"""One page, in two languages."""

from csgresnet_mm.programs.evaluate.blocks import (
    Heading,
    Picture,
    Sentence,
    TextTable,
    to_html,
    to_markdown,
)

ODD = 'a|b_c <i>&\udcff'
PAGE = [
    Heading('The page', 1),
    Sentence(ODD),
    Picture('x.png', 'A picture'),
    TextTable(('Name', 'Value'), [(ODD, '1')]),
]


def test_markdown():
    assert to_markdown(PAGE) == (
        '# The page\n\n'
        'a|b\\_c \\<i\\>&?\n\n'
        '![A picture](x.png)\n\n'
        '| Name | Value |\n|---|---:|\n| a\\|b\\_c \\<i\\>&? | 1 |\n'
    )


def test_html():
    page = to_html(PAGE)
    assert '<title>The page</title>' in page
    assert '<h1>The page</h1>' in page
    assert page.count('a|b_c &lt;i&gt;&amp;?') == 2
    assert '<img src="x.png" alt="A picture">' in page
    assert '<td class="number">1</td>' in page
    page.encode()
