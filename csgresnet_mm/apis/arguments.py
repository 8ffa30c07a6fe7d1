"""Checks of command lines that several tools share."""

import argparse


def refuse_below_one(
    parser: argparse.ArgumentParser, args: argparse.Namespace, *names: str
) -> None:
    """End with the parser's error where a count is below 1.

    Args:
        parser: Of the arguments.
        args: What it parsed; None is left alone.
        names: Of the counts.
    """
    for name in names:
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f'--{name} {value}: expected at least 1')
