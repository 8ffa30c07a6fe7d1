"""What is wrong with the data, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from csgresnet_mm.apis.config_data.orders import (
    Reference,
    find_by_counts,
    order_print,
)
from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.apis.config_data.releases import Release
from csgresnet_mm.datasets.reading.known_copies import Kind
from csgresnet_mm.datasets.reading.names import find_expression
from csgresnet_mm.programs.audit.duplicates import (
    Duplicates,
    SplitMembership,
    blank_groups,
    twins,
)
from csgresnet_mm.programs.audit.finding import ERROR, NOTE, WARNING, Finding
from csgresnet_mm.programs.audit.folders import about_folders
from csgresnet_mm.programs.audit.labels import about_labels
from csgresnet_mm.programs.audit.scan import Scan

_RELEASE_LEVEL = {
    Kind.OFFICIAL: NOTE,
    Kind.GENERATED: NOTE,
    Kind.UNKNOWN: NOTE,
    Kind.REPACK: WARNING,
    Kind.INCOMPLETE: WARNING,
    Kind.DIFFERENT: WARNING,
    Kind.RELABELLED: WARNING,
    Kind.ALTERED: ERROR,
    Kind.OTHER: ERROR,
}


def judge(
    parts: Sequence[Part],
    scan: Scan,
    membership: SplitMembership,
    duplicates: Duplicates,
    groups: Mapping[str, Sequence[int]],
    releases: Mapping[str, Release],
    known: Sequence[Reference],
    head: int | None = None,
) -> list[Finding]:
    """All findings, the errors first.

    Args:
        parts: The splits.
        scan: Their images.
        membership: Where they belong.
        duplicates: Among them.
        groups: See :func:`~.duplicates.shared_groups`.
        releases: See :func:`~.releases.identify`.
        known: See :func:`~.orders.references`.
        head: Number of outputs of the network, if it is known.
    """
    found = [
        *_about_reading(parts),
        *about_labels(parts, head),
        *about_folders(parts),
        *_about_images(parts, scan, membership),
        *_about_releases(releases),
        *_about_orders(parts, known),
        *_about_duplicates(duplicates),
        *_about_twins(parts, membership, duplicates),
        *_about_groups(groups),
    ]
    rank = (ERROR, WARNING, NOTE)
    return sorted(found, key=lambda finding: rank.index(finding.level))


def _about_reading(parts: Sequence[Part]) -> Iterator[Finding]:
    for part in parts:
        count, text = part.skipped
        if count:
            yield Finding(ERROR, 'malformed', count, f'{part.name}: {text}')
        for text in part.said:
            yield Finding(WARNING, 'reader', 1, f'{part.name}: {text}')


def _about_images(
    parts: Sequence[Part], scan: Scan, membership: SplitMembership
) -> Iterator[Finding]:
    causes: dict[tuple[int, str], list[str]] = {}
    for image, (cause, message) in scan.unreadable.items():
        part = int(scan.part[image])
        causes.setdefault((part, cause), []).append(message)
    for (part, cause), messages in causes.items():
        yield Finding(
            ERROR,
            'unreadable',
            len(messages),
            f'{parts[part].name}: unreadable images ({cause}): '
            f'{len(messages)}, first: {messages[0]}',
        )
    blank = Counter(
        parts[part].name for part in scan.part[scan.blank].tolist()
    )
    uniform = Counter(
        parts[part].name for part in scan.part[scan.uniform].tolist()
    )
    for name, count in blank.items():
        value = f', {uniform[name]} of one value each' * bool(uniform[name])
        yield Finding(
            WARNING, 'blank', count, f'{name}: blank images: {count}{value}'
        )
    disagree = sum(group.disagree for group in blank_groups(scan, membership))
    if disagree:
        yield Finding(
            NOTE,
            'blank-disagree',
            disagree,
            'groups of identical blank images whose labels disagree: '
            f'{disagree}',
        )


def _about_releases(releases: Mapping[str, Release]) -> Iterator[Finding]:
    for name, release in releases.items():
        yield Finding(
            _RELEASE_LEVEL[release.kind],
            'release',
            1,
            f'{name}: {release.kind.value}: {release.text}',
        )


def _about_orders(
    parts: Sequence[Part], known: Sequence[Reference]
) -> Iterator[Finding]:
    orders = {
        part.name: order_print(part.classes).names
        for part in parts
        if part.classes
    }
    if len(set(orders.values())) > 1:
        shown = '; '.join(
            f'{name}: {", ".join(names)}' for name, names in orders.items()
        )
        yield Finding(
            ERROR,
            'orders-differ',
            len(set(orders.values())),
            f'the splits number their classes differently: {shown}',
        )
    for part in parts:
        for reference, names in find_by_counts(part.counts, known):
            yield from _about_counts(part, reference, names)


def _about_counts(
    part: Part, reference: Reference, names: Sequence[str]
) -> Iterator[Finding]:
    """Whether the names that counts give to labels are those they have."""
    own = map(part.class_name, range(len(part.counts)))
    rows = list(zip(own, names, part.counts, strict=True))
    wrong = [
        f'label {label} is called {own} but has the {count} images of {name}'
        for label, (own, name, count) in enumerate(rows)
        if find_expression(own) not in (None, name)
    ]
    which = f'the published counts of {reference.kind} {reference.split}'
    if wrong:
        yield Finding(
            ERROR,
            'labels-permuted',
            len(wrong),
            f'{part.name} has {which} in another order: {"; ".join(wrong)}',
        )
    elif any(find_expression(own) is None for own, _, _ in rows):
        shown = ', '.join(f'{own} is {name}' for own, name, _ in rows)
        yield Finding(
            NOTE, 'labels-named', 1, f'{part.name} has {which}: {shown}'
        )


def _about_duplicates(duplicates: Duplicates) -> Iterator[Finding]:
    exact, near = duplicates.exact, duplicates.near
    same_subject = [pair for pair in near if pair.same_subject]
    near = [pair for pair in near if not pair.same_subject]
    for code, items, what in (
        ('exact-duplicates', exact, 'groups of exact duplicates'),
        ('near-duplicates', near, 'pairs of near duplicates'),
    ):
        across = sum(item.across for item in items)
        disagree = sum(item.disagree for item in items)
        for level, suffix, count, where in (
            (ERROR, 'across', across, 'across splits'),
            (WARNING, 'inside', len(items) - across, 'inside a split'),
            (ERROR, 'disagree', disagree, 'whose labels disagree'),
        ):
            if count:
                yield Finding(
                    level,
                    f'{code}-{suffix}',
                    count,
                    f'{what} {where}: {count}',
                )
    if same_subject:
        yield Finding(
            NOTE,
            'near-duplicates-same-subject',
            len(same_subject),
            'pairs alike within one subject or photograph: '
            f'{len(same_subject)}',
        )
    if not duplicates.complete:
        yield Finding(
            ERROR,
            'near-duplicates-too-many',
            len(near),
            'so many images look alike that the search was stopped',
        )


def _about_twins(
    parts: Sequence[Part], membership: SplitMembership, duplicates: Duplicates
) -> Iterator[Finding]:
    sizes = {part.name: len(part) for part in parts}
    for name, count in twins(duplicates.exact, membership, parts).items():
        yield Finding(
            NOTE,
            'twins-in-train',
            count,
            f'{name}: {count} of {sizes[name]} images '
            f'({count / sizes[name]:.1%}) have an identical twin in train',
        )


def _about_groups(groups: Mapping[str, Sequence[int]]) -> Iterator[Finding]:
    if groups:
        shown = ', '.join(sorted(groups)[:10])
        more = ' ...' if len(groups) > 10 else ''
        yield Finding(
            ERROR,
            'shared-groups',
            len(groups),
            f'subjects or photographs in several splits: {len(groups)} '
            f'({shown}{more})',
        )
