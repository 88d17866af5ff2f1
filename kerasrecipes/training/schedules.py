"""Learning rate schedules: warm-up, and the schedules of `--schedule`."""

from __future__ import annotations

from typing import Any

import keras
from keras.optimizers import schedules

from kerasrecipes.training_settings import Training


@keras.saving.register_keras_serializable(package="kerasrecipes")
class WarmUp(schedules.LearningRateSchedule):
    """Learning rate that rises linearly from zero, then follows another schedule.

    Args:
        after: the learning rate after the warm-up, a number or a schedule that begins at its end.
        steps: length of the warm-up in steps.

    Reference:
        [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677) (Goyal et al., 2017)
    """

    def __init__(self, after: float | schedules.LearningRateSchedule, steps: int):
        super().__init__()
        self.after = after
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at a step, from 0."""
        ops = keras.ops
        step = ops.cast(step, "float32")
        # Both branches of `where` are computed: without this bound the schedule gets negative
        # steps.
        later = ops.maximum(step - self.steps, 0.0)
        peak = self.after(0) if callable(self.after) else self.after
        settled = self.after(later) if callable(self.after) else self.after
        # One is added, as a first step at rate 0 would be lost.
        return ops.where(step < self.steps, peak * (step + 1.0) / max(1, self.steps), settled)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, as Keras saves them."""
        after: Any = self.after
        if isinstance(after, schedules.LearningRateSchedule):
            after = keras.saving.serialize_keras_object(after)
        return {"after": after, "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> WarmUp:
        """Create the schedule from `get_config`."""
        after = config["after"]
        if isinstance(after, dict):
            after = keras.saving.deserialize_keras_object(after)
        return cls(after, config["steps"])


@keras.saving.register_keras_serializable(package="kerasrecipes")
class InverseSquareRoot(schedules.LearningRateSchedule):
    """Learning rate that falls with one over the root of the steps, counted from a warm-up's begin.

    Args:
        rate: the learning rate at the end of the warm-up.
        warmup: length of the warm-up in steps, after which this schedule begins.

    Reference:
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017)
    """

    def __init__(self, rate: float, warmup: int):
        super().__init__()
        self.rate, self.warmup = rate, max(1, warmup)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at a step after the warm-up, from 0."""
        step = keras.ops.cast(step, "float32")
        return self.rate * keras.ops.sqrt(self.warmup / (self.warmup + step))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, as Keras saves them."""
        return {"rate": self.rate, "warmup": self.warmup}


def make_schedule(
    training: Training, steps_per_epoch: int
) -> float | schedules.LearningRateSchedule:
    """Create the learning rate that the settings ask for.

    Args:
        training: `schedule`, `learning_rate`, `warmup_epochs` and `epochs` are read.
        steps_per_epoch: steps in an epoch.

    Returns:
        A number where it is constant or changed by a callback (`plateau`), else a schedule over
        steps: `cosine` falls to zero, `step` to a tenth at half and again at three quarters of the
        steps, `exponential` smoothly to a hundredth, `inverse_sqrt` with one over the root of the
        steps, to the half at four times the warm-up.
    """
    rate, total = training.learning_rate, training.epochs * steps_per_epoch
    warmup = warmup_steps(training, steps_per_epoch)
    # The schedule begins after the warm-up, and ends with the training.
    rest = max(1, total - warmup)
    after = {
        "constant": lambda: rate,
        "plateau": lambda: rate,
        "cosine": lambda: schedules.CosineDecay(rate, rest),
        "step": lambda: schedules.PiecewiseConstantDecay(
            [rest // 2, rest * 3 // 4], [rate, rate / 10, rate / 100]
        ),
        "exponential": lambda: schedules.ExponentialDecay(rate, rest, 0.01),
        "inverse_sqrt": lambda: InverseSquareRoot(rate, warmup),
    }[training.schedule]()
    # For plateau a callback warms up: it can only change a rate that is a variable.
    return WarmUp(after, warmup) if warmup and training.schedule != "plateau" else after


def warmup_steps(training: Training, steps_per_epoch: int) -> int:
    """Return the number of warm-up steps.

    Args:
        training: its `warmup_epochs` may be a fraction.
        steps_per_epoch: steps in an epoch.
    """
    return round(training.warmup_epochs * steps_per_epoch)
