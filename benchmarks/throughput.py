"""Training throughput of the trainer beside a plain `model.fit` on NumPy arrays on one device.

    python -m benchmarks.throughput lenet

Both train the same model with the same optimizer on the same examples; the trainer also addresses
its batches by number, checkpoints, keeps the history and watches for trouble. Rounds alternate; the
ratio is the median over them.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import where
from kerasrecipes.strategies import Strategy


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", nargs="?", default="lenet")
    parser.add_argument("--data", help="by default the recipe's embedded data, repeated")
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, nargs="+", default=[128, 32])
    arguments = where.parsed(parser, spreads=True)
    strategy = where.strategy(arguments)
    for batch_size in arguments.batch_size:
        measure(
            arguments.recipe,
            arguments.data,
            arguments.examples,
            batch_size,
            arguments.rounds,
            strategy,
        )


def measure(
    name: str, data: str | None, examples: int, batch_size: int, rounds: int, strategy: Strategy
) -> None:
    """Print examples per second of the trainer under a strategy and of a plain fit, and their
    ratio.
    """
    import keras

    from kerasrecipes.runs.run import Run
    from kerasrecipes.training import trainer

    class Alternate(keras.callbacks.Callback):
        """Times each epoch of the trainer, checkpoint included, and a plain epoch after it."""

        def on_train_begin(self, logs=None):
            self.times = []
            self.mark = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            ours = time.perf_counter() - self.mark
            self.times.append((ours, plain_epoch(plain, splits.train, batch_size)))
            self.mark = time.perf_counter()

    recipe, splits, config = job(name, data, examples, batch_size, epochs=rounds + 1)
    plain = trainer.Trainer(recipe, splits, config).model
    alternate = Alternate()
    with tempfile.TemporaryDirectory() as folder:
        trainer.Trainer(recipe, splits, config, strategy=strategy).fit(
            Run.create(name, Path(folder)), [alternate]
        )
    times = alternate.times[1:]  # The first epoch compiles.
    ratios = [theirs / ours for ours, theirs in times]
    ours, theirs = (examples / statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"{name} on {keras.backend.backend()}, {strategy.description}, batch {batch_size}: "
        f"trainer {ours:,.0f}/s, plain fit on one device {theirs:,.0f}/s, "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f} over "
        f"{rounds} rounds)",
        flush=True,
    )


def plain_epoch(model, train, batch_size: int) -> float:
    """Time an epoch of `model.fit` on float32 arrays."""
    x, y = np.asarray(train.x, "float32"), train.y
    began = time.perf_counter()
    model.fit(x, y, batch_size=batch_size, verbose=0)
    return time.perf_counter() - began


def job(name: str, data: str | None, examples: int, batch_size: int, epochs: int):
    """Make a job of the recipe with its training examples repeated to a number, and none to
    validate on.
    """
    from kerasrecipes import api, registry
    from kerasrecipes.training import assembly

    recipe = registry.load(name)
    config = api.resolve(name, recipe, data=data, batch_size=batch_size, epochs=epochs)
    splits = assembly.load_splits(recipe, config)
    train = splits.train.select(np.resize(np.arange(len(splits.train)), examples))
    return (
        recipe,
        replace(splits, train=train, validation=splits.validation.select(np.arange(0))),
        config,
    )


if __name__ == "__main__":
    main()
