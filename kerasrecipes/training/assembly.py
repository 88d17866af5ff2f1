"""What is trained: splits, model and objective of a recipe with the settings of a run."""

from __future__ import annotations

from dataclasses import replace

import keras

from kerasrecipes import settings
from kerasrecipes.data.examples import reconstructed
from kerasrecipes.recipe import Info, Objective, Recipe, Request, Splits
from kerasrecipes.runs.config import Config, find_source
from kerasrecipes.training import device_defaults


def load_splits(recipe: Recipe, config: Config, trained_info: Info | None = None) -> Splits:
    """Load the data and preprocess it for the recipe's builder.

    Args:
        recipe: the recipe.
        config: names the data, and the settings of its preprocessing.
        trained_info: metadata of an earlier training, whose model is to be evaluated on this data.

    Returns:
        The splits, preprocessed.

    Raises:
        UserError: if the data is not available or does not fit the recipe.
    """
    _, source, path = find_source(config.data, recipe)
    seed = config.training.split_seed
    request = Request(path=path, seed=seed, options=config.options, trained_info=trained_info)
    splits = replace(source.load(request), trained_info=trained_info)
    if config.limit is not None:
        splits = splits.limited(config.limit, seed)
    splits = prepare(recipe, splits, config)
    if objective_of(recipe, splits.info, config).task == "reconstruction":
        splits = splits.map(reconstructed)
    return splits


def prepare(recipe: Recipe, splits: Splits, config: Config) -> Splits:
    """Preprocess splits by the recipe's own `prepare`, if it has one.

    Args:
        recipe: the recipe.
        splits: what a source gives, with the metadata of an earlier training if there is one.
        config: the configuration, of which the settings of `prepare` are used.

    Returns:
        What `Recipe.build` expects; the splits as they are where the recipe has no `prepare`.
    """
    if recipe.prepare is None:
        return splits
    return recipe.prepare(splits, **settings.keywords_for(recipe.prepare, config.settings))


def build(recipe: Recipe, info: Info, config: Config) -> keras.Model:
    """Build the recipe's model, uncompiled, with the chosen precision.

    Args:
        recipe: the recipe.
        info: metadata of the data.
        config: the settings.

    Returns:
        An uncompiled `keras.Model`, from a batch of the prepared data to the head's outputs.
    """
    with device_defaults.dtype_policy(config.training):
        return recipe.build(info, **settings.keywords_for(recipe.build, config.settings))


def objective_of(recipe: Recipe, info: Info, config: Config) -> Objective:
    """Return the recipe's objective for the metadata and the settings.

    Args:
        recipe: the recipe.
        info: metadata of the data.
        config: the settings.
    """
    function = recipe.objective if callable(recipe.objective) else None
    return recipe.objective_for(info, **settings.keywords_for(function, config.settings))
