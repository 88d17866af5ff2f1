"""Temporal differences: what a value network says of a state, and what the next moves say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

Values = Callable[[Any], Any]  # from observations to a value for each action


def errors(online: Values, target: Values, batch: Mapping[str, Any], *, double: bool) -> Any:
    """Compute the errors of action values by what the next moves brought.

    Args:
        online: the network that learns.
        target: its older copy, which says what comes after the last move.
        batch: entries of `kerasrecipes.data.replay.Transitions`, by name.
        double: whether the network that learns names the best action after the last move, and the
            copy only values it; else the copy does both, and so prefers what it overrates.

    Returns:
        `(batch,)`, value minus target; no gradient flows through the target.

    Reference:
        - [Human-level control through deep reinforcement
          learning](https://doi.org/10.1038/nature14236) (Mnih et al., 2015)
        - [Deep Reinforcement Learning with Double Q-learning](https://arxiv.org/abs/1509.06461)
          (van Hasselt et al., 2016)
    """
    later = target(batch["after"])
    best = ops.argmax(online(batch["after"]) if double else later, axis=-1)
    bootstrap = _chosen(later, best)
    wanted = ops.stop_gradient(batch["rewards"] + batch["discounts"] * bootstrap)
    return _chosen(online(batch["seen"]), batch["actions"]) - wanted


def huber(found: Any, weights: Any) -> Any:
    """Return the weighted mean of the errors' Huber loss, quadratic up to 1 and linear beyond.

    Args:
        found: `(batch,)`, errors.
        weights: `(batch,)`.
    """
    size = ops.abs(found)
    return ops.mean(weights * ops.where(size < 1, 0.5 * size**2, size - 0.5))


def _chosen(values: Any, actions: Any) -> Any:
    return ops.sum(values * ops.one_hot(actions, values.shape[-1], dtype=values.dtype), axis=-1)
