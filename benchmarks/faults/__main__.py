"""Run sections of faults by name, print a table of each, and fail if any was mishandled."""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks.faults import fuzzed, inputs, kills, streams, writes
from benchmarks.faults.harness import Table

# By name: a section adds its flags to the parser and returns its table.
SECTIONS = {"inputs": inputs, "writes": writes, "streams": streams, "kills": kills, "files": fuzzed}


def main() -> int:
    """Return the exit status: 1 if a fault was mishandled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--short", action="store_true", help="a few cases of each section")
    for section in SECTIONS.values():
        section.add_flags(parser)
        if "--short" in sys.argv:
            parser.set_defaults(**section.SHORT)
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"unknown section {', '.join(unknown)}; choose from {', '.join(SECTIONS)}")
    tables: list[Table] = []
    for name in arguments.sections or SECTIONS:
        tables.append(SECTIONS[name].section(arguments))
        print(tables[-1], flush=True)
    return 1 if any(table.mishandled for table in tables) else 0


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
