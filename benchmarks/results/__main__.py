"""Table of results, made of the `metrics.json` of real runs.

    python -m benchmarks.results RUN RUN …      keep these runs, and write the tables
    python -m benchmarks.results                write the tables alone

What a run was and what it reached is kept in `benchmarks/results/runs/`, a file for each: command,
seed, versions, metrics, baseline. Paths of data become their last name. Of a run with the page's
own defaults a figure of its report becomes `docs/pictures/NAME.png` too. The tables stand in
`benchmarks/RESULTS.md` (all runs) and in the README (every recipe); a test fails where they are not
what the files make.
"""

from __future__ import annotations

import argparse

from benchmarks.results import pictures, records


def main() -> None:
    """Keep the runs that are named, and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="folder of a finished run to keep")
    for folder in parser.parse_args().runs:
        print(records.keep(folder))
        if (picture := pictures.keep(folder)) is not None:
            print(picture)
    records.write()


if __name__ == "__main__":
    main()
