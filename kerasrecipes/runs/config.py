"""Configurations: everything that decides a run, resolved from all sources of settings.

Precedence: the defaults of `Training`, then the recipe, then the settings that the recipe has for
the number of training examples, then those that it has for this data, then those of the run whose
weights it begins with, then the configuration file, then the command line or the call.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kerasrecipes import registry, settings
from kerasrecipes.data import roles
from kerasrecipes.data.files import utf8_text
from kerasrecipes.errors import UserError, excerpt, unknown
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs import earlier
from kerasrecipes.runs.data_sources import FoundSource, check_columns, find_source
from kerasrecipes.training_settings import Training

_TABLES = ("training", "settings", "options")
_KEYS = ("recipe", "data", "strategy", "limit", "whole_test", "fold")
# What every verb that trains takes beside settings.
_ARGUMENTS = ("config", "data", "limit", "options", "strategy", "target", "text", "column")
# What each entry is; the others are texts.
_KINDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(_TABLES, (Mapping, "a table")),
    "limit": (int, "a whole number"),
    "whole_test": (bool, "true or false"),
}
# A file with these was written by a run, and so holds every setting that there was.
_WHOLE = {"patience", "monitor", "checkpoint_seconds"}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that decides a run; `config.toml` holds it and can be given to `--config`.

    Args:
        recipe: the recipe's name, or the absolute path of its file.
        data: a source's name, or the path of the user's own data.
        training: settings of the trainer.
        settings: settings of the recipe, all of them.
        options: further options of the data, such as `target`.
        strategy: how training is distributed over devices.
        limit: largest number of training examples.
        whole_test: whether the limit leaves the test examples alone; else they are fewer in the
            same proportion, for a quick trial.
        fold: part of the examples that is the test split, such as `2/5`, in an evaluation by folds.
        given: names of the settings that the user or the data chose, not the recipe.
        limits_entries: whether the limit is one of entries, however many answers each has, as
            version 0.1.0 counted; only of runs that it began.
    """

    recipe: str
    data: str
    training: Training
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    strategy: str = "auto"
    limit: int | None = None
    whole_test: bool = False
    fold: str | None = None
    given: frozenset[str] = field(default=frozenset(), compare=False)
    limits_entries: bool = field(default=False, compare=False)

    @property
    def values(self) -> dict[str, Any]:
        """Every setting of the recipe and of its training, by name."""
        return {**self.settings, **asdict(self.training)}

    def for_count(self, recipe: Recipe, count: int, num_replicas: int = 1) -> Config:
        """Return a copy with the settings that the recipe has for a number of training examples,
        where neither the user nor the data chose.

        Args:
            recipe: the recipe.
            count: number of training examples.
            num_replicas: number of devices.
        """
        if recipe.by_count is None:
            return self
        chosen = {name: self.values[name] for name in self.given if name in self.values}
        values = recipe.by_count(count, chosen, num_replicas)
        values = {name: value for name, value in values.items() if name not in self.given}
        own = {name: value for name, value in values.items() if name in self.settings}
        training = {name: value for name, value in values.items() if name not in own}
        return replace(
            self,
            settings={**self.settings, **own},
            training=self.training.with_settings(**training),
        )

    def to_toml(self) -> str:
        """Format the configuration as TOML; a setting that is `None` is written "none", as on the
        command line.
        """
        import tomli_w

        document = _without_none({key: getattr(self, key) for key in _KEYS})
        if not self.whole_test:
            del document["whole_test"]  # most runs have no use for the line
        document["training"] = _toml_values(asdict(self.training))
        document["settings"] = _toml_values(self.settings)
        document["options"] = _without_none(self.options)
        return tomli_w.dumps({name: entry for name, entry in document.items() if entry != {}})


def _without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    return _toml_values({name: value for name, value in table.items() if value is not None})


