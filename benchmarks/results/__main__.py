"""Table of results, made of the `metrics.json` of real runs.

    python -m benchmarks.results RUN RUN …      keep these runs, and write the table
    python -m benchmarks.results                write the table alone

What a run was and what it reached is kept in `benchmarks/results/runs/`, a file for each: command,
seed, versions, metrics, baseline. Paths of data become their last name. The table stands in
`benchmarks/RESULTS.md`; a test fails where it is not what the files make.
"""

from __future__ import annotations

import argparse

from benchmarks.results import records


def main() -> None:
    """Keep the runs that are named, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="folder of a finished run to keep")
    for folder in parser.parse_args().runs:
        print(records.keep(folder))
    records.write()


if __name__ == "__main__":
    main()
