"""The search space: a recipe's own, and what the user adds to it, replaces or pins.

- `learning_rate=log(1e-4,1e-1)`: between the bounds, evenly over the powers of ten
- `num_layers=int(1,8)`: whole numbers; `int(8,64,8)` in steps of 8
- `dropout_rate=float(0,0.5)`: any number between the bounds
- `activation=choice(relu,tanh)`: one of these; values that have commas themselves are divided by /
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kerasrecipes import settings
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import Setting
from kerasrecipes.training_settings import Training

if TYPE_CHECKING:
    import keras_tuner

KINDS = ("choice", "log", "int", "float")
# Names that keras-tuner's Hyperband and our own messages put beside the settings.
_MARKS = ("tuner/", "kerasrecipes/")
_DECLARATIONS = ("Boolean", "Choice", "Float", "Int")
_FORM = "expected name=choice(a,b), name=log(low,high), name=int(low,high) or name=float(low,high)"
_NOT_SEARCHED = ("seed", "split_seed", "monitor", "diagnose", "tensorboard", "checkpoint_seconds")


@dataclass(frozen=True)
class Entry:
    """What is searched over under one name.

    Args:
        name: of the setting.
        kind: one of `KINDS`.
        values: the choices, or the bounds and perhaps the step.
        whole: whether only whole numbers fit.
    """

    name: str
    kind: str
    values: tuple[Any, ...]
    whole: bool = False

    def register(self, hp: keras_tuner.HyperParameters) -> None:
        """Declare it to keras-tuner."""
        if self.kind == "choice":
            hp.Choice(self.name, list(self.values))
            return
        low, high, *step = self.values
        sampling = "log" if self.kind == "log" else "linear"
        (hp.Int if self.whole else hp.Float)(
            self.name, low, high, step=step[0] if step else None, sampling=sampling
        )


def known_settings(recipe: Recipe) -> dict[str, Setting]:
    """Return everything that can be searched over, by name."""
    found = [*settings.of_functions(recipe.functions), *settings.of_dataclass(Training)]
    return {setting.name: setting for setting in found if setting.name not in _NOT_SEARCHED}


def read(text: str, known: Mapping[str, Setting]) -> Entry:
    """Return the entry that a text of the command line describes.

    Args:
        text: such as `learning_rate=log(1e-4,1e-1)`.
        known: the settings by name.

    Raises:
        UserError: if the name does not exist, a value does not fit, or the range is empty.
    """
    match = re.fullmatch(r"\s*(\w+)\s*=\s*(\w+)\s*\((.*)\)\s*", text)
    if not match:
        raise UserError(f"--search {text}: {_FORM}")
    name, kind, inside = match.groups()
    if name not in known:
        raise unknown("setting", name, known)
    if kind not in KINDS:
        raise unknown("kind of range", kind, KINDS)
    setting = known[name]
    divider = "/" if kind == "choice" and "…" in setting.kind else ","
    words = [word.strip() for word in inside.split(divider) if word.strip()]
    if not words:
        raise UserError(f"--search {text}: the range is empty; {_FORM}")
    return _choice(setting, words) if kind == "choice" else _range(setting, kind, words, text)


def _choice(setting: Setting, words: Sequence[str]) -> Entry:
    values = [setting.check(word) for word in words]
    numbers = all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
    )
    # What is no plain number goes by its spelling, which `settings.bind` reads: keras-tuner knows
    # no lists and no None.
    return Entry(setting.name, "choice", tuple(dict.fromkeys(values if numbers else words)))


def _range(setting: Setting, kind: str, words: Sequence[str], text: str) -> Entry:
    if len(words) not in ((2,) if kind == "log" else (2, 3)):
        raise UserError(
            f"--search {text}: {kind} takes a lower and an upper bound, "
            f"received {len(words)} values"
        )
    bounds = [setting.check(word) for word in words[:2]]
    if not all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in bounds):
        raise UserError(
            f"--search {text}: {setting.name} is not a number ({setting.kind}); take choice(…)"
        )
    whole = kind == "int" or all(isinstance(bound, int) for bound in bounds)
    if kind == "int" and any(bound != int(bound) for bound in bounds):
        raise UserError(f"--search {text}: int takes whole numbers")
    low, high = (int(bound) if whole else float(bound) for bound in bounds)
    if low >= high:
        raise UserError(
            f"--search {text}: the range is empty, as {words[0]} is not below {words[1]}"
        )
    if kind == "log" and low <= 0:
        raise UserError(f"--search {text}: a logarithmic range begins above 0")
    return Entry(setting.name, kind, (low, high, *_step(words[2:], whole, text)), whole)


def _step(words: Sequence[str], whole: bool, text: str) -> list[float]:
    try:
        step = [int(word) if whole else float(word) for word in words]
    except ValueError as error:
        expected = "a whole number" if whole else "a number"
        raise UserError(f"--search {text}: the step '{words[0]}' is not {expected}") from error
    if step and step[0] <= 0:
        raise UserError(f"--search {text}: the step must be above 0")
    return step


class Space:
    """The space of one search.

    Args:
        recipe: the recipe, which may declare a space.
        searches: entries that are added to the recipe's or replace them, as `read` takes them.
        pinned: values of settings that are not searched over, by name.
        defaults: of settings, by name. The space begins with these; a choice of the recipe that
            lacks one gains it, what the user has named is not widened.

    Raises:
        UserError: if an entry is wrong, or nothing is left to search over.
    """

    def __init__(
        self,
        recipe: Recipe,
        searches: Iterable[str] = (),
        pinned: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
    ):
        self.recipe, self.known, self.pinned = recipe, known_settings(recipe), dict(pinned or {})
        self.defaults = dict(defaults or {})
        self.entries = {
            entry.name: entry for entry in (read(text, self.known) for text in searches)
        }
        both = sorted(set(self.pinned) & set(self.entries))
        if both:
            raise UserError(
                f"{both[0]} is pinned and searched over at once; leave out one of the two"
            )
        if all(type(item).__name__ == "Fixed" for item in self.parameters().space):
            raise UserError(
                "there is nothing to search over; add a setting with --search name=choice(a,b)"
            )

    def parameters(self) -> keras_tuner.HyperParameters:
        """Return the space as keras-tuner has it."""
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        self.declare(hp)
        return hp

    def declare(self, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
        """Declare the space to keras-tuner, and return the values that it gives as settings.

        Args:
            hp: of keras-tuner; what it knows already keeps its value.

        Returns:
            Checked values by the name of the setting, pinned ones left out.

        Raises:
            UserError: if the recipe's space names a setting that it does not have, or a value that
                does not fit.
        """
        # What has been declared already keeps its value where the recipe declares it again.
        for entry in self.entries.values():
            entry.register(_WithDefaults(hp, self.defaults))
        for name, value in self.pinned.items():
            hp.Fixed(name, value if isinstance(value, (bool, int, float, str)) else _spelled(value))
        chosen = self._declared(_WithDefaults(hp, self.defaults, widen=True))
        chosen = {
            name: value
            for name, value in chosen.items()
            if value is not None or (name in self.known and self.known[name].optional)
        }
        chosen |= {name: hp.values[name] for name in self.entries}
        return settings.bind(
            self.known.values(), {n: v for n, v in chosen.items() if n not in self.pinned}
        )

    def _declared(self, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
        if self.recipe.search_space is not None:
            return self.recipe.search_space(hp)
        if self.entries:
            return {}
        # The learning rate decides most often; it is searched from far below to above the recipe's.
        rate = self.recipe.training.learning_rate
        return {"learning_rate": hp.Float("learning_rate", rate / 30, rate * 10, sampling="log")}

    def settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what keras-tuner chose as settings.

        Args:
            values: by the name of the hyperparameter.

        Returns:
            Checked values by the name of the setting, pinned ones left out.

        Raises:
            UserError: if the recipe's space names a setting that it does not have, or a value that
                does not fit.
        """
        hp = self.parameters()
        hp.values = {
            **hp.values,
            **{name: value for name, value in values.items() if not name.startswith(_MARKS)},
        }
        return self.declare(hp)

    def names(self) -> list[str]:
        """Return the names of the settings that are searched over."""
        return list(self.settings({}))