def _toml_values(table: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what TOML cannot hold. A setting that is `None` is written too: left out, it would
    get the default of the recipe or of its data.
    """
    lists = {
        name: list(value) if isinstance(value, tuple) else value for name, value in table.items()
    }
    return {name: "none" if value is None else value for name, value in lists.items()}


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        UserError: if it is absent, empty or not TOML.
    """
    try:
        document = tomllib.loads(utf8_text(path))
    except OSError as error:
        raise UserError(f"cannot read the configuration '{path}': {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"the configuration '{path}' is not TOML: {error}") from error
    if not document:
        raise UserError(f"the configuration '{path}' is empty")
    return document


def resolve(
    name: str,
    recipe: Recipe,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    data: str | None = None,
    strategy: str | None = None,
    limit: int | None = None,
    whole_test: bool | None = None,
    options: Mapping[str, Any] | None = None,
    arguments: Collection[str] = (),
    may_be_gone: bool = False,
    **given: Any,
) -> Config:
    """Resolve all sources of settings into one checked configuration.

    Args:
        name: the recipe's name, or the path of its file.
        recipe: the recipe.
        config: a configuration file, or its content.
        data: a source's name or a path; by default the recipe's first source.
        strategy: how training is distributed over devices; by default `auto`.
        limit: largest number of training examples; by default all.
        whole_test: whether the limit leaves the test examples alone; by default it does not.
        options: further options of the data, such as `{"target": "price"}`.
        arguments: names of the caller's other arguments, of which one may be meant by a name that
            does not exist.
        may_be_gone: whether the data need not be there, as that of a run that came from elsewhere;
            the configuration then has all settings.
        **given: fields of `Training`, settings of the recipe, and the options `target`, `text` and
            `column` of the data.

    Returns:
        The configuration.

    Raises:
        UserError: if a name does not exist or a value does not fit.
    """
    document = read_toml(config) if isinstance(config, (str, Path)) else config or {}
    _check_document(document, name)
    first_version = _is_of_first_version(document)
    document = _completed(document) if first_version else document
    data = data or document.get("data") or next(iter(recipe.data))
    found = _found(data, recipe, name, may_be_gone)
    # A path has the settings of the source that reads it.
    by_data = recipe.by_data.get(found.name, {}) if found else {}
    own, trainers = settings.of_functions(recipe.functions), settings.of_dataclass(Training)
    own_names, trainer_names = {s.name for s in own}, {field.name for field in fields(Training)}
    columns, given = roles.divide(given, own_names)
    options = {**(options or {}), **columns}
    if options and found:
        check_columns(options, found)
    check_names(given, own_names, trainer_names, arguments)
    # A page of the user's own may be older than the names of the settings that it hands on.
    by_data = {settings.current_name(k, own_names, quiet=True): v for k, v in by_data.items()}
    if "weights" in own_names:
        by_data |= _of_earlier({**document.get("settings", {}), **given}, name, recipe)
    chosen, changes = _chosen(own, trainers, by_data, document, given)
    # Whoever names what to watch wants to choose by it, also where a page keeps the last epoch.
    if "monitor" in given and "keep" not in given:
        changes.setdefault("keep", "best")

    resolved = Config(
        # An absolute path, which holds in any working folder.
        recipe=registry.canonical(name),
        data=data,
        training=recipe.training.with_settings(**changes),
        settings=chosen,
        options={**document.get("options", {}), **options},
        strategy=strategy or document.get("strategy", "auto"),
        # Not `or`, by which a limit of 0 would be ignored instead of refused.
        limit=limit if limit is not None else document.get("limit"),
        limits_entries=first_version and limit is None,
        whole_test=bool(document.get("whole_test") if whole_test is None else whole_test),
        fold=document.get("fold"),
        given=frozenset(
            [*by_data, *document.get("settings", {}), *document.get("training", {}), *given]
        ),
    )
    # A file may give it any type.
    if resolved.limit is not None and (not isinstance(resolved.limit, int) or resolved.limit < 1):
        raise UserError(f"limit={resolved.limit}: must be at least 1")
    return resolved


def _of_earlier(said: Mapping[str, Any], name: str, recipe: Recipe) -> dict[str, Any]:
    """Return the settings of model and preparation that an earlier run hands on: the run that a
    training begins with says more of its model than the data does.
    """
    of_model = settings.of_functions(f for f in (recipe.prepare, recipe.build) if callable(f))
    return earlier.handed_on(said.get("weights"), name, {setting.name for setting in of_model})


def _found(data: str, recipe: Recipe, name: str, may_be_gone: bool) -> FoundSource | None:
    try:
        return find_source(data, recipe, Path(name).stem)
    except UserError:
        if may_be_gone:
            return None
        raise


def _chosen(
    own: Sequence[settings.Setting],
    trainers: Sequence[settings.Setting],
    by_data: Mapping[str, Any],
    document: Mapping[str, Any],
    given: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return all settings of the recipe, and those of the training that were chosen.

    A name of `by_data` that is not the recipe's must be the trainer's, a given one that is not the
    trainer's the recipe's; `bind` refuses others.
    """
    own_names, trainer_names = {s.name for s in own}, {s.name for s in trainers}
    chosen = {s.name: s.default for s in own} | _bound(
        own,
        {k: v for k, v in by_data.items() if k in own_names},
        document.get("settings", {}),
        {k: v for k, v in given.items() if k not in trainer_names},
    )
    changes = _bound(
        trainers,
        {k: v for k, v in by_data.items() if k not in own_names},
        document.get("training", {}),
        {k: v for k, v in given.items() if k in trainer_names},
        "training setting",
    )
    return chosen, changes


def _bound(
    known: Sequence[settings.Setting],
    by_data: Mapping[str, Any],
    written: Mapping[str, Any],
    given: Mapping[str, Any],
    kind: str = "setting",
) -> dict[str, Any]:
    """Check values from all sources; later ones win, in the order of precedence."""
    bound = settings.bind(known, by_data)
    # An earlier version may have written the file: its spellings pass without a warning.
    bound |= settings.bind(known, written, kind, from_file=True)
    return bound | settings.bind(known, given, kind)


def check_names(
    given: Collection[str], own: Collection[str], trainers: Collection[str], others: Collection[str]
) -> None:
    """Refuse a name that is neither a setting of a recipe nor of its training.

    Args:
        given: the names.
        own: settings of the recipe.
        trainers: fields of `Training`.
        others: names of the caller's other arguments, of which one may be meant.

    Raises:
        UserError: if a name does not exist, with the nearest one that does.
    """
    known = {*own, *trainers}
    for said in given:
        if settings.current_name(said, known, quiet=True) not in known:
            nearest = unknown("setting", said, {*known, *others, *_ARGUMENTS})
            # Where none is near, those of the recipe are what a user can choose from.
            raise nearest if "did you mean" in str(nearest) else unknown("setting", said, own)


def _is_of_first_version(document: Mapping[str, Any]) -> bool:
    """Return whether a run of version 0.1.0 wrote a configuration."""
    training = document.get("training", {})
    return "keep" not in training and set(training) >= _WHOLE


def _completed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add what an earlier version did without a setting to the configuration that a run of it
    wrote, so that the run goes on as it began.
    """
    training = document["training"]
    # Version 0.1.0 kept the best epoch where early stopping watched, else the last.
    keep = "last" if training["patience"] in (None, "none") else "best"
    return {**document, "training": {**training, "keep": keep}}


def _check_document(document: Mapping[str, Any], name: str) -> None:
    """Refuse unknown keys, and a configuration of another recipe."""
    for key, value in document.items():
        if key not in _KEYS + _TABLES:
            raise unknown("entry in the configuration", key, _KEYS + _TABLES)
        kind, name_of_kind = _KINDS.get(key, (str, "a text"))
        # To Python a truth value is a number.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            said = excerpt(repr(value))
            raise UserError(f"'{key}' in the configuration must be {name_of_kind}, received {said}")
    recipe = document.get("recipe")
    # Only the names are compared: a page may lie in another folder now.
    if recipe is not None and Path(recipe).stem != Path(name).stem:
        raise UserError(f"the configuration belongs to the recipe '{recipe}', not to '{name}'")
