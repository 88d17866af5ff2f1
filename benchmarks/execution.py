"""Which compilation and how many steps per call suit this device, for one recipe.

    python -m benchmarks.execution lenet --batch-size 128 32

The table behind the choices of `kerasrecipes.training.device_defaults`: each line trains the same
model on the same batches, lines take turns, and the speed is the median over rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time

from benchmarks import where
from benchmarks.throughput import job
from kerasrecipes.strategies import Strategy


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", nargs="?", default="lenet")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[128])
    parser.add_argument("--steps", type=int, default=96, help="of a round; a multiple of 32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", nargs="+", default=["float32"])
    arguments = where.parsed(parser, spreads=True)
    strategy = where.strategy(arguments)
    for batch_size in arguments.batch_size:
        measure(
            arguments.recipe,
            batch_size,
            arguments.steps,
            arguments.rounds,
            arguments.precision,
            strategy,
        )


def measure(
    name: str, batch_size: int, steps: int, rounds: int, precisions: list[str], strategy: Strategy
) -> None:
    """Print examples per second for each way."""
    import keras

    ways = [
        (jit, stride, precision)
        for precision in precisions
        for jit in (False, True)
        for stride in (1, 32)
    ]
    if strategy.num_replicas > 1 and keras.backend.backend() == "tensorflow":
        ways = [
            (jit, stride, precision) for jit, stride, precision in ways if not jit and stride == 1
        ]
    trainers = {way: trainer(name, batch_size, steps, *way, strategy) for way in ways}
    speeds: dict[tuple, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, made in trainers.items():
            seconds = epoch(made, number)
            if number:  # The first round compiles.
                speeds[way].append(batch_size * steps / seconds)
    for (jit, stride, precision), found in speeds.items():
        print(
            f"{name} on {keras.backend.backend()}, batch {batch_size}, {precision}: jit {jit}, "
            f"{stride} steps per call: {statistics.median(found):,.0f} examples/s",
            flush=True,
        )


def trainer(
    name: str,
    batch_size: int,
    steps: int,
    jit: bool,
    stride: int,
    precision: str,
    strategy: Strategy,
):
    """Make a trainer that is compiled in one way."""
    from kerasrecipes.training.trainer import Trainer

    recipe, splits, config = job(name, None, batch_size * steps, batch_size, epochs=1000)
    changes = {"jit": jit, "steps_per_execution": stride, "precision": precision}
    return Trainer(recipe, splits, replace_training(config, changes), strategy=strategy)


def replace_training(config, changes):
    """Give the configuration other settings of the trainer."""
    from dataclasses import replace

    return replace(config, training=config.training.with_settings(**changes))


def epoch(made, number: int) -> float:
    """Time an epoch."""
    from kerasrecipes.training import input_pipeline

    began = time.perf_counter()
    batches = made.strategy.feed(input_pipeline.train_batches(made.batches, number))
    made.model.fit(batches, steps_per_epoch=made.steps, verbose=0, shuffle=False)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
