"""The adapter to keras-tuner: its search methods, with what they lack for a search that can be
stopped at any moment.

An oracle proposes settings and learns from scores. Its state goes into one JSON-able value here, so
that it can be written in one piece: keras-tuner writes several files in place, and forgets where a
grid search was.

Every name that keras-tuner does not promise to keep is used in this module and in no other;
`tests/tuning/test_oracles.py` lists them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cmp_to_key
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner import oracles
from keras_tuner.engine.trial import Trial
from keras_tuner.src.engine.oracle import LOCKS, THREADS

from kerasrecipes.errors import unknown

METHODS = ("hyperband", "bayesian", "random", "grid")
# Trials where the user names no number; Hyperband's schedule says itself when it is done.
DEFAULT_TRIALS = 20
_NEVER = 10**9
_WORST = 1e30  # the score of a failed trial with Hyperband, with its sign; JSON has no infinity


def make(
    method: str,
    space: keras_tuner.HyperParameters,
    *,
    maximize: bool,
    epochs: int,
    trials: int | None,
    seed: int,
) -> keras_tuner.Oracle:
    """Return a new oracle.

    Args:
        method: one of `METHODS`.
        space: what is searched over.
        maximize: whether a higher score is better.
        epochs: of a whole training.
        trials: the most trials; Hyperband stops by itself.
        seed: of the proposals.

    Raises:
        UserError: if there is no such method.

    Reference:
        [Hyperband: A Novel Bandit-Based Approach to Hyperparameter
        Optimization](https://jmlr.org/papers/v18/16-558.html) (Li et al., 2018)
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    objective = keras_tuner.Objective("score", "max" if maximize else "min")
    # keras-tuner takes a seed of 0 for none at all. What has failed is ours to judge, so it must
    # never give up itself.
    general = {
        "objective": objective,
        "hyperparameters": space,
        "seed": seed + 1,
        "max_retries_per_trial": 0,
    }
    general |= {
        "max_consecutive_failed_trials": _NEVER,
        "allow_new_entries": True,
        "tune_new_entries": True,
    }
    if method == "hyperband":
        oracle = oracles.HyperbandOracle(max_epochs=epochs, factor=3, **general)
        _fit_schedule(oracle, trials)
    elif method == "bayesian":
        # keras-tuner draws three trials per dimension at random first, which would often be all of
        # them.
        first = max(3, min(3 * len(space.space), (trials or DEFAULT_TRIALS) // 3))
        oracle = oracles.BayesianOptimizationOracle(
            max_trials=trials, num_initial_points=first, **general
        )
    else:
        kind = oracles.RandomSearchOracle if method == "random" else oracles.GridSearchOracle
        oracle = kind(max_trials=trials, **general)
    oracle.verbose = 0
    # The scheduler writes the state, in one piece.
    oracle.save = oracle._save_trial = lambda *ignored: None
    return oracle


def _fit_schedule(oracle: Any, trials: int | None) -> None:
    """Begin Hyperband with the largest bracket that ends within the trials, so that some are
    trained to the end.
    """
    sizes = _bracket_sizes(oracle)
    fitting = [b for b, size in enumerate(sizes) if trials is None or size <= trials]
    oracle._current_bracket = max(fitting, default=0)
    oracle._brackets = []
    oracle._start_new_bracket()


def _bracket_sizes(oracle: Any) -> list[int]:
    """Return how many trials each of Hyperband's brackets has, those trained on counted again."""
    return [
        sum(oracle._get_size(bracket, rung) for rung in range(oracle._get_num_rounds(bracket)))
        for bracket in range(oracle._get_num_brackets())
    ]


def expected_trials(oracle: Any, most: int | None) -> int | None:
    """Return how many trials there will be, those that wait for others included.

    Args:
        oracle: the oracle.
        most: the limit that was given; `None` for no limit.

    Returns:
        Their number; `None` where it is not known.
    """
    if not isinstance(oracle, oracles.HyperbandOracle):
        return most
    whole = sum(_bracket_sizes(oracle))
    return min(whole, most) if most else whole


def parameters(values: Mapping[str, Any]) -> keras_tuner.HyperParameters:
    """Return values in the form in which trials carry them."""
    found = keras_tuner.HyperParameters()
    found.values = dict(values)
    return found


def create(oracle: Any, worker: str, left: int | None = None) -> Trial:
    """Return the trial that an oracle proposes.

    Args:
        oracle: the oracle.
        worker: who asks, unlike anyone whose trial has not ended.
        left: how many there may still be; `None` for no limit.

    Returns:
        A trial whose status is RUNNING, IDLE where others must end first, or STOPPED where none are
        left.
    """
    with warnings.catch_warnings(), _reserved(oracle, left):
        # Of the Gaussian process: with few trials some setting seems to matter not at all, or
        # without bound.
        warnings.filterwarnings(
            "ignore", "The optimal value found for dimension|lbfgs failed to converge"
        )
        if isinstance(oracle, oracles.BayesianOptimizationOracle):
            _settle(oracle)
        trial = _proposed(oracle, worker)
    if trial.status == "RUNNING" and isinstance(oracle, oracles.GridSearchOracle):
        # The oracle waits for a trial's end before it goes on from it, in case it finds new
        # settings; ours do not.
        oracle._populate_next.append(trial.trial_id)
    return trial


def begin_with(oracle: Any, trial: Trial, values: Mapping[str, Any]) -> None:
    """Replace the values of a proposed trial, and let the oracle know that these are tried.

    Args:
        oracle: the oracle.
        trial: that it proposed.
        values: by the name of the hyperparameter.
    """
    trial.hyperparameters.values.update(values)
    oracle._record_values(trial)


def _proposed(oracle: Any, worker: str) -> Trial:
    """Return the oracle's proposal, and release its lock, which it keeps when a proposal fails."""
    try:
        return oracle.create_trial(worker)
    except BaseException:
        if THREADS[oracle] == threading.current_thread().name:
            THREADS[oracle] = None
            LOCKS[oracle].release()
        raise


@contextmanager
def _reserved(oracle: Any, left: int | None) -> Iterator[None]:
    """Keep what is left for the trials that Hyperband's brackets still wait to train on.

    While those are awaited it would begin a further bracket, and with a limit their best would
    never be trained on.
    """
    hyperband = isinstance(oracle, oracles.HyperbandOracle)
    owed = sum(
        oracle._get_size(bracket["bracket_num"], number) - len(done)
        for bracket in (oracle._brackets if hyperband else ())
        for number, done in enumerate(bracket["rounds"])
    )
    if left is None or not 0 < left <= owed:
        yield
        return
    place = oracle._current_bracket, oracle._current_iteration
    # At the place of the last bracket of all it begins no other.
    oracle._current_bracket, oracle._current_iteration = 0, oracle.hyperband_iterations - 1
    try:
        yield
    finally:
        oracle._current_bracket, oracle._current_iteration = place


def _settle(oracle: Any) -> None:
    """Reseed an oracle, so that its next proposal follows from the seed and the trials alone, and a
    resumed search proposes the same.

    keras-tuner draws from a generator that it does not save, and guesses the scores of running
    trials by what it fitted in the proposal before.
    """
    oracle._random_state = np.random.RandomState(oracle.seed + len(oracle.trials))
    known = oracle.trials
    oracle.trials = {name: trial for name, trial in known.items() if trial.status == "COMPLETED"}
    try:
        if oracle.trials:
            oracle.gpr.fit(*oracle._vectorize_trials())
    finally:
        oracle.trials = known


def state(oracle: Any) -> dict[str, Any]:
    """Return everything an oracle knows, as JSON-able values."""
    return {
        "oracle": oracle.get_state(),
        "trials": [trial.get_state() for trial in oracle.trials.values()],
    }


def restore(oracle: Any, saved: Mapping[str, Any]) -> None:
    """Restore an oracle to a saved state; trials that were running stay so.

    Args:
        oracle: a new oracle of the same plan.
        saved: what `state` returned.
    """
    trials = [Trial.from_state(one) for one in saved["trials"]]
    oracle.trials = {trial.trial_id: trial for trial in trials}
    oracle.set_state(saved["oracle"])
    if not isinstance(oracle, oracles.GridSearchOracle):
        return

    def compare(one: Trial, other: Trial) -> int:
        return oracle._compare(one.hyperparameters.values, other.hyperparameters.values)

    # The grid's place: its trials in order, each asked once more for its successor. One whose
    # successor was tried already is passed over by the oracle itself.
    ordered = sorted(oracle.trials.values(), key=cmp_to_key(compare))
    for trial in ordered:
        oracle._ordered_ids.insert(trial.trial_id)
    oracle._populate_next = [trial.trial_id for trial in ordered]


def end(oracle: Any, trial_id: str, score: float | None) -> None:
    """Pass a trial's score, or that it failed, to an oracle.

    Args:
        oracle: the oracle.
        trial_id: the trial.
        score: `None` where it failed.
    """
    trial = oracle.trials[trial_id]
    if score is None and isinstance(oracle, oracles.HyperbandOracle):
        # A failed trial would leave a gap that its bracket waits for without end; so it takes part,
        # as the worst.
        score = -_WORST if oracle.objective.direction == "max" else _WORST
    if score is not None:
        oracle.update_trial(trial_id, {"score": score})
    trial.status = "COMPLETED" if score is not None else "FAILED"
    oracle.end_trial(trial)
