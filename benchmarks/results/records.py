"""Records of runs, and the table that is made of them."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes import registry
from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import label, printed

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
TABLE = HERE.parent / "RESULTS.md"
BEGIN, END = "<!-- runs: written by python -m benchmarks.results -->", "<!-- end of runs -->"
HEAD = (
    "| command | test | baseline | reference | parameters | FLOPs | training | machine |\n"
    "|---|---|---|---|---|---|---|---|"
)
README = HERE.parent.parent / "README.md"
README_BEGIN = "<!-- recipes: written by python -m benchmarks.results -->"
README_END = "<!-- end of recipes -->"
README_HEAD = "| recipe | what it is | what it reaches on its test split |\n|---|---|---|"
Record = dict[str, Any]


@dataclass(frozen=True)
class Reached:
    """What a recipe reaches with its own defaults, in words.

    Args:
        result: the metric and its value.
        baseline: the baseline's name and value; empty where it has none in this metric.
        seconds: of training, with its unit.
    """

    result: str
    baseline: str
    seconds: str

    @property
    def beside(self) -> str:
        """The baseline in brackets."""
        return f" ({self.baseline})" if self.baseline else ""


def keep(folder: str | Path) -> Path:
    """Keep what a run was and reached.

    Args:
        folder: of a finished run.

    Returns:
        The file that was written, named by recipe, data, settings and seed.
    """
    from kerasrecipes.reports.layer_table import (
        layer_table,
    )  # loads Keras, which tables do not need
    from kerasrecipes.runs.run import Run

    run = Run(folder)
    metrics, environment = run.metrics, run.environment
    command = _command(environment["command"])
    rows = layer_table(run.model)
    flops = [row["flops"] for row in rows]
    record = {
        "recipe": run.recipe_name,
        "command": re.sub(r" (--)?seed[ =]\d+", "", command),
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
    """Return a command with the last names of paths only, also of those behind an equals sign."""
    return shlex.join(re.sub(r"(?:^|(?<==))[/~.][^=]*", _last_name, w) for w in shlex.split(said))


def _last_name(path: re.Match[str]) -> str:
    return Path(path.group()).name or path.group()


def table() -> str:
    """Return the table of all records, a row for each command, over its seeds."""
    grouped: dict[str, list[Record]] = defaultdict(list)
    for path in sorted(RUNS.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        grouped[record["command"]].append(record)
    references = json.loads((HERE / "references.json").read_text(encoding="utf-8"))
    rows = [_row(command, records, references) for command, records in sorted(grouped.items())]
    return "\n".join([HEAD, *rows])


def of(recipe: str) -> Reached | None:
    """Return what the kept run of a recipe with its own defaults reached.

    Args:
        recipe: its name.

    Returns:
        In words, or None where no such run is kept.
    """
    path = RUNS / f"{recipe}-seed0.json"
    if not path.is_file():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    name = record["metric"]
    return Reached(
        result=f"{label(name)} {printed(name, record['test'][name])}",
        baseline=": ".join(reversed(_baseline(record))),
        seconds=f"{record['seconds']:.0f} s",
    )


def overview() -> str:
    """Return the README's table: every recipe, what it is and what it reaches."""
    rows = [README_HEAD]
    for entry in registry.entries():
        what = entry.summary.partition(": ")[2] or entry.summary
        reached = of(entry.name)
        said = f"{reached.result}{reached.beside}" if reached else _said_of(entry.name)
        rows.append(f"| [{entry.name}](recipes/{entry.name}.py) | {what} | {said} |")
    return "\n".join(rows)


def _said_of(recipe: str) -> str:
    """Return the first of the README's results of a recipe of which no run is kept."""
    written = README.read_text(encoding="utf-8")
    row = rf"^\| `kerasrecipes run ({re.escape(recipe)}[ `][^|]*)\|([^|]*)\|[^|]*\|$"
    found = re.search(row, written, re.M)
    if found is None:
        raise ValueError(f"no run of {recipe} is kept, and no result of it is in the README")
    where = found[1].strip().removeprefix(recipe).strip(" `")
    return f"{found[2].strip()}" + (f", by `{where}`" if where else "")


def _baseline(record: Record) -> tuple[str, ...]:
    """Return a baseline's value of the run's metric, and its name; nothing where it has none."""
    name, baseline = record["metric"], record["baseline"]
    if name not in baseline.get("test", {}):
        return ()
    return printed(name, baseline["test"][name]), baseline["name"]


def _row(command: str, records: Sequence[Record], references: Mapping[str, str]) -> str:
    one = records[0]
    name = one["metric"]
    values = np.array([record["test"][name] for record in records])
    spread = f" ± {printed(name, float(values.std(ddof=1)))}" if len(values) > 1 else ""
    seeds = "seed" + "s" * (len(records) > 1) + " " + ", ".join(str(r["seed"]) for r in records)
    beside = "{} ({})".format(*found) if (found := _baseline(one)) else ""
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
    """Return a page with its table, of all runs or of all recipes, in its place.

    Args:
        written: the page, with both marks of one of the tables.
    """
    for begin, end, made in ((BEGIN, END, table), (README_BEGIN, README_END, overview)):
        if begin in written:
            before, _, rest = written.partition(begin)
            _, _, after = rest.partition(end)
            written = f"{before}{begin}\n{made()}\n{end}{after}"
    return written


def write() -> None:
    """Write the tables into `benchmarks/RESULTS.md` and the README."""
    for page in (TABLE, README):
        page.write_text(text(page.read_text(encoding="utf-8")), encoding="utf-8")
