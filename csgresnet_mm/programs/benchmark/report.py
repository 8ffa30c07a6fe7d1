"""Results as CSV, Markdown and a plot."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from itertools import groupby
from pathlib import Path

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.printable import to_bytes
from csgresnet_mm.programs.benchmark.cases import Case
from csgresnet_mm.programs.benchmark.goals import verdicts
from csgresnet_mm.programs.benchmark.measured_table import as_json, faster_rows
from csgresnet_mm.programs.benchmark.plot import draw
from csgresnet_mm.programs.benchmark.results import (
    Ratio,
    Sample,
    Summary,
    compare,
    summarise,
)
from csgresnet_mm.programs.benchmark.sections import SECTIONS
from csgresnet_mm.text_tables import csv_table, markdown_table

RATIO_COLUMNS = (
    'section',
    'case',
    'ours',
    'ours_form',
    'peer',
    'peer_form',
    'peer_over_ours',
    'lower_quartile',
    'upper_quartile',
)


def write_report(
    folder: Path,
    facts: dict[str, str],
    samples: Sequence[Sample],
    sections: Mapping[str, object] = SECTIONS,
    cases: Sequence[Case] = (),
) -> None:
    """Write the samples and what follows from them.

    The files are samples.csv, summary.csv, ratios.csv, report.md, ratios.png
    (the networks) and layers.png; of a GPU's layers, measured.json.

    Args:
        folder: Where; made if missing. Each file is replaced at once.
        facts: About the run, see :func:`environment.describe`.
        samples: All samples so far.
        sections: Name -> what says, in its docstring, what it is.
        cases: Those that the samples are of, with a GPU's rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summaries, ratios = summarise(samples), compare(samples)
    texts = {
        'samples.csv': csv_table(_names(Sample), map(astuple, samples)),
        'summary.csv': csv_table(_names(Summary), map(astuple, summaries)),
        'ratios.csv': csv_table(RATIO_COLUMNS, map(_ratio_row, ratios)),
        'report.md': markdown(facts, summaries, ratios, sections),
    }
    of_layers = [s for s in samples if s.section == 'layers']
    if any(case.row is not None for case in cases):
        rows = faster_rows(cases, of_layers)
        lines = '\n'.join(f'- {line}' for line in verdicts(ratios, rows))
        texts['report.md'] += f'\n## Goals\n\n{lines}\n'
        if 'Card' in facts:
            texts['measured.json'] = as_json(facts, facts['torch'], rows)
    for name, text in texts.items():
        with atomic_write(folder / name, 0o644) as file:
            file.write(to_bytes(text))
    layers = [r for r in ratios if r.ours.section == 'layers']
    networks = [r for r in ratios if r.ours.section != 'layers']
    for name, shown in (('ratios.png', networks), ('layers.png', layers)):
        if shown:
            with atomic_write(folder / name, 0o644) as file:
                file.write(draw(shown))


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _ratio_row(ratio: Ratio) -> tuple[object, ...]:
    ours, peer = ratio.ours, ratio.peer
    return (
        ours.section,
        ours.case,
        ours.model,
        ours.form,
        peer.model,
        peer.form,
        ratio.value,
        ratio.lower_quartile,
        ratio.upper_quartile,
    )


def markdown(
    facts: dict[str, str],
    summaries: Sequence[Summary],
    ratios: Sequence[Ratio],
    sections: Mapping[str, object] = SECTIONS,
) -> str:
    """Give the whole report as Markdown.

    Args:
        facts: About the run.
        summaries: One an arm, sorted by section.
        ratios: Of the same run, sorted by section.
        sections: As of :func:`write_report`.

    Returns:
        The text.
    """
    parts = ['# Benchmark', markdown_table(('', ''), facts.items())]
    for section, group in groupby(summaries, lambda s: s.section):
        within = [r for r in ratios if r.ours.section == section]
        parts += [
            f'## {section}',
            str(sections[section].__doc__).strip().replace('\n    ', '\n'),
            'Ratios are of medians (quartiles of the ratios within a round); '
            'above 1 ours is better. A peer is taken in its best form.',
            _ratio_table(within),
            _peer_table(within),
        ]
        if section == 'layers':
            parts.append(_slower_than_dense(within))
        parts += [
            '<details><summary>All forms</summary>',
            _form_table(list(group)),
            '</details>',
        ]
    return '\n\n'.join(parts) + '\n'


def _ratio_table(ratios: Sequence[Ratio]) -> str:
    """One line for each case and form of ours, one column a peer."""
    roles = list(dict.fromkeys(r.peer.role for r in ratios))
    titles = []
    for role in roles:
        models = {r.peer.model for r in ratios if r.peer.role == role}
        # growth with depth has several, layers are their own peers
        alone = len(models) == 1 and len(roles) > 1
        titles.append(f'{models.pop() if alone else role} / ours')
    rows = []
    for ours, group in groupby(ratios, lambda r: r.ours):
        cells = {
            r.peer.role: f'**{r.value:.2f}** ({r.lower_quartile:.2f} to '
            f'{r.upper_quartile:.2f})'
            for r in group
        }
        value = f'{ours.median:.3g} {ours.unit}'
        row = [ours.case, f'{ours.model}, {ours.form}', value]
        rows.append([*row, *(cells.get(role, '') for role in roles)])
    if roles == ['dense']:  # the case names the layer
        for row, ratio in zip(rows, ratios, strict=True):
            row[1] = ratio.ours.form
    return markdown_table(('Case', 'Ours', 'Median', *titles), rows)


def _peer_table(ratios: Sequence[Ratio]) -> str:
    """The peers' forms that ours is compared with."""
    peers = dict.fromkeys(r.peer for r in ratios)
    return markdown_table(
        ('Case', 'Peer', 'Best form', 'Median'),
        ((p.case, p.model, p.form, f'{p.median:.3g} {p.unit}') for p in peers),
    )


def _form_table(summaries: Sequence[Summary]) -> str:
    header = ('Case', 'Model', 'Form', 'Median', 'Quartiles', 'Rounds')
    return markdown_table(
        header,
        (
            (
                s.case,
                s.model,
                s.form,
                f'{s.median:.4g} {s.unit}',
                f'{s.lower_quartile:.4g} to {s.upper_quartile:.4g}',
                s.rounds,
            )
            for s in summaries
        ),
    )


def _slower_than_dense(ratios: Sequence[Ratio]) -> str:
    slower = [f'{r.ours.case} ({r.value:.2f})' for r in ratios if r.value < 1]
    return f'Slower than dense: {"; ".join(slower) or "no layer"}.'
