"""Sweeps: a training of a recipe for each combination of values of its settings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras

from kerasrecipes import settings
from kerasrecipes.comparison.loss_surface import Descents
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.runs.config import check_names, resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training.job import Job
from kerasrecipes.training_settings import Training


def alternatives(recipe: Recipe, given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Read the values of each setting that is varied.

    Args:
        recipe: the recipe.
        given: by name, a list of values, one value, or a text as on the command line: values with
            commas between them, with `/` between them where a value itself has commas, such as
            `hidden_layers=64,32/128,64`.

    Returns:
        The checked values by name.

    Raises:
        UserError: if a name does not exist or a value does not fit.
    """
    own, trainers = settings.of_functions(recipe.functions), settings.of_dataclass(Training)
    known = [*own, *trainers]
    by_name = {setting.name: setting for setting in known}
    check_names(given, [s.name for s in own], [s.name for s in trainers], ["repeats"])
    found = {}
    for given_name, value in given.items():
        name = settings.current_name(given_name, by_name)
        values = value if isinstance(value, list) else [value]
        if isinstance(value, str):
            # Only the kind of a tuple of any length, such as `int, …`, is written with dots.
            several = name in by_name and "…" in by_name[name].kind
            values = value.split("/" if several else ",")
        found[name] = [settings.bind(known, {name: one})[name] for one in values]
    return found


def grid(values: Mapping[str, Sequence[Any]], repeats: int, seed: int) -> Iterator[dict[str, Any]]:
    """Settings of each run of a sweep: every combination of the values, with each seed.

    Args:
        values: of each setting, by name; seeds among them are taken as they are.
        repeats: number of seeds.
        seed: the first of them, where the values name none.

    Yields:
        The values and the `seed` of a run, by name.

    Raises:
        UserError: if there is to be no run, or seeds are given in two ways.
    """
    if repeats < 1:
        raise UserError(f"repeats={repeats}: must be at least 1")
    others = {name: found for name, found in values.items() if name != "seed"}
    seeds = list(values.get("seed", [seed]))
    if repeats > 1 and len(seeds) > 1:
        raise UserError(f"{len(seeds)} seeds and --repeats {repeats}; give one of the two")
    if repeats > 1:
        seeds = [seeds[0] + repeat for repeat in range(repeats)]
    for combination in itertools.product(*others.values()):
        for chosen in seeds:
            yield {**dict(zip(others, combination, strict=True)), "seed": chosen}


def resolvable(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as `kerasrecipes.runs.config.resolve` takes them: no limit in place of all
    examples.
    """
    return {**given, "limit": None if given.get("limit") == "all" else given.get("limit")}


def train(
    name: str,
    recipe: Recipe,
    values: Mapping[str, Sequence[Any]],
    *,
    repeats: int = 1,
    observers: Sequence[keras.callbacks.Callback] | None = None,
    descents: Descents | None = None,
    **shared: Any,
) -> Iterator[tuple[dict[str, Any], Run]]:
    """Train a recipe once for each combination of values and each seed.

    Args:
        name: the recipe's name, or the path of a page.
        recipe: the recipe.
        values: the values of each setting to compare.
        repeats: number of seeds per combination.
        observers: Keras callbacks that watch each training.
        descents: keeps the steps of each training for figures.
        **shared: what all runs share; see `kerasrecipes.runs.config.resolve`.

    Yields:
        The settings and the finished run of each training.

    Raises:
        UserError: if a name or a value is not right; nothing is then trained.
    """
    plan = list(grid(values, repeats, int(shared.pop("seed", recipe.training.seed))))
    # All are resolved before the first training, so that a mistake in the last costs none.
    configs = [resolve(name, recipe, **resolvable({**shared, **changes})) for changes in plan]
    for changes, config in zip(plan, configs, strict=True):
        # Keras numbers layers over all models of a process; each training begins anew.
        keras.utils.clear_session()
        job = Job(recipe, config)
        if descents is None:
            yield changes, job.start(conclude, observers)
            continue
        recorder = descents.recorder()
        run = job.start(conclude, [*(observers or ()), recorder])
        descents.keep(changes, job, recorder)
        yield changes, run
