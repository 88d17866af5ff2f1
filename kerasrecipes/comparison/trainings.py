"""Comparisons of trainings: values of settings, numbers of examples, recipes on one data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from kerasrecipes import registry
from kerasrecipes.comparison import sweep
from kerasrecipes.comparison.comparison import Comparison, entry
from kerasrecipes.comparison.loss_surface import Descents
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.config import Config, resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training import assembly

Watch = Callable[[dict[str, Any], Run], None]

ALL = "all"  # of the training examples
_BUDGET = ("epochs", "time")


def compare(
    names: Sequence[str],
    values: Mapping[str, Any],
    *,
    repeats: int = 1,
    limit: Any = None,
    observers: Sequence[keras.callbacks.Callback] | None = None,
    watch: Watch | None = None,
    **shared: Any,
) -> Comparison:
    """Train recipes once for each combination of values, and compare.

    Args:
        names: recipes' names or pages.
        values: of each setting that is varied, as `sweep.alternatives` takes them.
        repeats: number of seeds for each combination.
        limit: the largest number of training examples, or several of them, which make a learning
            curve: all are judged by the same test examples.
        observers: Keras callbacks that watch each training.
        watch: called after each training with what differs and with the run.
        **shared: what all runs share; see `kerasrecipes.runs.config.resolve`.

    Returns:
        The comparison.

    Raises:
        UserError: if a name or a value is not right, or nothing differs; nothing is then trained.
    """
    counts = limits(limit)
    recipes = {name: registry.load(name) for name in dict.fromkeys(names)}
    several = len(recipes) > 1
    choices = {name: sweep.alternatives(recipe, values) for name, recipe in recipes.items()}
    one = next(iter(choices.values()))
    varied = [setting for setting, found in one.items() if len(found) > 1]
    by = [*(["recipe"] if several else []), *varied, *(["limit"] if len(counts) > 1 else [])]
    if not by and repeats < 2:
        raise UserError(
            "nothing differs; give a setting several values, such as activation=tanh,relu, several "
            "numbers of examples, such as --limit 100,300,all, or --repeats 3"
        )
    if len(counts) > 1:
        choices = {name: {**found, "limit": counts} for name, found in choices.items()}
        shared["whole_test"] = True
    else:
        shared["limit"] = counts[0]
    notes = _check(recipes, choices, shared, counts)
    # Its figures are of one recipe's weights on the same examples.
    descents = None if several or len(counts) > 1 else Descents(varied)
    entries = []
    for name, recipe in recipes.items():
        plan = {"repeats": repeats, "observers": observers, "descents": descents, **shared}
        for changes, finished in sweep.train(name, recipe, choices[name], **plan):
            entries.append(entry(finished))
            if watch is not None:
                # `sweep.grid` adds the seed to every combination, also where none are compared.
                shown = {key: changes[key] for key in (*by, "seed") if key in changes}
                watch({**({"recipe": Path(name).stem} if several else {}), **shown}, finished)
    what = ", ".join(Path(name).stem for name in recipes)
    title = f"{what}: {_titled(by) or 'seeds'} compared"
    return Comparison(title=title, entries=entries, by=by, descents=descents, notes=notes)


def limits(given: Any) -> list[int | str | None]:
    """Read one or several numbers of training examples.

    Args:
        given: a number, `None` or `"all"` for all examples, a list of these, or a text with commas
            between them.

    Returns:
        The numbers; `"all"` among several, `None` alone, means all examples.

    Raises:
        UserError: if one is no whole number of at least 1.
    """
    words = given.split(",") if isinstance(given, str) else given
    words = list(words) if isinstance(words, (list, tuple)) else [words]
    found: list[int | str] = []
    for word in words:
        if word is None or str(word).strip() == ALL:
            found.append(ALL)
            continue
        try:
            number = int(str(word).strip())
        except ValueError:
            number = 0
        if number < 1:
            raise UserError(f"limit={word}: must be a whole number of at least 1, or all")
        found.append(number)
    distinct = list(dict.fromkeys(found))
    return [None] if distinct == [ALL] else [*distinct]


def _titled(by: Sequence[str]) -> str:
    words = {"recipe": "recipes", "limit": "numbers of training examples"}
    return ", ".join(words.get(name, name) for name in by)


def _check(
    recipes: Mapping[str, Recipe],
    choices: Mapping[str, Mapping[str, Sequence[Any]]],
    shared: Mapping[str, Any],
    counts: Sequence[Any],
) -> tuple[str, ...]:
    """Refuse what cannot be compared before anything is trained, and say what is not equal."""
    configs: dict[str, Config] = {}
    for name, recipe in recipes.items():
        plans = list(sweep.grid(choices[name], 1, recipe.training.seed))
        found = [resolve(name, recipe, **sweep.resolvable({**shared, **plan})) for plan in plans]
        configs[name] = found[0]
    data = {config.data for config in configs.values()}
    if len(data) > 1:
        raise UserError(
            f"the recipes would train on different data ({', '.join(sorted(data))}); "
            "give --data, one that all of them take"
        )
    if len(counts) > 1:
        _check_counts(recipes, configs, [count for count in counts if count != ALL])
    budgets = {config.training.epochs for config in configs.values()}
    given = any(name in _BUDGET for found in choices.values() for name in found)
    if len(budgets) > 1 and not given:
        each = ", ".join(f"{Path(n).stem} {c.training.epochs}" for n, c in configs.items())
        return (f"each recipe has its own number of epochs ({each}); --epochs or --time gives one",)
    return ()


def _check_counts(
    recipes: Mapping[str, Recipe], configs: Mapping[str, Config], counts: Sequence[int]
) -> None:
    """Refuse a number of examples that the data does not have: its point would be that of all."""
    for name, recipe in recipes.items():
        total = len(assembly.load_source(recipe, configs[name]).train)
        if max(counts) >= total:
            raise UserError(
                f"limit={max(counts)}: there are {total:,} training examples; 'all' takes all"
            )
