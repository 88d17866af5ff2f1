"""Does tuning beat the pages' defaults, and what do two workers save? Everything printed was
measured in the run.

Each method searches on the training and validation examples. Then the recipe's defaults and what
each method found are trained with the same fresh seeds and judged on the test examples, which no
search has seen.

    python -m benchmarks.tuning lenet                        all methods against the defaults
    python -m benchmarks.tuning mlp --methods random --trials 10
    python -m benchmarks.tuning --workers 1,2                the same trials by one worker and by
    two
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from typing import Any

import kerasrecipes
from benchmarks import where
from kerasrecipes.reports.statistics import significantly_different
from kerasrecipes.tuning.oracles import METHODS

FRESH = 20_000  # seeds that neither trials nor repetitions have


def search(name: str, **given: Any) -> tuple[kerasrecipes.Tuning, float]:
    """Search without a table, and give the seconds that it took."""
    began = time.perf_counter()
    found = kerasrecipes.tune(name, watch=lambda scheduler, over: None, **given)
    return found, time.perf_counter() - began


def judged(name: str, seeds: int, **given: Any) -> list[float]:
    """Train with fresh seeds and give the accuracies on the test examples."""
    runs = [
        kerasrecipes.run(name, observers=(), seed=FRESH + n, diagnose=False, **given)
        for n in range(seeds)
    ]
    return [run.metrics["test"]["accuracy"] for run in runs]


def spelled(values: Sequence[float]) -> str:
    """Write mean and standard deviation in percent."""
    return f"{100 * statistics.fmean(values):.2f} ± {100 * statistics.stdev(values):.2f}"


def methods(
    name: str,
    data: str | None,
    chosen: Sequence[str],
    trials: int,
    seeds: int,
    workers: int,
    strategy: str | None,
) -> None:
    """Search by each method and compare with the recipe's defaults."""
    print(
        f"{name}, {os.cpu_count()} cores, {workers} workers; {trials} trials, test accuracy in "
        f"%, {seeds} seeds"
    )
    print(
        "| method | trials | ended early | minutes | best trial, validation | test | beats the "
        "defaults |"
    )
    print("|---|---|---|---|---|---|---|", flush=True)
    defaults = judged(name, seeds, data=data, strategy=strategy)
    print(f"| recipe's defaults | | | | | {spelled(defaults)} | |", flush=True)
    for method in chosen:
        given = {"workers": workers, "strategy": strategy, "repeats": 0}
        found, seconds = search(name, data=data, method=method, trials=trials, **given)
        test = judged(name, seeds, config=found.config)
        early = sum(trial["status"] == "ended early" for trial in found.trials)
        clear, better = (
            significantly_different(test, defaults),
            statistics.fmean(test) > statistics.fmean(defaults),
        )
        verdict = ("yes" if better else "no, it is worse") if clear else "not told from chance"
        verdict = "no, it kept them" if found.kept_defaults else verdict
        best = f"{100 * found.best['score']:.2f}"
        columns = [
            method,
            len(found.trials),
            early,
            f"{seconds / 60:.1f}",
            best,
            spelled(test),
            verdict,
        ]
        print("| " + " | ".join(map(str, columns)) + " |", flush=True)


def scaling(
    name: str, counts: Sequence[int], trials: int, epochs: int, strategy: str | None
) -> None:
    """Let different numbers of workers do the same trials."""
    print(
        f"{name}, {trials} trials of {epochs} epochs, {os.cpu_count()} cores, load before "
        f"{os.getloadavg()[0]:.1f}"
    )
    print("| workers | seconds | of one worker's |\n|---|---|---|")
    first = None
    for count in counts:
        given = {
            "method": "random",
            "trials": trials,
            "epochs": epochs,
            "repeats": 0,
            "early": False,
        }
        seconds = search(name, workers=count, strategy=strategy, **given)[1]
        first = first or seconds
        print(f"| {count} | {seconds:.1f} | {seconds / first:.2f} |", flush=True)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", default="lenet")
    parser.add_argument("--data")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--workers", default=None, help="such as 1,2: compare these numbers of workers"
    )
    given = where.parsed(parser, spreads=True)
    if given.workers and "," in given.workers:
        counts = [int(count) for count in given.workers.split(",")]
        scaling(given.name, counts, given.trials, given.epochs, given.strategy)
    else:
        workers = int(given.workers or os.cpu_count())
        methods(
            given.name,
            given.data,
            given.methods.split(","),
            given.trials,
            given.seeds,
            workers,
            given.strategy,
        )


if __name__ == "__main__":
    main()
