"""Models whose parts learn in turns, each by its own loss and optimizer, on both backends.

Keras's own way for such models is a `train_step` of one's own, which TensorFlow calls with a batch
and JAX with a batch and all variables as values. Here a page writes the losses, and the base class
takes the gradients and applies them in the way of the backend.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from kerasrecipes.errors import UserError

Loss = tuple[Any, Mapping[str, Any]]


class AlternatingModel(keras.Model):
    """Base class of models whose parts learn in turns: adversarial ones, actors and critics.

    A subclass names its `turns`, holds a part of the same name for each, and defines `turn_loss`.
    Every step of the training takes all turns on one batch, in order; a turn trains the weights of
    its part alone, with an optimizer of its own, and sees what the turns before it have changed.

        class Gan(AlternatingModel):
            turns = ("discriminator", "generator")

            def __init__(self, generator, discriminator, **options):
                super().__init__(**options)
                self.generator, self.discriminator = generator, discriminator

            def turn_loss(self, turn, x, y, sample_weight, training):
                fake = self.generator(self.noise(x), training=training)
                ...
                return loss

    The arguments of `__init__` are kept as attributes of the same names, by which the model is
    saved; the class is registered with Keras. Parts are built before they are given. Random numbers
    come from a `keras.random.SeedGenerator` that is an attribute, so that a resumed training draws
    the same ones.

    Paper: Generative Adversarial Networks (Goodfellow et al., 2014),
    https://arxiv.org/abs/1406.2661

    Attributes:
        turns: names of the turns; one that stands several times is taken several times a step.
        logged: names of further values that `turn_loss` returns, whose means are reported.
    """

    turns: Sequence[str] = ()
    logged: ClassVar[Sequence[str]] = ()

    def __init__(self, **options: Any):
        super().__init__(**options)
        names = [f"{turn}_loss" for turn in dict.fromkeys(self.turns)]
        self._means = {name: keras.metrics.Mean(name) for name in (*names, *self.logged)}

    def turn_loss(self, turn: str, x: Any, y: Any, sample_weight: Any, training: bool) -> Any:
        """Compute the loss of a turn on a batch.

        Args:
            turn: one of `turns`.
            x: inputs, `(batch, …)`.
            y: labels, or `None`.
            sample_weight: weights of the examples, or `None`.
            training: whether the turn is to learn; `False` in an evaluation.

        Returns:
            The loss, a scalar; or the loss and a dictionary of `logged` values.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method turn_loss")

    def turn_variables(self, turn: str) -> list[keras.Variable]:
        """Return the variables that a turn trains: those of the part of its name."""
        return getattr(self, turn).trainable_variables

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Means of the turns' losses and of the logged values over an epoch."""
        return list(self._means.values())

    def compile(self, optimizer: Any = "rmsprop", **options: Any) -> None:  # type: ignore[override]
        """Compile the model.

        Args:
            optimizer: an `AlternatingOptimizer`, whose parts are given their variables; another one
                serves to evaluate only.
            **options: further arguments of `keras.Model.compile`; there is no loss and no metric.

        Raises:
            UserError: if a part is not built, or a turn has no part.
        """
        for turn in self.turns:
            part = getattr(self, turn, None)
            if part is None and type(self).turn_variables is AlternatingModel.turn_variables:
                raise UserError(f"{type(self).__name__} has a turn '{turn}', but no part {turn!r}")
            if part is not None and not getattr(part, "built", True):
                raise UserError(f"the part '{turn}' of {type(self).__name__} is not built yet")
        # Each part's optimizer scales its own loss in float16.
        super().compile(optimizer=optimizer, auto_scale_loss=False, **options)
        if hasattr(optimizer, "set_groups"):
            groups = {turn: self.turn_variables(turn) for turn in self.turns}
            optimizer.set_groups(groups, scaled=self.compute_dtype == "float16")
        # There is nothing left that Keras could make by calling the model on a batch.
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`, from the attributes of their names."""
        names = inspect.signature(type(self).__init__).parameters
        kept = {name: getattr(self, name) for name in names if hasattr(self, name)}
        config = {n: keras.saving.serialize_keras_object(value) for n, value in kept.items()}
        return {**config, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Create the model from `get_config`."""
        return cls(**{n: keras.saving.deserialize_keras_object(v) for n, v in config.items()})

    # --- steps ---

    def train_step(self, *arguments: Any) -> Any:
        """Take all turns on a batch: `(data)` on TensorFlow, `(state, data)` on JAX."""
        if keras.backend.backend() == "jax":
            return self._train_step_of_jax(*arguments)
        return self._train_step_of_tensorflow(*arguments)

    def test_step(self, *arguments: Any) -> Any:
        """Compute the losses of all turns on a batch; arguments as in `train_step`."""
        if keras.backend.backend() != "jax":
            self._update_all(*self._unpacked(arguments[0]))
            return self.get_metrics_result()
        state, data = arguments
        return self._stateless(list(state), lambda: self._update_all(*self._unpacked(data)))

    def _train_step_of_tensorflow(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        batch = self._unpacked(data)
        for turn in self.turns:
            optimizer, variables = self.optimizer.parts[turn], self.turn_variables(turn)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([variable.value for variable in variables])
                loss, values = self._loss(turn, *batch, training=True)
                scaled = optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled, [variable.value for variable in variables])
            optimizer.apply(gradients, variables)
            self._update(turn, loss, values, batch[0])
        return self.get_metrics_result()

    def _train_step_of_jax(self, state: Sequence[Any], data: Any) -> tuple[Any, tuple[Any, ...]]:
        import jax

        trainable, others, of_optimizer, of_metrics = (list(part) for part in state)
        batch = self._unpacked(data)
        place = {id(variable): i for i, variable in enumerate(self.trainable_variables)}
        logs: dict[str, Any] = {}
        for turn in self.turns:
            optimizer = self.optimizer.parts[turn]
            indices = [place[id(variable)] for variable in self.turn_variables(turn)]
            own = self.optimizer.places(turn)
            kept = [of_optimizer[i] for i in own]

            def objective(
                values: list[Any],
                turn: str = turn,
                optimizer: Any = optimizer,
                indices: list[int] = indices,
                kept: list[Any] = kept,
                before: tuple[Any, ...] = (trainable, others, of_metrics),
            ) -> tuple[Any, Any]:
                seen = list(before[0])
                for i, value in zip(indices, values, strict=True):
                    seen[i] = value
                found: list[Any] = []

                def once() -> None:
                    loss, more = self._loss(turn, *batch, training=True)
                    found.append(loss)
                    self._update(turn, loss, more, batch[0])

                logs, after = self._stateless([seen, *before[1:]], once)
                with keras.StatelessScope(list(zip(optimizer.variables, kept, strict=True))):
                    return optimizer.scale_loss(found[0]), (logs, after)

            gradients, (logs, after) = jax.grad(objective, has_aux=True)(
                [trainable[i] for i in indices]
            )
            _, others, of_metrics = after
            values, kept = optimizer.stateless_apply(
                kept, gradients, [trainable[i] for i in indices]
            )
            trainable = _replaced(trainable, indices, values)
            of_optimizer = _replaced(of_optimizer, own, kept)
        return logs, (trainable, others, of_optimizer, of_metrics)

    def _stateless(
        self, state: Sequence[Any], function: Callable[[], None]
    ) -> tuple[dict[str, Any], tuple[Any, ...]]:
        """Call a function with given values of all variables.

        Args:
            state: values of trainable variables, of others and of the metrics.
            function: what to call.

        Returns:
            The metrics, and the values after it.
        """
        groups = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)
        mapping = [
            pair
            for variables, values in zip(groups, state, strict=True)
            for pair in zip(variables, values, strict=True)
        ]
        with keras.StatelessScope(mapping) as scope:
            function()
            logs = self.get_metrics_result()
        after = tuple([_current(scope, variable) for variable in group] for group in groups)
        return logs, after

    def _update_all(self, x: Any, y: Any, sample_weight: Any) -> None:
        for turn in dict.fromkeys(self.turns):
            loss, values = self._loss(turn, x, y, sample_weight, training=False)
            self._update(turn, loss, values, x)

    def _loss(self, turn: str, x: Any, y: Any, sample_weight: Any, training: bool) -> Loss:
        found = self.turn_loss(turn, x, y, sample_weight, training)
        return found if isinstance(found, tuple) else (found, {})

    def _update(self, turn: str, loss: Any, values: Mapping[str, Any], x: Any) -> None:
        """Add a batch to the means; a small last batch counts by its examples."""
        count = keras.ops.shape(keras.tree.flatten(x)[0])[0]
        for name, value in {f"{turn}_loss": loss, **values}.items():
            self._means[name].update_state(value, sample_weight=count)

    @staticmethod
    def _unpacked(data: Any) -> tuple[Any, Any, Any]:
        return keras.utils.unpack_x_y_sample_weight(data)


def _replaced(values: list[Any], indices: Sequence[int], new: Sequence[Any]) -> list[Any]:
    replaced = list(values)
    for i, value in zip(indices, new, strict=True):
        replaced[i] = value
    return replaced


def _current(scope: keras.StatelessScope, variable: keras.Variable) -> Any:
    value = scope.get_current_value(variable)
    return variable.value if value is None else value
