"""The plan of a search: everything that decides what is tried and how it is judged."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from kerasrecipes import settings
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs import earlier
from kerasrecipes.runs.config import Config, resolve
from kerasrecipes.training_settings import Training

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A search, as plain values that go into its file and to other machines.

    Args:
        recipe: name, or absolute path of a recipe file.
        base: the configuration that trials share, as `config.toml` has it.
        method: of keras-tuner.
        objective: the metric to improve, such as `val_accuracy`.
        maximize: whether a higher value is better.
        epochs: of a whole training.
        trials: the most trials; `None` leaves it to the method.
        seconds: the most time for the search; `None` for no limit.
        folds: parts of the training examples of which each is judged on once; 1 judges on the
            validation examples.
        repeats: seeds with which the winner and the recipe's defaults are trained again.
        seed: of proposals; trial number n trains with this seed plus n.
        searches: what the user added to the recipe's space.
        pinned: the settings that the user gave, which are not searched over.
        early: whether trials that fall behind are ended early.
    """

    recipe: str
    base: Mapping[str, Any]
    method: str
    objective: str
    maximize: bool
    epochs: int
    trials: int | None = None
    seconds: float | None = None
    folds: int = 1
    repeats: int = 3
    seed: int = 0
    searches: tuple[str, ...] = ()
    pinned: Mapping[str, Any] = field(default_factory=dict)
    early: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, such as JSON takes."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """Return the plan that `to_dict` wrote, also after a way through JSON."""
        names = {item.name for item in fields(cls)}
        known: dict[str, Any] = {k: value for k, value in values.items() if k in names}
        known["searches"] = tuple(known.get("searches", ()))
        return cls(**known)

    def better(self, one: float, other: float) -> bool:
        """Return whether one score is better than another.

        Args:
            one: score that is judged, in units of the objective.
            other: score that it is compared with.
        """
        return one > other if self.maximize else one < other


def document(config: Config) -> dict[str, Any]:
    """Return a configuration as plain values, `None` included, such as `config_of` reads."""
    plain = {
        "recipe": config.recipe,
        "data": config.data,
        "strategy": config.strategy,
        "limit": config.limit,
    }
    tables = {
        "training": asdict(config.training),
        "settings": config.settings,
        "options": config.options,
    }
    return plain | {name: dict(table) for name, table in tables.items()}


def config_of(values: Mapping[str, Any], recipe: Recipe) -> Config:
    """Return the configuration that `document` wrote.

    Args:
        values: of `document`.
        recipe: of the configuration.
    """
    known = {name: value for name, value in values.items() if value is not None}
    return resolve(values["recipe"], recipe, config=known)


def with_settings(config: Config, chosen: Mapping[str, Any]) -> Config:
    """Return a copy in which settings of the recipe and of its training are replaced.

    Args:
        config: the configuration.
        chosen: new values by name.
    """
    names = {item.name for item in fields(Training)}
    training = {name: value for name, value in chosen.items() if name in names}
    own = {name: value for name, value in chosen.items() if name not in names}
    return replace(
        config,
        training=config.training.with_settings(**training),
        settings={**config.settings, **own},
    )


def begun_with(recipe: Recipe, config: Config, searches: Sequence[str] = ()) -> dict[str, Any]:
    """Return the settings that all trials have from the run whose weights they begin with.

    Args:
        recipe: of the configuration.
        config: what all trials share.
        searches: entries of the space that the user named, which are searched over all the same.
    """
    functions = [one for one in (recipe.prepare, recipe.build) if callable(one)]
    names = {one.name for one in settings.of_functions(functions)}
    weights = config.values.get("weights")
    searched = {text.partition("=")[0].strip() for text in searches}
    # Dropout has no weights, and so is free.
    free = {*searched, "dropout_rate"}
    found = earlier.handed_on(weights, config.recipe, names)
    return {name: config.values[name] for name in found if name in config.values.keys() - free}


def keeps(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Return whether settings are the defaults, also where a way through JSON has made lists of
    tuples.

    Args:
        settings: values by name.
        defaults: of these and perhaps other settings, by name.
    """
    return all(
        _untupled(defaults.get(name)) == _untupled(value) for name, value in settings.items()
    )


def _untupled(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def seconds(text: str | float) -> float:
    """Return a length of time in seconds, from `90`, `30m`, `1.5h`, `1h30m` and the like.

    Raises:
        UserError: if the text is not a length of time, or not above zero.
    """
    parts = re.findall(r"([\d.]+)\s*([smhd]?)", str(text))
    try:
        found = sum(float(number) * _UNITS[unit] for number, unit in parts)
    except ValueError:
        found = math.nan
    spelled = "".join(number + unit for number, unit in parts)
    if spelled != re.sub(r"\s", "", str(text)) or not found > 0:
        raise UserError(f"time={text}: expected a length of time above 0, such as 90s, 30m or 2h")
    return found
