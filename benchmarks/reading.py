"""Reading of tables: rows per second of processor time, the memory that it takes, and that of
predictions.

    python -m benchmarks.reading
    python -m benchmarks.reading --rows 20000 --calls 200

Each figure is taken in a process of its own: what a table of many rows takes is told beside what
the same process took for one of few rows, so that imports count for neither.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FEW_ROWS = 200
KINDS = ("numbers", "mixed", "prices", "texts")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--calls", type=int, default=1000, help="of predict; 0 leaves it out")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for kind in arguments.kinds:
            few, many = (
                _apart(f"loading({write(Path(folder), kind, rows)!r})")
                for rows in (FEW_ROWS, arguments.rows)
            )
            print(
                f"{kind}: {many['rows'] / many['seconds']:,.0f} rows/s of a file of "
                f"{many['file'] / 2**20:.0f} MiB; kept {many['kept'] - few['kept']:.0f} MiB and at "
                f"most {many['peak'] - few['peak']:.0f} MiB more than for {FEW_ROWS} rows"
            )
        if arguments.calls:
            grown = _apart(f"predicting({arguments.calls})")
            print(f"predict: {grown['kib']:.2f} KiB a call, {grown['milliseconds']:.1f} ms a call")


def write(folder: Path, kind: str, rows: int) -> str:
    """Write a table, and return its path.

    Args:
        folder: where to.
        kind: `numbers`, ten of them in a row; `mixed`, as people's tables are; `prices`, with
            currency and thousands; `texts`, a sentence and its class.
        rows: number of rows.
    """
    random = np.random.default_rng(0)
    path = folder / f"{kind}-{rows}.csv"
    if kind == "numbers":
        columns = [[f"{value:.5f}" for value in random.normal(size=rows)] for _ in range(10)]
    elif kind == "mixed":
        cities = [f"city {number}" for number in range(50)]
        columns = [
            [str(value) for value in random.integers(18, 90, rows)],
            [cities[number] for number in random.integers(0, 50, rows)],
            [f"{value:.2f}" for value in random.normal(size=rows)],
            [f"20{y:02}-{m:02}-11" for y, m in random.integers(1, 13, (rows, 2))],
            [f"{number:05}" for number in random.integers(0, 500, rows)],
            [("yes", "no", "")[number] for number in random.integers(0, 3, rows)],
        ]
    elif kind == "prices":
        columns = [[f'"${value:,.2f}"' for value in random.uniform(1, 9e5, rows)] for _ in range(4)]
    else:
        words = [f"word{number}" for number in range(2000)]
        drawn = random.integers(0, 2000, (rows, 20))
        columns = [[" ".join(words[number] for number in row) for row in drawn]]
    columns.append([("good", "bad")[number] for number in random.integers(0, 2, rows)])
    names = ["text"] if kind == "texts" else [f"x{n}" for n in range(1, len(columns))]
    lines = map(",".join, zip(*columns, strict=True))
    path.write_text("\n".join([",".join([*names, "label"]), *lines]) + "\n")
    return str(path)


def loading(path: str) -> None:
    """Load a table as `run` does, and print what that took."""
    from kerasrecipes.data import tables, text
    from kerasrecipes.data.tables.prepare import prepare_table
    from kerasrecipes.recipe import Request

    texts = "texts" in Path(path).name
    source = text.table() if texts else tables.csv()
    began = time.process_time()
    splits = source.load(Request(path=path))
    if not texts:
        splits = prepare_table(splits, ["binary"])
    seconds = time.process_time() - began
    rows = len(splits.train) + len(splits.validation) + len(splits.test)
    _print(
        rows=rows,
        seconds=seconds,
        file=Path(path).stat().st_size,
        kept=_memory("VmRSS"),
        peak=_memory("VmHWM"),
    )


def predicting(calls: int) -> None:
    """Predict for one row over and over, and print by how much the process grows."""
    import os

    import kerasrecipes

    with tempfile.TemporaryDirectory() as folder:
        os.environ["KERASRECIPES_HOME"] = folder
        run = kerasrecipes.run("mlp", data="wine", epochs=1, observers=[])
        names = [column.name for column in run.info.preprocessor.columns]
        rows = f"{','.join(names)}\n{','.join(['1'] * len(names))}\n".encode()
        for _ in range(max(50, calls // 5)):  # until what is made once is made
            kerasrecipes.predict(run, [rows])
        before, began = _memory("VmRSS"), time.process_time()
        for _ in range(calls):
            kerasrecipes.predict(run, [rows])
        seconds = time.process_time() - began
        grown = (_memory("VmRSS") - before) * 1024 / calls
    _print(kib=grown, milliseconds=1000 * seconds / calls)


def _apart(call: str) -> dict[str, float]:
    """Return what a function of this module prints in a process of its own."""
    program = f"from benchmarks import reading; reading.{call}"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _memory(entry: str) -> float:
    """Return an entry of Linux's account of this process, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(entry))


def _print(**figures: float) -> None:
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
