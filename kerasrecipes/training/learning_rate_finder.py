"""Learning-rate range test: the loss of a short training whose learning rate rises step by step.

The rate grows exponentially from far too small to far too large. Where it is too small the loss
does not move, then it falls, and at last it diverges; the rate to train with is the one at which
the loss falls fastest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.config import Config
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import input_pipeline
from kerasrecipes.training.job import Job

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 140  # 20 rates to each power of ten
WIDTH = 4.0  # standard deviation of the smoothing, in steps: a fifth of a power of ten
RECENT = 5  # steps over which the loss is averaged to see whether it diverges
DIVERGED = 4.0  # times the lowest loss, above which no larger rate is tried
LEAST_FALL = 0.02  # of the first loss; what falls less has not been trained


@dataclass(frozen=True)
class RangeTest:
    """Loss at each learning rate, and the rate that is proposed.

    Args:
        rates: the learning rates that were tried, `(steps,)`, ascending.
        losses: the training loss of each step's batch, `(steps,)`.
        smoothed: the same without the noise of single batches, `(steps,)`.
        proposed: the rate at which the smoothed loss falls fastest; `None` where it does not fall.
        phase: name of the phase that was tried, of a training that has several.
        notes: sentences about the data.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    proposed: float | None
    phase: str | None = None
    notes: tuple[str, ...] = ()


class _LossOfEachStep(keras.callbacks.Callback):
    """Losses of single batches, until they diverge."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Forget the earlier steps, over which Keras averages the loss."""
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Take down the loss, and stop where it has diverged."""
        loss = float((logs or {}).get("loss", math.nan))
        if not math.isfinite(loss):
            self.model.stop_training = True
            return
        self.losses.append(loss)
        if len(self.losses) < 2 * RECENT:
            return
        # A single batch may be hard.
        means = np.convolve(self.losses, np.ones(RECENT) / RECENT, "valid")
        lowest, first, last = means.min(), means[0], means[-1]
        # Where the loss is almost nothing, a multiple of it is noise.
        if last - lowest > max((DIVERGED - 1) * abs(lowest), (first - lowest) / 2, 1e-8):
            self.model.stop_training = True


def find_learning_rate(
    recipe: Recipe,
    config: Config,
    strategy: Strategy | None = None,
    observers: Sequence[keras.callbacks.Callback] = (),
) -> RangeTest:
    """Try all learning rates in one short training, of which nothing is kept.

    A training in phases is tried in its first one, such as that of the head. The same seed gives
    the same result.

    Args:
        recipe: the recipe.
        config: its settings; learning rate, schedule and warm-up are those of the test instead.
        strategy: how the work is spread over devices; by default the configuration's.
        observers: callbacks that show the progress.

    Returns:
        The losses and the proposed rate.

    Raises:
        UserError: if the model is not trained by one optimizer that follows gradients, or its loss
            is not finite from the beginning.

    Reference:
        [Cyclical Learning Rates for Training Neural Networks](https://arxiv.org/abs/1506.01186)
        (Smith, 2017)
    """
    changes: dict[str, Any] = {"schedule": "constant", "warmup_epochs": 0.0, "diagnose": False}
    training = config.training.with_settings(
        **changes, learning_rate=LOWEST, steps_per_execution=1, tensorboard=False
    )
    job = Job(recipe, replace(config, training=training), strategy=strategy)
    trainer = job.load().first_phase(observers)
    optimizer = getattr(trainer.model.optimizer, "inner_optimizer", trainer.model.optimizer)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise UserError("the learning-rate range test needs a model with one optimizer")
    optimizer.learning_rate = keras.optimizers.schedules.ExponentialDecay(
        LOWEST, STEPS - 1, HIGHEST / LOWEST
    )
    seen = _LossOfEachStep()
    trainer.model.fit(
        trainer.strategy.feed(input_pipeline.train_batches(trainer.batches, 0, 0)),
        # Over as many epochs as that takes.
        steps_per_epoch=STEPS,
        callbacks=[seen],
        shuffle=False,
        verbose=0,
    )
    if not seen.losses:
        raise UserError(f"the loss is not finite at a learning rate of {LOWEST:g} already")
    rates = LOWEST * (HIGHEST / LOWEST) ** (np.arange(len(seen.losses)) / (STEPS - 1))
    losses = np.array(seen.losses)
    smoothed = smooth(losses)
    return RangeTest(
        rates, losses, smoothed, propose(rates, smoothed), trainer.phase, job.splits.notes
    )


def smooth(losses: np.ndarray, width: float = WIDTH) -> np.ndarray:
    """Average each loss with its neighbours, by a Gaussian.

    Args:
        losses: of each step, `(steps,)`.
        width: standard deviation of the Gaussian, in steps.

    Returns:
        `(steps,)`; at both ends the neighbours that there are count.
    """
    steps = np.arange(len(losses))
    weights = np.exp(-(((steps[:, None] - steps) / width) ** 2) / 2)
    return weights @ losses / weights.sum(axis=1)


def propose(rates: np.ndarray, smoothed: np.ndarray) -> float | None:
    """Propose the learning rate at which the loss falls fastest.

    Args:
        rates: ascending, equally far apart on a logarithmic scale.
        smoothed: the loss at each of them.

    Returns:
        The rate to two digits; `None` where the loss does not fall.
    """
    lowest = int(smoothed.argmin())
    if smoothed[0] - smoothed[lowest] < LEAST_FALL * abs(smoothed[0]) or lowest < 2:
        return None
    slopes = np.gradient(smoothed[: lowest + 1])
    return float(f"{rates[int(slopes.argmin())]:.1e}")
