"""Files that nobody would write, for every reader of the user's data: `benchmarks.fuzz_data` as a
section.
"""

from __future__ import annotations

import argparse

from benchmarks import fuzz_data
from benchmarks.faults.harness import Table

SHORT = {"files": 500}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this section.

    Args:
        parser: of the command.
    """
    parser.add_argument("--files", type=int, default=10_500, help="fuzzed files of all kinds")


def section(arguments: argparse.Namespace) -> Table:
    """Carry out the section.

    Args:
        arguments: of the command.

    Returns:
        Cases by kind of file.
    """
    table = Table("Files that nobody would write")
    # Other seeds than those of the tests.
    first = 1_000_000 * (1 + arguments.seed)
    for one in fuzz_data.tries(arguments.files, first, list(fuzz_data.KINDS)):
        wrong = one.outcome == "mishandled"
        told = f"python -m benchmarks.fuzz_data --kinds {one.kind} --cases 1 --seed {one.seed}"
        table.add(one.kind, told, one.detail if wrong else None)
    return table
