"""Training throughput of the trainer beside `model.fit` on padded arrays, recipe by recipe.

    python -m benchmarks.throughput                    every recipe that trains by `fit`
    python -m benchmarks.throughput lenet --rounds 5 --batch-size 128 32

The same model learns the same examples with the same optimizer in two ways: by the trainer, which
also addresses its batches by number, buckets by length, checkpoints and watches for trouble; and by
`model.fit` on NumPy arrays, in which sequences are padded to the longest, with `compile`'s
defaults. Epochs take turns in one process.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import where
from kerasrecipes import registry
from kerasrecipes.strategies import Strategy


def main() -> None:
    """Print a line for each recipe and batch size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="by default all")
    parser.add_argument("--data", help="by default a recipe's embedded data, repeated")
    parser.add_argument("--examples", type=int, default=1024, help="of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, nargs="+", help="by default the recipe's")
    arguments = where.parsed(parser, spreads=True)
    strategy = where.strategy(arguments)
    print("| recipe | batch | trainer, examples/s | fit on arrays | ratio |")
    print("|---" * 5 + "|")
    for name in arguments.recipes or registry.names():
        for size in arguments.batch_size or [None]:
            try:
                line = measured(name, arguments, size, strategy)
            except Exception as error:  # one recipe of many
                line = f"{name} | {size or ''} | {type(error).__name__}: {error}".split("\n")[0]
            print(f"| {line} |", flush=True)


def measured(
    name: str, arguments: argparse.Namespace, batch_size: int | None, strategy: Strategy
) -> str:
    """Measure one recipe.

    Args:
        name: of the recipe.
        arguments: of the command: `data`, `examples` and `rounds`.
        batch_size: examples of a step; `None` takes the recipe's own.
        strategy: of the trainer; `fit` has one device.

    Returns:
        The cells of its line.
    """
    import keras

    from kerasrecipes.runs.run import Run
    from kerasrecipes.training import trainer

    keras.utils.clear_session()
    recipe, splits, config = job(
        name, arguments.data, arguments.examples, batch_size, arguments.rounds + 1
    )
    size = config.training.batch_size
    arrays = splits.train.take(np.arange(len(splits.train)))
    plain = trainer.Trainer(recipe, splits, config).model
    plain.jit_compile = None  # as `compile` has it when nothing is said
    rounds: list[tuple[float, float]] = []

    class TakeTurns(keras.callbacks.Callback):
        """Times each epoch of the trainer, checkpoint included, and a plain epoch after it."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.mark = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            ours = time.perf_counter() - self.mark
            rounds.append((ours, _plain_epoch(plain, arrays, size)))
            self.mark = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        trainer.Trainer(recipe, splits, config, strategy=strategy).fit(
            Run.create(name, Path(folder)), [TakeTurns()]
        )
    compiled = rounds[1:]
    ratios = [theirs / ours for ours, theirs in compiled]
    rates = [
        len(splits.train) / statistics.median(column) for column in zip(*compiled, strict=True)
    ]
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return " | ".join([name, str(size), *(f"{rate:,.0f}" for rate in rates), spread])


def job(name: str, data: str | None, examples: int, batch_size: int | None, epochs: int):
    """Make a job of the recipe with its training examples repeated to a number, and none to
    validate on.
    """
    from kerasrecipes import api
    from kerasrecipes.training import assembly

    recipe = registry.load(name)
    sized = {} if batch_size is None else {"batch_size": batch_size}
    config = api.resolve(name, recipe, data=data, epochs=epochs, **sized)
    splits = assembly.load_splits(recipe, config)
    train = splits.train.select(np.resize(np.arange(len(splits.train)), examples))
    return (
        recipe,
        replace(splits, train=train, validation=splits.validation.select(np.arange(0))),
        config,
    )


def _plain_epoch(model: Any, arrays: tuple[Any, ...], batch_size: int) -> float:
    """Time an epoch of `model.fit` on arrays."""
    x, y, weight = (*arrays, None, None)[:3]
    began = time.perf_counter()
    model.fit(x, y, sample_weight=weight, batch_size=batch_size, verbose=0)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
