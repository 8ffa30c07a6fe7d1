"""Numbers as the paper and its competitors report them: none is measured."""

from __future__ import annotations

from dataclasses import dataclass

OURS = 'CS-GResNet'


@dataclass(frozen=True)
class ReportedRow:
    """A row of Tables 3 to 5.

    Args:
        method: Name in the paper.
        reference: Number in its list of references, 0 for its own network.
        year: Of that reference, as the table has it.
        cost: Parameters / operations, as printed.
        parameters: In millions, None where the table has none.
        giga: Operations in 1e9, None where the table has none.
        at_least: Whether the cost is a lower bound (``>``).
        accuracy: In percent.
    """

    method: str
    reference: int
    year: int | None
    cost: str
    parameters: float | None
    giga: float | None
    at_least: bool
    accuracy: float


def _row(
    method: str,
    reference: int,
    year: int | None,
    accuracy: float,
    parameters: float | None = None,
    giga: float | None = None,
    cost: str = '-',
) -> ReportedRow:
    bound = cost.startswith('>')
    return ReportedRow(
        method, reference, year, cost, parameters, giga, bound, accuracy
    )


def _ours(accuracy: float) -> ReportedRow:
    return _row(OURS, 0, None, accuracy, 2.80, 1.72, '2.80M/1.72G')


TABLES: dict[str, tuple[ReportedRow, ...]] = {
    'table3': (
        _row('DLN', 14, 2021, 86.40),
        _row('SCN', 2, 2020, 87.03, 11.17, 1.80, '>11.17M/1.80G'),
        _row('SFR', 3, 2021, 87.35, 11.17, 1.80, '>11.17M/1.80G'),
        _row('KTN', 4, 2021, 88.07, 47.04, 7.60, '>47.04M/7.60G'),
        _row('MA-Net', 1, 2021, 88.40, 50.54, 3.65, '50.54M/3.65G'),
        _row('ADC-Net', 5, 2021, 88.46, 23.6, 3.08, '>23.6M/3.08G'),
        _row('PASM', 6, 2021, 88.68, 21.28, 3.60, '>21.28M/3.60G'),
        _ours(88.85),
    ),
    'table4': (
        _row('DAM', 15, 2019, 66.20, 130.0, 11.28, '>0.13G/11.28G'),
        _row('SNNs', 16, 2021, 73.00),
        _row('PASM', 6, 2021, 73.59, 21.28, 3.60, '21.28M/3.60G'),
        _ours(73.75),
    ),
    'table5': (
        _row('DDL', 17, 2020, 59.86),
        _row('RAN', 18, 2020, 56.40, 95.13, 100.0, '>95.13M/0.10T'),
        _row('Res-50IBN', 2, 2021, 58.34, 25.52, 3.80, '>25.52M/3.80G'),
        _row('MA-Net', 1, 2021, 59.40, 50.54, 3.65, '50.54M/3.65G'),
        _ours(60.55),
    ),
}
"""Table to its rows, in the paper's order; '-' is a cost it does not give."""

TABLE_DATA = {'table3': 'rafdb', 'table4': 'fer2013-paper', 'table5': 'sfew'}
"""Table to the data it is of, as the paper split them."""

GAINS: dict[tuple[str, int], float] = {
    ('rafdb', 18): 0.26,
    ('rafdb', 34): 0.17,
    ('fer2013-paper', 18): 1.17,
    ('fer2013-paper', 34): 0.17,
    ('sfew', 18): 2.07,
    ('sfew', 34): 2.29,
}
"""(data, depth) to GResNet's accuracy minus ResNet's, in points (sec. 3.2)."""

PARAMETERS = {
    'resnet18': '11.18',
    'gresnet18': '2.80',
    'resnet34': '21.28',
    'gresnet34': '5.33',
}
"""Network to its parameters in millions, as printed (Table 1, section 3.2).

The paper cuts off instead of rounding, and its text has 11.17 for ResNet-18.
"""

GIGA = 1.72
"""Operations of CS-GResNet in 1e9, as printed (Tables 3 to 5)."""

SHIFT_COST = {
    1: ('3.8e-2', '6.0e-4'),
    3: ('2.0e-3', '1.5e-4'),
}
"""Stage to the shift's parameters in 1e6 and operations in 1e9 (Table 2)."""


def accuracy_of(data: str) -> float | None:
    """The paper's accuracy of CS-GResNet, in percent, or None."""
    for table, name in TABLE_DATA.items():
        if name == data:
            return TABLES[table][-1].accuracy
    return None
