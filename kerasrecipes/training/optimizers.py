"""Optimizers by name."""

from __future__ import annotations

import functools
from typing import Any

import keras

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.training.lbfgs import LBFGS
from kerasrecipes.training_settings import Training

OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "momentum": keras.optimizers.SGD,
    "nag": keras.optimizers.SGD,
    "adagrad": keras.optimizers.Adagrad,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "lion": keras.optimizers.Lion,
    "lbfgs": LBFGS,
}

# Weight decay pulls towards zero, where a bias or the scale and offset of a normalization should
# not be.
UNDECAYED = ["bias", "gamma", "beta", "scale", "offset"]


def make_optimizer(
    training: Training, learning_rate: Any = None, **arguments: Any
) -> keras.optimizers.Optimizer:
    """Create the optimizer that the settings ask for.

    Args:
        training: the settings; `clip_norm` bounds the norm of all gradients together.
        learning_rate: a number or a schedule; by default the settings' number.
        **arguments: of the Keras optimizer, such as `beta_1`.

    Returns:
        A new optimizer; create it inside the strategy's scope.

    Raises:
        UserError: if there is no optimizer of that name, or it does not take an argument.
    """
    name = training.optimizer
    if name not in OPTIMIZERS:
        raise unknown("optimizer", name, OPTIMIZERS)
    options: dict[str, Any] = {
        "learning_rate": training.learning_rate if learning_rate is None else learning_rate
    }
    if name in ("momentum", "nag"):
        options.update(momentum=training.momentum, nesterov=name == "nag")
    if training.clip_norm is not None:
        options["global_clipnorm"] = training.clip_norm
    if training.clip_value is not None:
        options["clipvalue"] = training.clip_value
    if training.weight_decay is not None:
        options["weight_decay"] = training.weight_decay
    if training.ema is not None:
        options.update(use_ema=True, ema_momentum=training.ema)
    try:
        optimizer = OPTIMIZERS[name](**options, **arguments)
    except (TypeError, ValueError) as error:
        if not arguments:
            raise
        given = ", ".join(f"{key}={value}" for key, value in arguments.items())
        raise UserError(f"the optimizer {name} does not take {given}") from error
    # Keras refuses exclusions once the optimizer is built, so they are made here.
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=UNDECAYED)
    return with_summed_gradients(optimizer)


def with_summed_gradients(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Let an optimizer see the whole gradient of each variable, also of an embedding.

    On TensorFlow the gradient of an embedding has a part for each token of the batch. Keras clips
    and squares these parts, not their sum by row: the norm to clip is wrong, and Adam's and
    RMSprop's second moments are those of parts. On JAX gradients are whole.

    Args:
        optimizer: which is changed; others of its class are not.

    Returns:
        The optimizer.
    """
    if keras.backend.backend() != "tensorflow":
        return optimizer
    import tensorflow as tf

    apply = optimizer.apply

    @functools.wraps(apply)
    def summed(grads: Any, *args: Any, **keywords: Any) -> Any:
        whole = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in grads]
        return apply(whole, *args, **keywords)

    optimizer.apply = summed
    return optimizer


def check_full_batch(training: Training, steps: int, num_replicas: int) -> None:
    """Check that an optimizer which needs the gradient of all examples gets it.

    Args:
        training: the settings.
        steps: steps in an epoch.
        num_replicas: devices that share a batch.

    Raises:
        UserError: if it does not, with what to choose instead.
    """
    if training.optimizer != "lbfgs":
        return
    if steps > 1:
        raise UserError(
            f"optimizer=lbfgs needs all examples in one batch, received {steps} batches an epoch; "
            "choose --batch-size all, or another optimizer such as adam"
        )
    if num_replicas > 1:
        raise UserError(
            f"optimizer=lbfgs works on one device, received {num_replicas}; "
            "choose --strategy cpu, or another optimizer such as adam"
        )
