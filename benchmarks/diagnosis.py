"""Does the diagnosis find what is wrong, keep silent where nothing is, and does its first remedy
cure?

python -m benchmarks.diagnosis
python -m benchmarks.diagnosis --only vanishing_gradients,healthy --seeds 1
python -m benchmarks.diagnosis --cost
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

import kerasrecipes
from benchmarks.diagnosis_cases import COSTS, HEALTHY, PLANTED, Case
from benchmarks.diagnosis_models import DEFAULTS, build, task
from kerasrecipes.diagnosis import Diagnosis, Finding


@dataclass(frozen=True)
class Outcome:
    """What a training came to: its findings, its record and the validation loss of the model it
    leaves.
    """

    findings: list[Finding]
    record: dict[str, Any]
    validation_loss: float

    @property
    def kinds(self) -> list[str]:
        """The kinds found, most severe first, each once."""
        return list(dict.fromkeys(found.kind for found in self.findings))


def train(
    case: Case, seed: int, changes: dict[str, Any] | None = None, faulty: bool = True
) -> Outcome:
    """Train a case, with `changes` to its settings; `faulty=False` leaves the data without the
    fault.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    settings = {**DEFAULTS, **case.settings, **(changes or {})}
    data = task(case.data, seed, case.rows)
    if case.fault and faulty:
        data = case.fault(data, np.random.default_rng(seed))
    model = build(case.family, data, settings)
    diagnosis = Diagnosis((data.x, data.y), settings=settings, validation=data.y_validation)
    callbacks: list[keras.callbacks.Callback] = [diagnosis]
    if settings["patience"]:
        callbacks.append(
            keras.callbacks.EarlyStopping(patience=settings["patience"], restore_best_weights=True)
        )
    history = model.fit(
        data.x,
        data.y,
        validation_data=(data.x_validation, data.y_validation),
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        callbacks=callbacks,
        verbose=0,
    )
    losses = np.nan_to_num(history.history["val_loss"], nan=np.inf, posinf=np.inf)
    return Outcome(
        diagnosis.findings,
        diagnosis.record,
        float(losses.min() if settings["patience"] else losses[-1]),
    )


