"""The whole result, as JSON and in the terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from csgresnet_mm.apis.config_data.orders import order_print
from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.apis.config_data.releases import Release
from csgresnet_mm.programs.audit.duplicates import Duplicates, SplitMembership
from csgresnet_mm.programs.audit.finding import ERROR, Finding
from csgresnet_mm.programs.audit.name_ranges import describe_names, name_ranges
from csgresnet_mm.programs.audit.scan import Scan

_COLOURS = {'error': 'bold red', 'warning': 'yellow', 'note': 'cyan'}


@dataclass(frozen=True)
class Audit:
    """All that was found in a config's data."""

    parts: Sequence[Part]
    scan: Scan
    membership: SplitMembership
    duplicates: Duplicates
    groups: Mapping[str, Sequence[int]]
    releases: Mapping[str, Release]
    findings: Sequence[Finding]

    @property
    def fit(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.level != ERROR for finding in self.findings)


def to_json(audit: Audit, facts: Mapping[str, Any]) -> str:
    """The report; every image is named by its split, path, label and class.

    Args:
        audit: What was found.
        facts: Of the run: config, time, versions.
    """
    report = dict(
        facts,
        fit=audit.fit,
        findings=[asdict(finding) for finding in audit.findings],
        releases={
            name: {'kind': release.kind.value, 'text': release.text}
            for name, release in audit.releases.items()
        },
        splits={
            part.name: _part(audit, number)
            for number, part in enumerate(audit.parts)
        },
        exact_duplicates=[
            {
                'across': group.across,
                'disagree': group.disagree,
                'images': _images(audit, group.images),
            }
            for group in audit.duplicates.exact
        ],
        near_duplicates=[
            {
                'across': pair.across,
                'disagree': pair.disagree,
                'same_subject': pair.same_subject,
                'mirrored': pair.near.mirrored,
                'bits': pair.near.bits,
                'distance': pair.near.distance,
                'images': _images(audit, pair.images),
            }
            for pair in audit.duplicates.near
        ],
        shared_groups={
            group: _images(audit, images)
            for group, images in audit.groups.items()
        },
        unreadable=[
            dict(_image(audit, image), cause=cause, message=message)
            for image, (cause, message) in audit.scan.unreadable.items()
        ],
        blank=_images(audit, np.flatnonzero(audit.scan.blank).tolist()),
    )
    return json.dumps(report, indent=1) + '\n'


def _part(audit: Audit, number: int) -> dict[str, Any]:
    part = audit.parts[number]
    mine = audit.scan.part == number
    order = order_print(part.classes)
    return {
        'type': part.kind,
        'root': part.root,
        'split': part.split,
        'layout': part.layout,
        'images': len(part),
        'classes': list(part.classes),
        'counts': list(part.counts),
        'published': None if part.published is None else list(part.published),
        'order': {
            'names': list(order.names),
            'hash': order.digest,
            'known_as': list(order.known),
        },
        'names': describe_names(name_ranges(part.names)),
        'sizes': _sizes(audit.scan.size[mine]),
        'grey': int(audit.scan.grey[mine].sum()),
        'blank': int(audit.scan.blank[mine].sum()),
        'unreadable': int(mine[list(audit.scan.unreadable)].sum()),
        'groups': len({group for group in part.groups if group}),
    }


def _sizes(size: NDArray[np.int64]) -> dict[str, Any]:
    """The commonest sizes, and the lowest and highest sides."""
    seen = size[size.any(axis=1)]
    counts = Counter(f'{width}x{height}' for width, height in seen.tolist())
    return {
        'commonest': dict(counts.most_common(5)),
        'different': len(counts),
        'lowest': seen.min(axis=0).tolist() if len(seen) else None,
        'highest': seen.max(axis=0).tolist() if len(seen) else None,
    }


def _image(audit: Audit, image: int) -> dict[str, Any]:
    part = audit.parts[audit.membership.part[image]]
    entry = int(audit.scan.entry[image])
    label = part.labels[entry]
    return {
        'split': part.name,
        'index': entry,
        'path': part.names[entry],
        'label': label,
        'class': part.class_name(label),
    }


def _images(audit: Audit, images: Iterable[int]) -> list[dict[str, Any]]:
    return [_image(audit, image) for image in images]


def printable(text: str) -> str:
    """The text, with a mark for what of a file's name is no character."""
    return text.encode('utf-8', 'replace').decode()


def show(audit: Audit, console: Console) -> None:
    """Print counts, a few facts of each split, and the findings."""
    for number, part in enumerate(audit.parts):
        console.print(
            printable(
                f'{part.name}: {part.kind} {part.root}, {len(part)} images'
            ),
            style='bold',
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        console.print(_counts_table(part))
        _show_facts(_part(audit, number), console)
    for finding in audit.findings:
        level = f'[{_COLOURS[finding.level]}]{finding.level:>7}[/]'
        text = escape(printable(finding.text))
        # one line each, whatever the width, so that a log can be searched
        console.print(f'{level} {text}', highlight=False, soft_wrap=True)
    verdict = '[bold green]fit[/]' if audit.fit else '[bold red]not fit[/]'
    console.print(f'The data are {verdict}.')


def _counts_table(part: Part) -> Table:
    table = Table()
    table.add_column('label', justify='right')
    table.add_column('class')
    table.add_column('images', justify='right')
    expected = part.published
    if expected is not None:
        table.add_column(_published_of(part), justify='right')
    for label, count in enumerate(part.counts):
        name = part.class_name(label) if label < len(part.classes) else '-'
        cells = [str(label), escape(printable(name)), str(count)]
        style = 'none'
        if expected is not None and label < len(expected):
            cells.append(str(expected[label]))
            same = count == expected[label] or part.split_off is not None
            style = 'none' if same else 'yellow'
        table.add_row(*cells, style=style)
    return table


def _published_of(part: Part) -> str:
    """Head of the column: what was split off is held against its source."""
    return f'published {part.source}' if part.split_off else 'published'


def _show_facts(facts: Mapping[str, Any], console: Console) -> None:
    order = facts['order']
    known = ', '.join(order['known_as'])
    sizes = ', '.join(
        f'{size} ({count})'
        for size, count in facts['sizes']['commonest'].items()
    )
    more = facts['sizes']['different'] - len(facts['sizes']['commonest'])
    lines = [
        f'class order {order["hash"]}{f", that of {known}" * bool(known)}',
        *facts['names'],
        f'sizes: {sizes}' + (f' and {more} more' if more else ''),
        f'{facts["grey"]} grey, {facts["blank"]} blank, '
        f'{facts["unreadable"]} unreadable',
    ]
    if facts['layout']:
        lines.insert(0, f'layout: {facts["layout"]}')
    if facts['groups']:
        lines.append(f'{facts["groups"]} subjects or photographs')
    for line in lines:
        console.print(
            f'  {printable(line)}',
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
