"""The best epoch beside the last one: scores on the test split of the same trainings.

    python -m benchmarks.keep_best                          every recipe on its embedded data
    python -m benchmarks.keep_best mlp softmax --data iris.csv wine.csv

Each training is scored twice, with the weights of its best epoch by the monitor and with those of
its last epoch, so the two differ by that choice alone. The seed of the weights and of the split
changes from training to training; ± is the standard error of the mean difference. Better is
positive in both columns of differences.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import where
from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.runs.run import Run
from kerasrecipes.training import final_weights
from kerasrecipes.training.job import Job


def scores(name: str, data: str | None, seed: int) -> dict[str, Any]:
    """Train once and score twice.

    Args:
        name: of the recipe.
        data: a source's name or a path; by default the embedded data.
        seed: of weights, order and split.

    Returns:
        Test metrics with the `best` and the `last` weights, the epoch `kept` of how many `epochs`,
        and the `main` metric.
    """
    keras.utils.clear_session()
    recipe = registry.load(name)
    changes: dict[str, Any] = {
        "seed": seed,
        "split_seed": seed,
        "diagnose": False,
        "checkpoint_seconds": 1e6,
    }
    job = Job(recipe, api.resolve(name, recipe, data=data, **changes))
    trainer = job.load()
    with tempfile.TemporaryDirectory() as folder:
        trainer.fit(Run.create(Path(name).stem, Path(folder)))
        best = trainer.evaluate(trainer.splits.test)
        # Of a training in phases the last one has its last weights.
        last = getattr(trainer, "last", trainer)
        ending = final_weights.Kept(epoch=0, epochs=0, why="compared")
        final_weights.restore(last.model, ending, last.checkpoints, trained=False)
        end = trainer.evaluate(trainer.splits.test)
    kept = trainer.kept
    assert kept is not None
    main = trainer.main_metric
    sign = 1 if maximizes(main, trainer.task.best) else -1
    found = {"best": best, "last": end, "main": main, "sign": sign}
    return {**found, "kept": kept.epoch, "epochs": kept.epochs}


def row(name: str, data: str | None, seeds: int) -> str:
    """Give a row of the table."""
    found = [scores(name, data, seed) for seed in range(seeds)]
    main = found[0]["main"]
    columns = [name, Path(data).stem if data else "embedded"]
    columns.append(" ".join(f"{one['kept']}/{one['epochs']}" for one in found))
    for metric, sign in (("loss", -1), (main, found[0]["sign"])):
        last, best = (np.array([one[side][metric] for one in found]) for side in ("last", "best"))
        gain = sign * (best - last)
        error = gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else float("nan")
        columns += [f"{last.mean():.4g}", f"{best.mean():.4g}", f"{gain.mean():+.3g} ± {error:.2g}"]
    columns.insert(6, main)
    return f"| {' | '.join(columns)} |"


def main() -> None:
    """Print a row for each recipe and each file that it reads."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="*", help="by default all")
    parser.add_argument("--data", nargs="+", default=[None], help="files or names of data sets")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each row")
    arguments = where.parsed(parser)
    titles = ("recipe", "data", "kept", "loss, last", "best", "gain", "metric", "last", "best")
    print(f"| {' | '.join((*titles, 'gain'))} |\n{'|---' * 10}|", flush=True)
    for name in arguments.recipes or registry.names():
        for data in arguments.data:
            try:
                print(row(name, data, arguments.seeds), flush=True)
            except UserError as error:
                print(f"| {name} | {Path(data).stem if data else 'embedded'} | {error} |")


if __name__ == "__main__":
    main()