class _WithDefaults:
    """keras-tuner's hyperparameters, where each that is declared begins with the recipe's default.

    Args:
        hp: of keras-tuner.
        defaults: of settings, by name. A default that lies outside of what is searched leaves it as
            it is declared.
        widen: whether a choice gains the default that it lacks.
    """

    def __init__(
        self, hp: keras_tuner.HyperParameters, defaults: Mapping[str, Any], *, widen: bool = False
    ):
        self._hp, self._defaults, self._widen = hp, defaults, widen

    def __getattr__(self, name: str) -> Any:
        return partial(self._declared, name) if name in _DECLARATIONS else getattr(self._hp, name)

    def _declared(self, kind: str, name: str, *args: Any, **given: Any) -> Any:
        declare = partial(getattr(self._hp, kind), name)
        if name not in self._defaults or name in self._hp.values:
            return declare(*args, **given)
        value = self._defaults[name]
        # Choices that are no plain numbers go by their spelling.
        forms = [_spelled(value)] if value is None else [value, _spelled(value)]
        ways = [(args, form) for form in forms]
        if kind == "Choice" and self._widen and args:
            for form in forms:
                wider = [*args[0], form]
                if not any(isinstance(choice, str) for choice in wider):
                    wider.sort()
                ways.append(((wider, *args[1:]), form))
        for arguments, default in ways:
            if _holds(kind, name, *arguments, **{**given, "default": default}):
                return declare(*arguments, **{**given, "default": default})
        return declare(*args, **given)


