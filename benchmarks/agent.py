"""Moves a second of the agent's loop, beside a loop that acts in one environment move by move.

    python -m benchmarks.agent --moves 4000

Both act in the pole on a cart and take a gradient step on 128 transitions for every ten moves. The
plain loop does as single-file implementations do: one environment, a call of the network for each
move and a call of the optimizer for each update, on the same framework. They take turns; the table
has the median over rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import where

SIZE, EVERY = 128, 10  # transitions of an update, and moves for each


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=4000, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=int, nargs="+", default=[1, 8, 16, 64])
    arguments = where.parsed(parser)
    ways: dict[str, Callable[[int], None]] = {"one environment, calls of Keras": plain()}
    for count in arguments.environments:
        ways[f"{count} side by side, compiled"] = compiled(count)
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(arguments.rounds + 1):
        for name, play in ways.items():
            began = time.perf_counter()
            play(arguments.moves)
            if number:  # the first compiles and fills the replay
                speeds[name].append(arguments.moves / (time.perf_counter() - began))
    print("| loop | moves/s (median, least and most) |\n|---|---|")
    for name, found in speeds.items():
        low, high = min(found), max(found)
        print(f"| {name} | {statistics.median(found):,.0f} ({low:,.0f} to {high:,.0f}) |")


def network() -> Any:
    """Return a compiled network for the pole on a cart."""
    import keras

    from kerasrecipes.models.q_network import q_network

    model = q_network((4,), 2, units=120, duelling=False)
    model.compile(keras.optimizers.Adam(2.5e-4), loss="huber")
    return model


def job() -> Any:
    """Return as much of a training as an agent asks for."""
    from kerasrecipes.environments.cart_pole import CartPole

    training = SimpleNamespace(seed=0, batch_size=SIZE)
    return SimpleNamespace(model=network(), environment=CartPole(), training=training, state={})


def compiled(environments: int) -> Callable[[int], None]:
    """Return the loop of the package's agent."""
    from kerasrecipes.data.replay import Replay
    from kerasrecipes.training.reinforcement_learning import Agent

    one = job()
    replay = Replay(one.state, capacity=-(-10_000 // environments))
    agent = Agent(one, environments=environments, replay=replay, double=False)
    random = np.random.default_rng(0)

    def play(moves: int) -> None:
        due = 0.0
        for _ in range(moves // environments):
            agent.move(0.1, random)
            due += environments / EVERY
            # Those of several moves in one call, as far as one move asks for several.
            if due >= 1 and agent.moves > SIZE:
                agent.learn(int(due), random, 1.0)
                due -= int(due)

    return play


def plain() -> Callable[[int], None]:
    """Return a loop of one environment that calls the network's own methods."""
    import keras

    from kerasrecipes.data.replay import Replay
    from kerasrecipes.environments.cart_pole import CartPole

    model = network()
    target = keras.models.clone_model(model)
    episodes, slot = CartPole().episodes(1), np.arange(1)
    replay, random = Replay({}, capacity=10_000), np.random.default_rng(0)
    seeds = iter(range(10**9))
    begin = partial(episodes.begin, slot)
    begin(np.array([next(seeds)], np.uint64))

    def play(moves: int) -> None:
        for number in range(moves):
            seen = episodes.observe(slot)
            values = keras.ops.convert_to_numpy(model(seen))
            action = values.argmax(axis=1) if random.random() > 0.1 else random.integers(0, 2, 1)
            came = episodes.step(slot, action)
            ended = came.ended
            replay.add(
                seen=seen,
                actions=action.astype(np.int32),
                rewards=came.rewards,
                after=episodes.observe(slot),
                terminated=came.terminated,
                ended=ended,
            )
            if ended[0]:
                begin(np.array([next(seeds)], np.uint64))
            if number % EVERY == 0 and replay.rows > SIZE:
                batch = replay.transitions(replay.draw(SIZE, random, 1.0))
                later = keras.ops.convert_to_numpy(target(batch.after)).max(axis=1)
                wanted = np.array(keras.ops.convert_to_numpy(model(batch.seen)))
                wanted[np.arange(SIZE), batch.actions] = batch.rewards + batch.discounts * later
                model.train_on_batch(batch.seen, wanted)

    return play


if __name__ == "__main__":
    main()
