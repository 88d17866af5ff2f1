"""What is trained: splits, model and objective of a recipe with the settings of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import keras

from kerasrecipes import settings
from kerasrecipes.data.examples import reconstructed
from kerasrecipes.data.folds import Fold
from kerasrecipes.data.raw_inputs import input_of
from kerasrecipes.data.splits import divided
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Recipe, Request, Splits
from kerasrecipes.runs import in_memory
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.data_sources import find_source
from kerasrecipes.training import capacity, device_defaults


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
    splits = load_source(recipe, config, trained_info)
    path = find_source(config.data, recipe).path
    if path is not None:
        # A proposal, which is not worth an error.
        with suppress(Exception):
            whole = splits.test if len(splits.test) else splits.train
            splits = replace(splits, example=_proposed(input_of(whole, path), path, config.data))
    if config.limit is not None:
        test = splits.test
        seed = config.training.split_seed
        splits = splits.limited(config.limit, seed, entries=config.limits_entries)
        splits = replace(splits, test=test) if config.whole_test else splits
    splits = prepare(recipe, splits, config)
    if objective_of(recipe, splits.info, config).task == "reconstruction":
        splits = splits.map(reconstructed)
    return splits


def _proposed(example: str | None, path: str, data: str) -> str | None:
    """Return an input to try; of an unpacked archive nothing that lies in the cache alone."""
    if example is None or path == data or not example.startswith(path):
        return example
    return data if example == path else None


def load_source(recipe: Recipe, config: Config, trained_info: Info | None = None) -> Splits:
    """Load the data as its source gives it, all of it and not preprocessed.

    Args:
        recipe: the recipe.
        config: names the data.
        trained_info: metadata of an earlier training, whose model is to be evaluated on this data.

    Returns:
        The splits.

    Raises:
        UserError: if the data is not available.
    """
    _, source, path = find_source(config.data, recipe)
    request = Request(
        path=path,
        seed=config.training.split_seed,
        options=config.options,
        trained_info=trained_info,
        fold=Fold.of(str(config.fold)) if config.fold and trained_info is None else None,
    )
    with in_memory.speaking(config.data):
        splits = source.load(request)
        if request.fold is not None and not request.fold.drawn:
            splits = divided(splits, request)
    notes = tuple(in_memory.spoken(note, config.data) for note in splits.notes)
    return replace(splits, notes=notes, trained_info=trained_info)


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
    with _naming_settings(recipe.prepare, config, "the data cannot be prepared"):
        return recipe.prepare(splits, **settings.keywords_for(recipe.prepare, config.settings))


def build(recipe: Recipe, info: Info, config: Config) -> keras.Model:
    """Build the recipe's model, uncompiled, with the chosen precision.

    Args:
        recipe: the recipe.
        info: metadata of the data.
        config: the settings.

    Returns:
        An uncompiled `keras.Model`, from a batch of the prepared data to the head's outputs.

    Raises:
        UserError: if a setting that was given makes no model, or one that is too large.
    """
    with (
        device_defaults.dtype_policy(config.training),
        _naming_settings(recipe.build, config, "the model cannot be built"),
        capacity.weights_that_fit(),
    ):
        return recipe.build(info, **settings.keywords_for(recipe.build, config.settings))


@contextmanager
def _naming_settings(function: Callable[..., Any], config: Config, what: str) -> Iterator[None]:
    """Context in which a value that a library refuses is a mistake of the user who gave it.

    Args:
        function: of the recipe, which has the settings.
        config: the settings.
        what: failed.

    Raises:
        UserError: if memory is short, or settings of the function were given.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        short = isinstance(error, MemoryError) or "OOM when" in reason or "EXHAUSTED" in reason
        # Any other failure of a recipe that has its own settings is a fault, with a traceback.
        names = settings.keywords_for(function, config.settings)
        given = [f"{n}={excerpt(str(v))}" for n, v in names.items() if n in config.given]
        if not short and not (given and isinstance(error, (ValueError, ArithmeticError))):
            raise
        by = f" with {', '.join(given)}" if given else ""
        said = f"out of memory: {reason}" if short else reason
        raise UserError(f"{what}{by}: {said}") from error


def objective_of(recipe: Recipe, info: Info, config: Config) -> Objective:
    """Return the recipe's objective for the metadata and the settings.

    Args:
        recipe: the recipe.
        info: metadata of the data.
        config: the settings.
    """
    function = recipe.objective if callable(recipe.objective) else None
    return recipe.objective_for(info, **settings.keywords_for(function, config.settings))
