"""Deep Q-learning: the loop in which an agent acts, remembers and learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from kerasrecipes.data.replay import Replay
from kerasrecipes.environments.environment import Environment, play
from kerasrecipes.errors import UserError
from kerasrecipes.losses import temporal_difference
from kerasrecipes.ranges import Count, CountOrZero, Probability, Share
from kerasrecipes.training.compiled_updates import CompiledUpdates
from kerasrecipes.training.own_loop import Loop

VALIDATION_SEED = 10**9  # of the first episode by which the best epoch is chosen
_LATEST = 20  # training episodes whose mean return is logged
_CORRECTION = 0.4  # of priorities by weights at the beginning; all of it at the end


def greedy(updates: Any, seen: np.ndarray) -> np.ndarray:
    """Return the actions of the highest value, `(episodes,)`.

    Args:
        updates: has the network's `outputs`.
        seen: observations, `(episodes, …)`.
    """
    best: np.ndarray = updates.outputs(seen).argmax(axis=1)
    return best


def learn(
    job: Loop,
    *,
    steps_per_epoch: Count = 10,
    environments: Count = 16,
    moves_per_step: Count = 50,
    updates_per_step: Count = 50,
    discount: Probability = 0.97,
    double: bool = True,
    n_step: Count = 5,
    prioritised: Share = 0.6,
    capacity: Count = 20_000,
    learning_starts: CountOrZero = 1000,
    target_steps: Count = 2,
    exploration: Probability = 0.1,
    exploration_share: Probability = 0.9,
    validation_episodes: Count = 50,
) -> Iterator[Mapping[str, float]]:
    """Act in several episodes at once, and learn from what was seen in all of them.

    Args:
        job: the training.
        steps_per_epoch: steps of an epoch, between which the training can be saved.
        environments: number of episodes that are played side by side.
        moves_per_step: moves that a step makes in each of them.
        updates_per_step: gradient steps that are taken between these moves.
        discount: of a reward for each move that it lies ahead.
        double: whether the network names the best next action and its older copy only values it
            (double Q-learning), so that what is overrated is not preferred.
        n_step: moves whose rewards are counted before the rest is estimated.
        prioritised: exponent of priorities by which transitions of large error are drawn more
            often; 0 draws all equally often.
        capacity: number of transitions that the replay keeps.
        learning_starts: number of moves by chance before the first gradient step.
        target_steps: steps after which the older copy is renewed.
        exploration: share of actions by chance at the end; it falls from 1.
        exploration_share: part of the training in which it falls.
        validation_episodes: number of episodes without exploration by which an epoch is judged.

    Yields:
        After each epoch `loss`; `mean_return` without exploration, on episodes of their own;
        `training_return` of the latest training episodes; `exploration`; `episodes` so far.
    """
    if not isinstance(job.training.batch_size, int):
        raise UserError("an agent's examples have no end: --batch-size takes a number, not 'all'")
    agent = Agent(
        job,
        environments=environments,
        replay=Replay(
            job.state,
            capacity=-(-capacity // environments),
            moves=n_step,
            discount=discount,
            exponent=prioritised,
        ),
        double=double,
    )
    steps = steps_per_epoch * job.training.epochs
    for epoch in job.epochs():
        for step in job.steps():
            done = epoch * steps_per_epoch + step
            losses = job.state["losses"] if step else []
            job.state["losses"] = losses
            random = job.random(epoch, step)
            share = done / max(1, exploration_share * steps)
            rate = max(exploration, 1 - (1 - exploration) * share)
            for move in range(moves_per_step):
                early = agent.moves < learning_starts
                agent.move(1.0 if early else rate, random)
                before, after = (m * updates_per_step // moves_per_step for m in (move, move + 1))
                if not early and after > before and len(agent.replay):
                    correction = _CORRECTION + (1 - _CORRECTION) * done / steps
                    losses.append(agent.learn(after - before, random, correction))
            if (done + 1) % target_steps == 0:
                agent.updates.freeze()
            agent.keep()
        yield {
            "loss": float(np.mean(losses)) if losses else 0.0,
            "mean_return": agent.judged(validation_episodes),
            "training_return": agent.latest,
            "exploration": rate,
            "episodes": float(len(job.state["returns"])),
        }


class Agent:
    """An agent in training: its episodes, its replay, its network and the older copy.

    What lasts from step to step stands in the loop's `state`, and so in every checkpoint.

    Args:
        job: the training.
        environments: episodes that are played side by side.
        replay: what it remembers.
        double: whether Q-learning is double.
    """

    def __init__(self, job: Loop, *, environments: int, replay: Replay, double: bool):
        self.job, self.replay, self.state = job, replay, job.state
        self.environment: Environment = job.environment
        self.size = int(job.training.batch_size)
        self.slots = np.arange(environments)
        self.episodes = self.environment.episodes(environments)
        self.updates = CompiledUpdates(job.model, partial(_loss, double=double))
        if "returns" in self.state:
            self._go_on()
        else:
            # Return, and number of the move at its end, of each training episode.
            self.state |= {"returns": np.zeros(0), "ends": np.zeros(0, np.int64), "begun": 0}
            self.state["running"] = np.zeros(environments)  # returns so far
            self._begin(self.slots)

    def _go_on(self) -> None:
        """Take up everything where the checkpoint left it."""
        prefix = "episodes_"
        self.episodes.restore(
            {n[len(prefix) :]: v for n, v in self.state.items() if n.startswith(prefix)}
        )
        names = sorted(name for name in self.state if name.startswith("target_"))
        self.updates.frozen.set_weights([self.state[name] for name in names])

    def keep(self) -> None:
        """Put into the state what is no part of it yet."""
        self.state |= {f"episodes_{n}": value for n, value in self.episodes.state().items()}
        weights = self.updates.frozen.get_weights()
        self.state |= {f"target_{n:03d}": np.array(value) for n, value in enumerate(weights)}

    @property
    def moves(self) -> int:
        """Moves that were made so far, in all episodes together."""
        return self.replay.rows * len(self.slots)

    @property
    def latest(self) -> float:
        """Mean return of the latest training episodes; of those that run, while none has ended."""
        ended = self.state["returns"][-_LATEST:]
        return float((ended if len(ended) else self.state["running"]).mean())

    def _begin(self, slots: np.ndarray) -> None:
        first = self.state["begun"] + VALIDATION_SEED * (1 + self.job.training.seed) * 2
        self.episodes.begin(slots, np.arange(first, first + len(slots), dtype=np.uint64))
        self.state["begun"] += len(slots)
        self.state["running"][slots] = 0

    def move(self, exploration: float, random: np.random.Generator) -> None:
        """Make a move in every episode, remember it, and begin anew those that ended.

        Args:
            exploration: share of actions by chance.
            random: draws.
        """
        seen = self.episodes.observe(self.slots)
        actions = random.integers(0, len(self.environment.actions), len(self.slots))
        if exploration < 1:
            # By chance one or the other, decided for each episode.
            chosen = random.random(len(self.slots)) >= exploration
            actions = np.where(chosen, greedy(self.updates, seen), actions)
        moves = self.episodes.step(self.slots, actions)
        self.replay.add(
            seen=seen,
            actions=actions.astype(np.int32),
            rewards=moves.rewards,
            # Before an episode begins anew, or its last observation would be another's first.
            after=self.episodes.observe(self.slots),
            terminated=moves.terminated,
            ended=moves.ended,
        )
        self.state["running"] += moves.rewards
        if len(over := self.slots[moves.ended]):
            returns, ends = self.state["running"][over], np.full(len(over), self.moves)
            self.state["returns"] = np.append(self.state["returns"], returns)
            self.state["ends"] = np.append(self.state["ends"], ends)
            self._begin(over)

    def learn(self, steps: int, random: np.random.Generator, correction: float) -> float:
        """Take gradient steps on transitions from the replay, in one compiled call.

        Args:
            steps: their number.
            random: draws.
            correction: of priorities by weights.

        Returns:
            The mean loss.
        """
        drawn = self.replay.draw(steps * self.size, random, correction)
        batch = self.replay.transitions(drawn)._asdict()
        shape = (steps, self.size)
        batch = {name: value.reshape(*shape, *value.shape[1:]) for name, value in batch.items()}
        # Planes and pixels are remembered as bytes.
        batch |= {name: batch[name].astype(np.float32) for name in ("seen", "after")}
        losses, errors = self.updates(batch)
        if self.replay.exponent:
            self.replay.set_errors(drawn, errors.ravel())
        return float(losses.mean())

    def judged(self, episodes: int) -> float:
        """Return the mean return without exploration, on episodes that no training has seen.

        Args:
            episodes: their number.
        """
        seeds = VALIDATION_SEED + np.arange(episodes)
        return float(play(self.environment, partial(greedy, self.updates), seeds).returns.mean())


def _loss(online: Any, frozen: Any, batch: Mapping[str, Any], *, double: bool) -> tuple[Any, Any]:
    errors = temporal_difference.errors(online, frozen, batch, double=double)
    return temporal_difference.huber(errors, batch["weights"]), errors
