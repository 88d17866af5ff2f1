"""All benchmarks that need no data but a recipe's own, one after another, into RESULTS.md.

    python -m benchmarks                     all of them: an hour or more on 2 cores
    python -m benchmarks throughput startup  some of them by name
    python -m benchmarks --list              what there is, and the command of each

Each runs in a process of its own and prints what it measured, ways that are compared taking turns.
Its tables, or all it printed where it has none, take the place of those of its last time in
`benchmarks/RESULTS.md`, with the command, the day and the machine. What fails is said, and what it
had measured before stays.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import sections


def main() -> int:
    """Run sections by name.

    Returns:
        The exit status: 1 if one of them failed, 2 if one is not known.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all")
    parser.add_argument("--list", action="store_true", help="say what there is")
    arguments = parser.parse_args()
    if arguments.list:
        for section in sections.SECTIONS.values():
            print(f"{section.name:12} {section.command}")
        return 0
    unknown = set(arguments.names) - set(sections.SECTIONS)
    if unknown:
        parser.error(f"unknown {', '.join(unknown)}; choose from {', '.join(sections.SECTIONS)}")
    failed = []
    for name in arguments.names or sections.SECTIONS:
        print(f"== {sections.SECTIONS[name].command}", flush=True)
        said = sections.SECTIONS[name].measured()
        if said is None:
            failed.append(name)
        else:
            sections.RESULTS.write_text(
                sections.placed(sections.RESULTS.read_text("utf-8"), sections.SECTIONS[name], said),
                "utf-8",
            )
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
