"""From what the user said to the one configuration that decides a run.

Precedence: the defaults of `Training`, then the recipe, then what the recipe has found to suit the
data, then the configuration file, then the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasrecipes import registry, settings
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Recipe, Source, Training
from kerasrecipes.runs.run import Config

_TABLES = ("training", "settings", "options")
_WORDS = ("recipe", "data", "strategy", "limit")


def resolve(
    name: str,
    recipe: Recipe,
    *,
    document: Mapping[str, Any] | None = None,
    data: str | None = None,
    training: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    strategy: str | None = None,
    limit: int | None = None,
) -> Config:
    """Merge all sources of settings into one configuration, and check it.

    Args:
        name: the recipe's name, or its page.
        recipe: the recipe.
        document: the content of a configuration file.
        data: a source's name or a path; by default the recipe's first source.
        training: the trainer's settings that the user gave.
        values: the recipe's settings that the user gave.
        options: further flags of the data.
        strategy: how the work is spread over devices.
        limit: the most training examples to use.

    Returns:
        The configuration.

    Raises:
        UserError: if a name does not exist or a value does not fit.
    """
    document = document or {}
    _check_words(document, name)
    data = data or document.get("data") or next(iter(recipe.data))
    suited = recipe.by_data.get(source_name(data, recipe), {})
    known, kinds = settings.of_functions(recipe.functions), settings.of_dataclass(Training)
    names = {s.name for s in known}
    chosen = {s.name: s.default for s in known}
    changes: dict[str, Any] = {}
    chosen |= settings.bind(known, {name: value for name, value in suited.items() if name in names})
    changes |= settings.bind(
        kinds, {name: value for name, value in suited.items() if name not in names}
    )
    chosen |= settings.bind(known, document.get("settings", {}), from_file=True)
    chosen |= settings.bind(known, values or {})
    changes |= settings.bind(
        kinds, document.get("training", {}), "training setting", from_file=True
    )
    changes |= settings.bind(kinds, training or {}, "training setting")
    config = Config(
        recipe=str(registry.find(name)) if registry.is_path(name) else name,
        data=data,
        training=recipe.training.with_settings(**changes),
        settings=chosen,
        options={**document.get("options", {}), **(options or {})},
        strategy=strategy or document.get("strategy", "auto"),
        limit=limit if limit is not None else document.get("limit"),
    )
    if config.limit is not None and (not isinstance(config.limit, int) or config.limit < 1):
        raise UserError(f"limit={config.limit}: must be at least 1")
    return config


def source_of(config: Config, recipe: Recipe) -> Source:
    """Find the source that the configuration names; see `source_name`."""
    return recipe.data[source_name(config.data, recipe)]


def source_name(data: str, recipe: Recipe) -> str:
    """Find the name of the source that `data` names, or that takes the file or folder at `data`.

    Raises:
        UserError: if there is none.
    """
    if data in recipe.data:
        return data
    for name, source in recipe.data.items():
        if source.accepts(data):
            return name
    if Path(data).expanduser().exists():
        kinds = "; ".join(source.summary for source in recipe.data.values())
        raise UserError(f"this recipe cannot read '{data}'; it takes: {kinds}")
    if registry.is_path(data) or Path(data).suffix:
        raise UserError(f"there is no file or folder '{data}'")
    raise unknown("data set", data, recipe.data)


def _check_words(document: Mapping[str, Any], name: str) -> None:
    for word, value in document.items():
        if word not in _WORDS + _TABLES:
            raise unknown("entry in the configuration", word, _WORDS + _TABLES)
        if word in _TABLES and not isinstance(value, Mapping):
            raise UserError(f"'{word}' in the configuration must be a table, received {value!r}")
    stated = document.get("recipe")
    if stated is not None and Path(stated).stem != Path(name).stem:
        raise UserError(f"the configuration belongs to the recipe '{stated}', not to '{name}'")
