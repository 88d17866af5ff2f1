"""A recipe as keras-tuner's own `HyperModel`, for people who bring a tuner of their own.

import keras_tuner
import kerasrecipes

model = kerasrecipes.hypermodel("lenet")
tuner = keras_tuner.BayesianOptimization(model, objective="val_accuracy", max_trials=10)
tuner.search()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from kerasrecipes import registry, settings
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs import own_data
from kerasrecipes.runs.config import Config, resolve
from kerasrecipes.training import assembly, input_pipeline, trainer
from kerasrecipes.training.job import trainer_of
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.search_space import Space, as_texts


def hypermodel(
    name: str,
    data: Any = None,
    *,
    search: Mapping[str, str] | Sequence[str] = (),
    config: str | Path | Mapping[str, Any] | None = None,
    limit: int | None = None,
    options: Mapping[str, Any] | None = None,
    **settings: Any,
) -> RecipeHyperModel:
    """Return a recipe as a `HyperModel` that any `keras_tuner.Tuner` takes.

    Args:
        name: the recipe's name, or the path of a recipe file.
        data: a source's name, the path of your own data, or the data as for `kerasrecipes.run`; by
            default the recipe's embedded data.
        search: entries that are added to the recipe's space or replace them; see
            `kerasrecipes.tune`.
        config: a configuration file, or its content.
        limit: the most training examples to use.
        options: further facts of the data.
        settings: settings of the recipe and fields of `Training`, which are not searched over.

    Returns:
        The model; `tuner.search()` without arguments trains it on the recipe's data for the
        recipe's epochs.

    Raises:
        UserError: if a name or a value is not right, the recipe trains in several phases, or
            TensorBoard is not installed on the TensorFlow backend, where keras-tuner imports it in
            every trial.
    """
    if keras.backend.backend() == "tensorflow" and find_spec("tensorboard") is None:
        raise UserError(
            "keras-tuner's own tuners need TensorBoard on TensorFlow: "
            "pip install 'kerasrecipes[tensorboard]'; kerasrecipes.tune works without it"
        )
    recipe = registry.load(name)
    resolved = resolve(
        name,
        recipe,
        data=own_data.named(data),
        config=config,
        limit=limit,
        options=options,
        **settings,
    )
    if not trainer_of(recipe, resolved).one_fit:
        raise UserError(
            f"'{name}' trains in several phases or by a loop of its own, which a tuner's fit "
            "cannot; use kerasrecipes.tune"
        )
    given = resolved.values
    searches = as_texts(search)
    pinned = {name: given[name] for name in settings if name in given}
    pinned = plan.begun_with(recipe, resolved, searches) | pinned
    space = Space(recipe, searches, pinned, given)
    return RecipeHyperModel(recipe, resolved, space)


class RecipeHyperModel(keras_tuner.HyperModel):
    """A recipe that a tuner of keras-tuner builds and trains.

    Args:
        recipe: the recipe.
        config: what all trials share.
        space: what is searched over.
    """

    def __init__(self, recipe: Recipe, config: Config, space: Space):
        super().__init__(name=Path(config.recipe).stem)
        self.recipe, self.config, self.space = recipe, config, space
        self._loaded: tuple[Any, Any] | None = None
        self._trainer: trainer.Trainer | None = None

    def config_of(self, hp: keras_tuner.HyperParameters) -> Config:
        """Return the configuration that hyperparameters stand for; what they lack is declared."""
        return plan.with_settings(self.config, self.space.declare(hp))

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Build and compile the recipe's model."""
        config = self.config_of(hp)
        self._trainer = trainer.Trainer(self.recipe, self._splits(config), config)
        return self._trainer.model

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any
    ) -> Any:
        """Train the model on the recipe's data, or on what was given to `tuner.search`.

        Args:
            hp: of the trial.
            model: that `build` has returned, or a tuner has loaded again.
            args: of `tuner.search`, which then are data.
            kwargs: of `tuner.search`, and what the tuner adds for `model.fit`.

        Returns:
            What `model.fit` returns.
        """
        mine = self._trainer
        if args or "x" in kwargs:
            return model.fit(*args, **kwargs)
        if mine is None or mine.model is not model:
            config = self.config_of(hp)
            mine = trainer.Trainer(self.recipe, self._splits(config), config, model=model)
        begin = kwargs.pop("initial_epoch", 0)
        given = {
            "epochs": mine.training.epochs,
            "verbose": 0,
            "shuffle": False,
            **mine.validation_arguments(),
            **kwargs,
        }
        if mine.training.patience is not None:
            mode = "max" if mine.maximize else "min"
            watch = {"patience": mine.training.patience, "mode": mode, "restore_best_weights": True}
            stop = keras.callbacks.EarlyStopping(mine.training.monitor, **watch)
            given["callbacks"] = [*(given.get("callbacks") or ()), stop]
        batches = mine.strategy.feed(input_pipeline.train_batches(mine.batches, begin, 0))
        return model.fit(batches, steps_per_epoch=mine.steps, initial_epoch=begin, **given)

    def _splits(self, config: Config) -> Any:
        """Load the data, again only where a setting has changed by which it is prepared."""
        prepare = self.recipe.prepare
        by = (config.data, settings.keywords_for(prepare, config.settings) if prepare else None)
        if self._loaded is None or self._loaded[0] != by:
            self._loaded = (by, assembly.load_splits(self.recipe, config))
        return self._loaded[1]