def _holds(kind: str, name: str, *args: Any, **given: Any) -> bool:
    """Return whether keras-tuner would take a default, and it lies within the bounds and on a
    step.
    """
    import keras_tuner

    alone = keras_tuner.HyperParameters()
    try:
        default = getattr(alone, kind)(name, *args, **given)
        item = alone.space[0]
        if kind in ("Choice", "Boolean"):
            return True
        return default in item.values if item.step else item.min_value <= default <= item.max_value
    except (TypeError, ValueError):
        return False


def described(recipe: Recipe) -> list[tuple[str, str]]:
    """Return what a recipe's page searches over.

    Args:
        recipe: the recipe.

    Returns:
        Each setting's name and, in words, its values or its range; nothing without a search space.
    """
    import keras_tuner

    if recipe.search_space is None:
        return []
    space = keras_tuner.HyperParameters()
    recipe.search_space(space)
    rows = []
    for hyperparameter in space.space:
        config = hyperparameter.get_config()
        # KerasTuner gives a choice its values, a number its range and sampling.
        if values := config.get("values"):
            words = [str(value) for value in (values if isinstance(values, list) else [values])]
            # Values such as sizes of layers have commas of their own.
            text = ("; " if any("," in word for word in words) else ", ").join(words)
        elif "min_value" in config:
            low, high = config["min_value"], config["max_value"]
            text = f"{low} to {high}, {config.get('sampling')}"
        else:
            text = str(config["value"]) if "value" in config else "false, true"
        rows.append((hyperparameter.name, text))
    return rows


def as_texts(search: Mapping[str, str] | Sequence[str]) -> tuple[str, ...]:
    """Return entries of a search space as `read` takes them, such as `learning_rate=log(1e-4,1)`.

    Args:
        search: one text, several, or ranges by the name of the setting.
    """
    if isinstance(search, Mapping):
        return tuple(f"{name}={what}" for name, what in search.items())
    return (search,) if isinstance(search, str) else tuple(search)


def _spelled(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value).lower()
