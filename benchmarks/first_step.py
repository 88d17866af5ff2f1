"""Seconds until the first step of a training ends, with Keras's lazy variables and with ours.

    python -m benchmarks.first_step                    lenet, sentiment and attention
    python -m benchmarks.first_step resnet --repeats 5

On TensorFlow Keras creates the variables of metrics and optimizer within the first step, which is
then traced twice; `kerasrecipes.training.lazy_variables` creates them before. Both ways alternate
in one process, and the median of each is printed.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

import keras

from kerasrecipes import api, registry
from kerasrecipes.runs.run import Run
from kerasrecipes.training import lazy_variables
from kerasrecipes.training.job import Job


class _Begun(Exception):
    pass


class _Clock(keras.callbacks.Callback):
    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        raise _Begun


def seconds(name: str, before: bool) -> float:
    """Measure one start of a training.

    Args:
        name: of the recipe, which trains on its embedded data.
        before: whether variables are created before the first step.

    Returns:
        Seconds from `fit` to the end of the first step.
    """
    keras.utils.clear_session()
    recipe = registry.load(name)
    job = Job(recipe, api.resolve(name, recipe, limit=512, epochs=1, diagnose=False))
    trainer = job.load()
    lazily = patch.object(lazy_variables, "create", lambda model, examples: False)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(name, Path(folder))
        began = time.perf_counter()
        try:
            if before:
                trainer.fit(run, [_Clock()])
            else:
                with lazily:
                    trainer.fit(run, [_Clock()])
        except _Begun:
            pass
        return time.perf_counter() - began


def main() -> None:
    """Print a row for each recipe."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="*", default=["lenet", "sentiment", "attention"])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print("| recipe | created in the step, s | before it, s | ratio |\n|---|---|---|---|")
    for name in arguments.recipes:
        seconds(name, True)  # imports and caches
        pairs = [(seconds(name, False), seconds(name, True)) for _ in range(arguments.repeats)]
        lazy, early = (median(column) for column in zip(*pairs, strict=True))
        print(f"| {name} | {lazy:.2f} | {early:.2f} | {lazy / early:.2f} |", flush=True)


if __name__ == "__main__":
    main()
