"""What a trained agent reaches beside chance, a simple rule and the best there is, and its play."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Film
from kerasrecipes.environments.environment import Environment, Policy, film, play, random_policy
from kerasrecipes.errors import UserError
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import assembly
from kerasrecipes.training.compiled_updates import compiled_outputs
from kerasrecipes.training.reinforcement_learning import VALIDATION_SEED

TEST_SEED = 5 * 10**8  # of the first test episode; trainings and validations have others
EPISODES = 100
_MOST_FRAMES = 900  # of a film, beyond which moves are left out of it
_MOST_EPISODES = 1000


def greedy(model: Any) -> Policy:
    """Return the policy of a trained network: the action of the highest value.

    Args:
        model: from observations to a value for each action.
    """
    values = compiled_outputs(plain_model(model))
    return lambda seen: values(seen).argmax(axis=1)


def perform(
    run: Any, inputs: Sequence[str | Path | bytes] = (), *, episodes: int = 1, seed: int = 0
) -> list[Answer]:
    """Let an agent play, without exploration.

    Args:
        run: has the trained `model`, and names the environment.
        inputs: none; an agent acts in its own world.
        episodes: number of episodes.
        seed: of the first episode; the others follow it.

    Returns:
        A `Film` of all episodes, one after the other, with their returns.

    Raises:
        UserError: if there are inputs, an option is out of range, or the world cannot be drawn.
    """
    if inputs:
        raise UserError(
            f"an agent plays without inputs; received {len(inputs)}, leave them out: --episodes 3"
        )
    if not 1 <= episodes <= _MOST_EPISODES or not 0 <= seed < 10**8:
        raise UserError(
            f"--episodes is from 1 to {_MOST_EPISODES}, --seed from 0; received {episodes}, {seed}"
        )
    environment = assembly.load_splits(run.recipe, run.config).environment
    policy = greedy(run.model)
    played = [film(environment, policy, seed + number) for number in range(episodes)]
    frames = [frame for shown, _ in played for frame in shown]
    every = -(-len(frames) // _MOST_FRAMES)
    returns = [round(total, 4) for _, total in played]
    details: dict[str, Any] = {"mean_return": float(np.mean(returns)), "returns": returns}
    moves = [len(shown) - 1 for shown, _ in played]
    return [Film(frames=np.stack(frames[::every]), details={**details, "moves": moves})]


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Let an agent play episodes without exploration, beside chance, rule and optimum.

    Args:
        evaluation: has the trained model and the environment.

    Returns:
        `mean_return` and its `return_spread` (standard deviation) over episodes, `mean_length`; the
        same `mean_return` after `baseline_` (actions by chance), `rule_` (the world's simple rule)
        and `best_` (what no agent can pass), where there are such.
    """
    environment = evaluation.environment
    played = play(environment, greedy(evaluation.model), seeds_of(evaluation))
    return {
        "mean_return": float(played.returns.mean()),
        "return_spread": float(played.returns.std()),
        "mean_length": float(played.lengths.mean()),
        **_compared(environment, seeds_of(evaluation)),
    }


def seeds_of(evaluation: Evaluation) -> np.ndarray:
    """Return the seeds of the episodes that judge an agent; the test split has its own."""
    first = VALIDATION_SEED if evaluation.split == "validation" else TEST_SEED
    return first + np.arange(EPISODES)


def random_agent(evaluation: Evaluation) -> Baseline:
    """Return the baseline: actions by chance.

    Args:
        evaluation: has the environment.
    """
    found = _compared(evaluation.environment, seeds_of(evaluation))
    return Baseline("actions by chance", metrics={"mean_return": found["baseline_mean_return"]})


def _compared(environment: Environment, seeds: np.ndarray) -> dict[str, float]:
    by_chance = play(environment, random_policy(len(environment.actions), 0), seeds)
    found = {"baseline_mean_return": float(by_chance.returns.mean())}
    if environment.rule:
        found["rule_mean_return"] = float(play(environment, None, seeds).returns.mean())
    best = environment.best_return()
    return found if best is None else {**found, "best_mean_return": best}