def parse(remedy: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Read a piece of a command line such as `activation=relu --clip-norm 1` as settings."""
    words, changes = remedy.split(), {}
    while words:
        word = words.pop(0)
        name, _, text = word.partition("=")
        if word.startswith("--"):
            name, text = word[2:].replace("-", "_"), words.pop(0)
        changes[name] = _value(text, settings[name])
    return changes


def _value(text: str, present: Any) -> Any:
    if isinstance(present, bool):
        return text == "true"
    if isinstance(present, tuple):
        return tuple(int(part) for part in text.split(","))
    if isinstance(present, str):
        return text
    whole = text.isdigit() and not isinstance(present, float)
    return int(text) if whole else float(text)


@dataclass(frozen=True)
class Row:
    """One planted fault: what was said, what the first remedy was, and what became of it."""

    case: Case
    seed: int
    before: Outcome
    remedy: str
    after: Outcome | None

    @property
    def found(self) -> bool:
        """Whether the planted fault was named."""
        return self.case.kind in self.before.kinds

    @property
    def gone(self) -> bool:
        """Whether the remedied run is free of the finding."""
        return self.after is not None and self.case.kind not in self.after.kinds

    @property
    def better(self) -> bool:
        """Whether the remedied run's validation loss is lower."""
        return self.after is not None and self.after.validation_loss < self.before.validation_loss

    def __str__(self) -> str:
        others = ", ".join(kind for kind in self.before.kinds if kind != self.case.kind) or "-"
        left = "-" if self.after is None else ", ".join(self.after.kinds) or "nothing"
        after = "-" if self.after is None else f"{self.after.validation_loss:.3g}"
        losses = f"{self.before.validation_loss:.3g} -> {after}"
        row = [self.case.kind, self.case.name, self.seed, _yes(self.found), others, self.remedy]
        return _table_row([*row, _yes(self.gone), left, losses, _yes(self.better)])


PAGES = ("lenet", "mlp", "sentiment", "tagger")  # whose cost is measured on their own data
HEAD = [
    "planted",
    "model, data",
    "seed",
    "found",
    "also said",
    "first remedy",
    "gone",
    "left",
    "loss",
    "better",
]


def _table_row(cells: list[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _table_head(cells: list[str]) -> str:
    return f"\n{_table_row(cells)}\n{'|---' * len(cells)}|"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


def try_case(case: Case, seed: int) -> Row:
    """Train a planted fault, and again with the first remedy that was proposed for it."""
    before = train(case, seed)
    finding = next((found for found in before.findings if found.kind == case.kind), None)
    if finding is None:
        return Row(case, seed, before, "-", None)
    if finding.remedies:
        changes = parse(finding.remedies[0], {**DEFAULTS, **case.settings})
        return Row(case, seed, before, f"`{finding.remedies[0]}`", train(case, seed, changes))
    # Told in words: the data is to be mended, so the fault is left out.
    return Row(case, seed, before, "(mend the data)", train(case, seed, faulty=False))


def report_planted(cases: list[Case], seeds: list[int]) -> None:
    """Print the table of planted faults and its sums."""
    print(_table_head(HEAD), flush=True)
    rows = []
    for case in cases:
        for seed in seeds:
            rows.append(try_case(case, seed))
            print(rows[-1], flush=True)
    counts = {name: sum(getattr(row, name) for row in rows) for name in ("found", "gone", "better")}
    print(
        f"\n{len(rows)} planted: " + ", ".join(f"{count} {name}" for name, count in counts.items()),
        flush=True,
    )


def report_healthy(cases: list[Case], seeds: list[int]) -> None:
    """Print every healthy run's alarms, which should be none."""
    print(_table_head(["healthy model, data", "seed", "validation loss", "said"]), flush=True)
    alarms = 0
    for case in cases:
        for seed in seeds:
            outcome = train(case, seed)
            alarms += bool(outcome.kinds)
            said = ", ".join(outcome.kinds) or "nothing"
            print(_table_row([case.name, seed, f"{outcome.validation_loss:.3g}", said]), flush=True)
    print(f"\n{len(cases) * len(seeds)} healthy: {alarms} with an alarm", flush=True)


def seconds(case: Case, diagnosis: Diagnosis | None) -> float:
    """Time one training, building and compiling left out but the first step's tracing in."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    settings = {**DEFAULTS, **case.settings}
    data = task(case.data, 0)
    model = build(case.family, data, settings)
    begun = time.perf_counter()
    callbacks = [diagnosis] if diagnosis else []
    batch = {"batch_size": settings["batch_size"], "epochs": settings["epochs"]}
    model.fit(data.x, data.y, callbacks=callbacks, verbose=0, **batch)
    return time.perf_counter() - begun


COST_HEAD = ["training", "epochs", "without, s", "with, s", "ratio", "by its own clock", "moments"]


def report_cost(repeats: int) -> None:
    """Print training time with and without the callback, alternating: of small models, and of pages
    as they stand.
    """
    print(_table_head(COST_HEAD), flush=True)
    for case in COSTS:
        data = task(case.data, 0)
        times: list[tuple[float, float]] = []
        for _ in range(repeats):
            diagnosis = Diagnosis((data.x, data.y))
            times.append((seconds(case, None), seconds(case, diagnosis)))
        plain, watched = np.median(times, axis=0)
        cost = diagnosis.record["cost"]
        share = cost["seconds"] / cost["training_seconds"]
        row = [
            case.name,
            case.settings["epochs"],
            f"{plain:.2f}",
            f"{watched:.2f}",
            f"{watched / plain:.3f}",
        ]
        print(_table_row([*row, f"{share:.1%}", cost["moments"]]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KERASRECIPES_HOME"] = folder
        for name in PAGES:
            print(_table_row(page_cost(name, repeats)), flush=True)


def page_cost(name: str, repeats: int) -> list[Any]:
    """Run a recipe with and without diagnosis."""
    times, shares = [], []
    for _ in range(repeats):
        runs = [kerasrecipes.run(name, observers=(), diagnose=wanted) for wanted in (False, True)]
        times.append([run.metrics["seconds"] for run in runs])
        cost = runs[1].record["cost"]
        shares.append(cost["seconds"] / cost["training_seconds"])
    plain, watched = np.median(times, axis=0)
    ratio = f"{watched / plain:.3f}"
    row = [f"`run {name}`", runs[1].metrics["epochs"], f"{plain:.2f}", f"{watched:.2f}", ratio]
    return [*row, f"{np.median(shares):.1%}", cost["moments"]]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", default="", help="kinds to run, separated by commas; 'healthy' is one"
    )
    parser.add_argument(
        "--seeds",
        default="1,2",
        help="seeds, separated by commas; thresholds were chosen at seed 0",
    )
    parser.add_argument(
        "--cost", action="store_true", help="measure only the time that the diagnosis takes"
    )
    parser.add_argument("--repeats", type=int, default=3, help="how often each time is measured")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    only = (
        set(arguments.only.split(","))
        if arguments.only
        else {case.kind for case in PLANTED + HEALTHY}
    )
    planted = [case for case in PLANTED if case.kind in only]
    if planted and not arguments.cost:
        report_planted(planted, seeds)
    if "healthy" in only and not arguments.cost:
        report_healthy(HEALTHY, seeds)
    if arguments.cost or not arguments.only:
        report_cost(arguments.repeats)


if __name__ == "__main__":
    main()
