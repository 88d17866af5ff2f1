"""Settings of the trainer, the same for all recipes, and the phases that a training may have."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from kerasrecipes import settings
from kerasrecipes.conversion import Duration
from kerasrecipes.errors import RenamedWarning

if TYPE_CHECKING:
    import keras

Optimizer = Literal[
    "sgd", "momentum", "nag", "adagrad", "rmsprop", "adam", "adamw", "lion", "lbfgs"
]
Schedule = Literal["constant", "cosine", "step", "exponential", "inverse_sqrt", "plateau"]
Keep = Literal["best", "last"]
TrackerName = Literal["mlflow", "wandb"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]

MIN_DIAGNOSED_STEPS = 30  # with fewer steps the curves of a training say nothing


def _setting(
    default: Any,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
) -> Any:
    return field(
        default=default,
        metadata={"help": help, "minimum": minimum, "maximum": maximum, "above": above},
    )


@dataclass(frozen=True, kw_only=True)
class Training:
    """Settings of the trainer, the same for all recipes.

    Each field is a flag of `kerasrecipes run` (`clip_norm` is `--clip-norm`) and a line of
    `config.toml`.

    Raises:
        UserError: if a value is not of its kind or out of its range.
    """

    epochs: int = _setting(10, "passes over the training examples", 1)
    batch_size: int | Literal["all"] = _setting(
        32, "examples per step, over all devices; 'all' is one batch", 1
    )
    accumulate: int = _setting(
        1, "gradient accumulation: batches whose gradients make one update of the weights", 1
    )
    time: Duration | None = _setting(
        None, "limit of the training time, such as 20m or 1h30m, kept by whole epochs", above=0
    )
    optimizer: Optimizer = _setting("adam", "optimizer that updates the weights")
    learning_rate: float = _setting(1e-3, "learning rate, the peak of its schedule", above=0)
    momentum: float = _setting(0.9, "momentum of the optimizers momentum and nag", 0, 1)
    schedule: Schedule = _setting(
        "constant", "learning rate schedule; plateau lowers the rate when the monitor stalls"
    )
    warmup_epochs: float = _setting(0.0, "epochs of linear warm-up of the learning rate", 0)
    clip_norm: float | None = _setting(None, "maximum global norm of the gradients", above=0)
    clip_value: float | None = _setting(None, "maximum absolute value of a gradient", above=0)
    weight_decay: float | None = _setting(
        None, "decoupled weight decay, per step and learning rate", 0
    )
    ema: float | None = _setting(
        None, "momentum of the moving average of the weights, which becomes the model", 0, 0.999999
    )
    swa: float | None = _setting(
        None,
        "stochastic weight averaging: the first epoch whose weights are averaged, or below 1 the "
        "share of the epochs before it; the average becomes the model",
        0,
    )
    keep: Keep = _setting(
        "best", "weights that become the model: of the best epoch by the monitor, or of the last"
    )
    patience: int | None = _setting(
        None, "epochs without improvement of the monitor before early stopping", 1
    )
    monitor: str = _setting(
        "val_loss", "metric that early stopping, plateau and the choice of the best epoch watch"
    )
    precision: Precision = _setting("auto", "dtype policy of the layers; auto is chosen by device")
    jit: bool | None = _setting(
        None, "whether the training step is compiled by XLA; by default chosen by device"
    )
    steps_per_execution: int | None = _setting(
        None, "training steps per call of the device; by default chosen by device", 1
    )
    seed: int = _setting(0, "random seed of initial weights, shuffling and dropout", 0, 2**32 - 1)
    split_seed: int = _setting(
        0, "random seed of drawn splits, so that other seeds are judged on the same examples", 0
    )
    deterministic: bool = _setting(
        False, "whether to refuse operations whose result can differ from run to run"
    )
    checkpoint_seconds: float = _setting(30.0, "seconds between checkpoints within an epoch", 0)
    diagnose: bool = _setting(True, "whether to diagnose the training and propose remedies")
    class_weight: Literal["balanced"] | None = _setting(
        None, "weight of each class in the loss; balanced is inverse to its training examples"
    )
    tensorboard: bool = _setting(
        False, "whether to write TensorBoard logs (needs the extra [tensorboard])"
    )
    profile: bool = _setting(
        False, "whether to trace a few steps and to say where the time of a step goes"
    )
    tracker: TrackerName | None = _setting(
        None, "experiment tracker that gets the run, offline too (needs the extra of its name)"
    )

    def __post_init__(self):
        """Refuse a value that is not of its kind or out of its range."""
        for item in settings.of_dataclass(type(self)):
            object.__setattr__(self, item.name, item.check(getattr(self, item.name)))

    def with_settings(self, **changes: Any) -> Training:
        """Return a copy with some settings replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Phase of a training, in which a part of the model learns.

    Args:
        name: of the phase, for its checkpoints.
        training: the trainer's settings in it; `epochs` counts those of this phase.
        frozen_up_to: name of the layer up to which the model is frozen in this phase: its outputs
            are computed once, cached on disk for later epochs and later runs, and the rest of the
            model is trained on them.
        augmented: whether inputs differ from epoch to epoch, so that no outputs can be cached.
        wrap_model: from the model to the one that is trained in its place, such as the same layers
            after augmentation; called where the inputs are augmented.
        layer_rates: factors of the learning rate by layer; 1 of all others.
        kept: earlier name of `frozen_up_to`.
        varied: earlier name of `augmented`.
        wrap: earlier name of `wrap_model`.
    """

    name: str
    training: Training
    frozen_up_to: str | None = None
    augmented: bool = False
    wrap_model: Callable[[keras.Model], keras.Model] | None = None
    layer_rates: Mapping[str, float] = field(default_factory=dict)
    kept: InitVar[str | None] = None
    varied: InitVar[bool | None] = None
    wrap: InitVar[Callable[[keras.Model], keras.Model] | None] = None

    def __post_init__(self, kept: Any, varied: Any, wrap: Any) -> None:
        """Accept the keywords of earlier versions."""
        for earlier, name, value in (
            ("kept", "frozen_up_to", kept),
            ("varied", "augmented", varied),
            ("wrap", "wrap_model", wrap),
        ):
            if value is not None:
                message = f"'{earlier}' of a Phase is called '{name}' now"
                warnings.warn(message, RenamedWarning, stacklevel=3)
                object.__setattr__(self, name, value)
