"""Records of runs, and the table that is made of them."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import label, printed
from kerasrecipes.reports.layer_table import layer_table
from kerasrecipes.runs.run import Run

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
TABLE = HERE.parent / "RESULTS.md"
BEGIN, END = "<!-- runs: written by python -m benchmarks.results -->", "<!-- end of runs -->"
HEAD = (
    "| command | test | baseline | reference | parameters | FLOPs | training | machine |\n"
    "|---|---|---|---|---|---|---|---|"
)
Record = dict[str, Any]


def keep(folder: str | Path) -> Path:
    """Keep what a run was and reached.

    Args:
        folder: of a finished run.

    Returns:
        The file that was written, named by recipe, data, settings and seed.
    """
    run = Run(folder)
    metrics, environment = run.metrics, run._json("environment.json")
    command = _command(environment["command"])
    rows = layer_table(run.model)
    flops = [row["flops"] for row in rows]
    record = {
        "recipe": run.recipe_name,
        "command": re.sub(r" --seed \d+", "", command),
        "seed": run.config.training.seed,
        "metric": summary.headline_of(metrics),
        "test": {k: v for k, v in metrics["test"].items() if isinstance(v, (int, float))},
        "baseline": metrics.get("baseline") or {},
        "examples": metrics["examples"],
        "parameters": metrics["parameters"],
        # Where a layer's are not known there is no sum.
        "flops": None if None in flops else sum(flops),
        "seconds": metrics["seconds"],
        "machine": {k: environment.get(k) for k in ("device", "cores", "backend", "keras")},
    }
    name = re.sub(r"[^A-Za-z0-9_.=-]+", "-", record["command"].partition(" run ")[2])
    target = RUNS / f"{name[:100]}-seed{record['seed']}.json"
    RUNS.mkdir(exist_ok=True)
    target.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return target


def _command(said: str) -> str:
    """Return a command with the last names of paths only."""
    words = shlex.split(said)
    return shlex.join(Path(word).name if word[0] in "/~." else word for word in words)


def table() -> str:
    """Return the table of all records, a row for each command, over its seeds."""
    grouped: dict[str, list[Record]] = defaultdict(list)
    for path in sorted(RUNS.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        grouped[record["command"]].append(record)
    references = json.loads((HERE / "references.json").read_text(encoding="utf-8"))
    rows = [_row(command, records, references) for command, records in sorted(grouped.items())]
    return "\n".join([HEAD, *rows])


def _row(command: str, records: Sequence[Record], references: Mapping[str, str]) -> str:
    one = records[0]
    name = one["metric"]
    values = np.array([record["test"][name] for record in records])
    spread = f" ± {printed(name, float(values.std(ddof=1)))}" if len(values) > 1 else ""
    seeds = "seed" + "s" * (len(records) > 1) + " " + ", ".join(str(r["seed"]) for r in records)
    baseline = one["baseline"]
    beside = ""
    if name in baseline.get("test", {}):
        beside = f"{printed(name, baseline['test'][name])} ({baseline['name']})"
    machine = one["machine"]
    seconds = [record["seconds"] for record in records]
    cells = [
        f"`{command}`",
        f"{label(name)} {printed(name, float(values.mean()))}{spread} ({seeds})",
        beside,
        references.get(command, ""),
        f"{one['parameters']:,}",
        "" if one["flops"] is None else f"{one['flops']:,}",
        f"{np.median(seconds):.0f} s",
        f"{machine['cores']} cores, {machine['backend']}, Keras {machine['keras']}",
    ]
    return "| " + " | ".join(cells) + " |"


def text(written: str) -> str:
    """Return a page with the table in its place.

    Args:
        written: the page, with both marks.
    """
    before, _, rest = written.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def write() -> None:
    """Write the table into `benchmarks/RESULTS.md`."""
    TABLE.write_text(text(TABLE.read_text(encoding="utf-8")), encoding="utf-8")
