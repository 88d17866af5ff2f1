"""Models that bring a loss or a training step of their own: what they have, and what fits them."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.examples import Examples, leaves
from kerasrecipes.diagnosis.measurement import stateless_loss, tensors_of
from kerasrecipes.errors import UserError
from kerasrecipes.models.alternating import AlternatingModel
from kerasrecipes.recipe import Objective
from kerasrecipes.training.alternating import AlternatingOptimizer
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training.schedules import make_schedule
from kerasrecipes.training_settings import Training

BOTH_BACKENDS = "override compute_loss, or derive it from AlternatingModel, which work on both"


def overrides(model: keras.Model, name: str) -> bool:
    """Return whether a model's class has a method of its own in place of Keras's.

    Args:
        model: the model.
        name: of the method, such as `train_step`.

    Returns:
        Whether the class or one of its bases overrides it.
    """
    return getattr(type(model), name) is not getattr(keras.Model, name)


def check(model: keras.Model, training: Training) -> None:
    """Check that a model's own training step fits the backend and the settings.

    Args:
        model: not compiled yet.
        training: the settings.

    Raises:
        UserError: with what does not go together.
    """
    if type(model).__module__.partition(".")[0] != "keras":
        require_loadable(model)
    if not overrides(model, "train_step"):
        return
    name = type(model).__name__
    if getattr(training, "accumulate", 1) > 1:
        raise UserError(f"--accumulate has no effect on {name}, which has a train_step of its own")
    if isinstance(model, AlternatingModel):
        if training.ema is not None or getattr(training, "swa", None) is not None:
            raise UserError(f"--ema and --swa average one optimizer's weights; {name} has several")
        return
    takes_state = len(inspect.signature(model.train_step).parameters) > 1
    if takes_state != (keras.backend.backend() == "jax"):
        has, wanted = ("state, data", "data") if takes_state else ("data", "state, data")
        raise UserError(
            f"{name}.train_step({has}) is not for the backend {keras.backend.backend()}, which "
            f"calls train_step({wanted}): {BOTH_BACKENDS}"
        )


def require_loadable(model: keras.Model) -> None:
    """Check, before the training, that a model of a page's own class can be loaded afterwards.

    Args:
        model: of a class that is not Keras's.

    Raises:
        UserError: with what its class lacks.
    """
    kind = type(model)
    if keras.saving.get_registered_object(keras.saving.get_registered_name(kind)) is not kind:
        raise UserError(
            f"a saved {kind.__name__} could not be loaded: put "
            "@keras.saving.register_keras_serializable(package='kerasrecipes') before its class"
        )
    try:
        kind.from_config(model.get_config())
    # Whatever a page's class raises, it would raise when somebody loads the trained model.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise UserError(
            f"a saved {kind.__name__} could not be loaded: {reason}; its get_config has to hold "
            "the arguments of its __init__, which of a functional model takes *args, **kwargs"
        ) from error


def optimizer_for(
    model: keras.Model, training: Training, objective: Objective, steps: int
) -> keras.optimizers.Optimizer:
    """Create a model's optimizer, or one for each of its turns.

    Args:
        model: not compiled yet.
        training: the settings.
        objective: what differs from them in each turn.
        steps: steps of an epoch.

    Returns:
        A new optimizer; create it inside the strategy's scope.

    Raises:
        UserError: if the objective names a turn that the model does not have, or an argument that
            the optimizer does not have.
    """
    turns = list(model.turns) if isinstance(model, AlternatingModel) else []
    for turn in objective.optimizers:
        if turn not in turns:
            raise UserError(
                f"the objective has an optimizer for '{turn}'; the model's turns are "
                f"{', '.join(dict.fromkeys(turns)) or 'none'}"
            )
    if not turns:
        return make_optimizer(training, make_schedule(training, steps))
    parts = {}
    for turn in dict.fromkeys(turns):
        changes = dict(objective.optimizers.get(turn, {}))
        known = {name: changes.pop(name) for name in [*changes] if hasattr(training, name)}
        own = training.with_settings(**known)
        # A turn that is taken five times a step comes five times as fast to the end.
        rate = make_schedule(own, steps * turns.count(turn))
        parts[turn] = make_optimizer(own, rate, **changes)
    return AlternatingOptimizer(parts)


def optimizers_of(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Return a model's optimizers: the compiled one, and those that are attributes of the model.

    Args:
        model: compiled.
    """
    found = [model.optimizer]
    for value in vars(model).values():
        found += [v for v in leaves(value) if isinstance(v, keras.optimizers.Optimizer)]
    known = {id(optimizer): optimizer for optimizer in found if optimizer is not None}
    return list(known.values())


def require_loss(model: keras.Model, examples: Examples) -> None:
    """Check that there is a loss, of the objective or of the model itself.

    Args:
        model: compiled.
        examples: of which two are computed.

    Raises:
        UserError: if there is none.
    """
    if model.loss is not None or overrides(model, "train_step"):
        return
    batch: list[Any] = [*examples.take(np.arange(min(2, len(examples)))), None, None][:3]
    values = [tensors_of(v) for v in (model.trainable_variables, model.non_trainable_variables)]
    try:
        stateless_loss(model, *values, *batch)
    except ValueError as error:
        if "No loss to compute" not in str(error):
            raise
        raise UserError(
            "there is no loss: give the page an objective such as 'multiclass', or a model that "
            "overrides compute_loss or whose layers call add_loss"
        ) from error
